"""The door to the model: ``score(texts) -> list[Scores]``.

Nothing outside this package imports torch, transformers, onnxruntime or detoxify. Works without Django: settings
come from the environment (``PARLEY_STATE_DIR``, ``PARLEY_CHECKPOINT``, ``PARLEY_BACKEND``, ``PARLEY_THRESHOLDS``,
``PARLEY_SCORING_THREADS``, ``PARLEY_CASCADE``). The first call loads the engine, which then stays in the process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from moderation.scoring import memory
from moderation.scoring.checkpoints import LABELS, CheckpointError
from moderation.scoring.patience import TooLate, until

if TYPE_CHECKING:
    from moderation.scoring.scorer import Scorer, Scores

__all__ = [
    "LABELS",
    "CheckpointError",
    "Scores",
    "Span",
    "TooLate",
    "explain",
    "score",
    "token_lengths",
    "until",
    "warm_up",
]

_scorers: dict[str, Scorer] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [begin, end) of the text as given, in code points, and how much they raise the score (0..1)."""

    begin: int
    end: int
    weight: float


def score(
    texts: Sequence[str],
    *,
    parents: Sequence[str | None] | None = None,
    checkpoint: str | None = None,
    thresholds: Mapping[str, Sequence[float]] | Sequence[Mapping[str, Sequence[float]] | None] | None = None,
) -> list[Scores]:
    """Score every text, in order; one Scores for each.

    ``parents`` are the comments answered, or None; they are context and prove quotations. ``thresholds`` are where the
    caller's decisions turn, by label (0..1), for all texts or one mapping for each: scores near them are exact whatever
    the backend. Any str is answered, also empty or malformed ones. Raises CheckpointError where the checkpoint cannot
    be used, ValueError where there are not as many ``parents`` or ``thresholds`` as texts, and within ``until`` TooLate
    once its time is over.
    """
    if isinstance(texts, str):
        raise TypeError("score() takes a list of texts, not one text")
    if parents is not None and len(parents) != len(texts):
        raise ValueError(f"{len(texts)} texts but {len(parents)} parents")
    if thresholds is None or isinstance(thresholds, Mapping):
        thresholds = [thresholds] * len(texts)
    if len(thresholds) != len(texts):
        raise ValueError(f"{len(texts)} texts but {len(thresholds)} thresholds")
    try:
        return _scorer(checkpoint).score(texts, parents if parents is not None else [None] * len(texts), thresholds)
    finally:
        memory.after(sum(map(len, texts)))


def explain(text: str, *, label: str = "toxicity") -> list[Span]:
    """The passages that make the text score high for ``label``, in order and apart from each other.

    Empty where the score is low. Raises CheckpointError, or ValueError for a label the checkpoint does not have.
    """
    from moderation.scoring.spans import explain as explain_with

    return [Span(*span) for span in explain_with(_scorer(None), text, label)]


def check_settings() -> None:
    """Look at the settings that the engine reads when it is first asked. Raises CheckpointError for a wrong one."""
    from moderation.scoring import cascade, checkpoints, engine

    engine.wanted()
    engine.threads()
    engine.thresholds()
    cascade.band()
    if quick := os.environ.get("PARLEY_CASCADE", ""):
        checkpoints.open_checkpoint(quick)


def warm_up() -> Scores:
    """Load the engine and score one text now, so that the first comment does not wait; its Scores name the engine."""
    return score(["Good morning."])[0]


def token_lengths(texts: Sequence[str]) -> list[int]:
    """Tokens of each text for the checkpoint in use, the two special ones included."""
    from moderation.scoring.texts import clean

    tokens = _scorer(None).engine.tokens
    return [len(encoded.ids) + 2 for encoded in tokens.encode([clean(text) for text in texts])]


def _scorer(name: str | None) -> Scorer:
    """The scorer for a checkpoint: one by name, or the one in use with its cascade (``PARLEY_CASCADE``), if any."""
    quick = os.environ.get("PARLEY_CASCADE", "")
    if name is not None or not quick:
        return _plain_scorer(name)
    from moderation.scoring import cascade

    large, first = _plain_scorer(None), _plain_scorer(quick)
    return large if first is large else cascade.Cascade(large, first, cascade.band())


def _plain_scorer(name: str | None) -> Scorer:
    """The scorer for a checkpoint, made at most once for each version of its weights."""
    from moderation.scoring import checkpoints, engine, scorer

    found = checkpoints.open_checkpoint(name)
    key = f"{found.folder}:{found.weights}:{engine.wanted()}"
    with _lock:
        if key not in _scorers:
            if len(_scorers) > 1:  # a checkpoint that was changed for another need not stay in memory
                _scorers.pop(next(iter(_scorers)))
            _scorers[key] = scorer.Scorer(engine.load(found))
        return _scorers[key]


def __getattr__(name: str) -> object:
    """``Scores`` is defined beside the code that fills it; numpy is not imported before it is needed."""
    if name == "Scores":
        from moderation.scoring.scorer import Scores

        return Scores
    raise AttributeError(name)
