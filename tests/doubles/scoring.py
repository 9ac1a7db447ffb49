"""A quick engine for tests that are not about scores; the contract test holds it to the real door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moderation.scoring import LABELS, Span
from moderation.scoring.scorer import Scores

RUDE = {"idiot": 0.97, "rotten": 0.7}


def score(
    texts: Sequence[str],
    *,
    parents: Sequence[str | None] | None = None,
    checkpoint: str | None = None,
    thresholds: Mapping[str, Sequence[float]] | None = None,
) -> list[Scores]:
    """Toxicity by the rudest known word; everything else is near zero."""
    if isinstance(texts, str):
        raise TypeError("score() takes a list of texts, not one text")
    if parents is not None and len(parents) != len(texts):
        raise ValueError(f"{len(texts)} texts but {len(parents)} parents")
    return [_one(text) for text in texts]


def _one(text: str) -> Scores:
    rudeness = max((value for word, value in RUDE.items() if word in text.casefold()), default=0.01)
    labels = {label: rudeness if label in {"toxicity", "insult"} else 0.01 for label in LABELS}
    return Scores(
        labels=labels,
        plain=labels,
        folded=None,
        windows=1,
        checkpoint="double",
        weights="d" * 64,
        backend="double",
        engine_version="0",
        milliseconds=0.1,
        language=None,
        language_known=True,
    )


def warm_up() -> Scores:
    """Nothing to load."""
    return _one("Good morning.")


def token_lengths(texts: Sequence[str]) -> list[int]:
    """Words and two more."""
    return [len(text.split()) + 2 for text in texts]


def explain(text: str, *, label: str = "toxicity") -> list[Span]:
    """The rude words themselves, in order."""
    found, spans, at = text.casefold(), [], 0
    while at < len(found):
        word = next((word for word in RUDE if found.startswith(word, at)), None)
        if word:
            spans.append(Span(at, at + len(word), RUDE[word]))
        at += len(word or " ")
    return spans
