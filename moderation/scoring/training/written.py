"""Examples written for what the corpora teach badly: identity terms, quotes, negation, heated politics.

The patterns lie in `examples/`, one on a line, a file for each kind. {one}/{many} are identity terms ("a gay man |
gay men"), {insult} an insult, {power}/{place}/{topic} come from public life, {author} is a third person, {nice} and
{vile} are predicates, {beast}, {filth} and {gem} are emoji. None of the patterns is in the audit, and a row that
happens to equal an audit sentence is dropped.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from moderation.scoring import audit

from .data import LABELS, UNKNOWN, Row, text_keys

EXAMPLES = Path(__file__).parent / "examples"
# Neutral sentences around a pattern keep the model from learning "short text, so it is a pattern".
BEFORE = ("", "", "", "", "Well. ", "To be honest: ", "Interesting read. ", "I read the whole article. ", "Hm, ")
AFTER = ("", "", "", "", " Just saying.", " Think about it.", " What do others think?", " Greetings from the coast.")

# kind: (the six labels with None for unknown, rows in the full mix)
KINDS: dict[str, tuple[tuple[float | None, ...], int]] = {
    "kind": ((0.02, 0.0, 0.0, 0.0, 0.02, 0.02), 8000),
    "hate": ((0.95, None, None, None, 0.7, 0.95), 3000),
    "quoted": ((0.1, 0.0, None, 0.0, 0.1, 0.05), 2400),
    "negated": ((0.06, 0.0, None, 0.0, 0.06, 0.04), 1200),
    "counter": ((0.06, 0.0, 0.0, 0.0, 0.04, 0.08), 1000),
    "heated": ((0.1, 0.0, 0.03, 0.02, 0.08, 0.02), 1700),
    "personal": ((0.95, None, None, 0.02, 0.95, None), 2100),
    "threat": ((0.95, None, None, 0.95, None, None), 1400),
    "harmless": ((0.05, 0.0, None, 0.0, 0.03, 0.0), 600),
    "emoji_abuse": ((0.9, None, None, None, 0.7, None), 700),
    "emoji_kind": ((0.03, 0.0, 0.0, 0.0, 0.02, 0.02), 800),
}
_SLOTS = {
    "insult": "insults",
    "power": "powers",
    "place": "places",
    "topic": "topics",
    "author": "authors",
    "beast": "beasts",
    "filth": "filth",
    "gem": "gems",
    "nice": "nice",
    "vile": "vile",
}


def lines(name: str) -> tuple[str, ...]:
    """The entries of one file in `examples/`."""
    return tuple((EXAMPLES / f"{name}.txt").read_text(encoding="utf-8").splitlines())


def _labels(kind: str) -> tuple[float, ...]:
    return tuple(UNKNOWN if value is None else value for value in KINDS[kind][0])


def _pick(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _fill(pattern: str, words: dict[str, tuple[str, ...]], rng: np.random.Generator) -> str:
    one, many = _pick(rng, words["identities"]).split(" | ")
    slots = {slot: _pick(rng, words[name]) for slot, name in _SLOTS.items()}
    text = pattern.format(one=one, many=many, **slots)
    text = _pick(rng, BEFORE) + text[:1].upper() + text[1:] + _pick(rng, AFTER)
    return _styled(text, rng)


def _styled(text: str, rng: np.random.Generator) -> str:
    """The way people type: sometimes without a full stop. (Case does not matter: the vocabulary is uncased.)"""
    roll = rng.random()
    if roll < 0.15:
        return re.sub(r"[.!]$", "", text)
    return re.sub(r"[.!]$", "!!!", text) if roll < 0.23 else text


def rows(seed: int, scale: float = 1.0) -> list[Row]:
    """Distinct written rows of every kind; `source` is "written: <kind>"."""
    rng = np.random.default_rng(seed)
    words = {name: lines(name) for name in ("identities", *_SLOTS.values())}
    audited = {text_keys(case.text)[0] for case in [*audit.group_cases(), *audit.kind_cases()]}
    made: list[Row] = []
    for kind, (_, count) in KINDS.items():
        labels = _labels(kind)
        patterns, wanted = lines(kind), round(count * scale)
        seen: dict[str, None] = {}
        for _ in range(wanted * 4):
            if len(seen) >= wanted:
                break
            seen[_fill(_pick(rng, patterns), words, rng)] = None
        made.extend(Row(text, f"written: {kind}", labels) for text in seen if text_keys(text)[0] not in audited)
    return made


assert all(len(values) == len(LABELS) for values, _ in KINDS.values())  # noqa: S101 - a slip in the table above
