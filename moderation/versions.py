"""A comment's versions, each with what changed against the one before."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from discussions.models import Comment, Revision

SHOWN = 20
CHARS = 4_000  # of each version that are compared
MOST_PAIRS = 5_000
"""Pairs of equal words in two versions up to which they are compared word by word. A comment under news has hundreds;
whoever writes one word a thousand times would have the desk compare for minutes."""


@dataclass(frozen=True, slots=True)
class Change:
    """One stretch of a diff between two revisions: "same", "out" or "in"."""

    kind: str
    text: str


def of(comment: Comment) -> list[dict[str, Any]]:
    """The newest ones, newest first, each with what changed against the one before; empty where there is only one."""
    if comment.revision == 1:
        return []
    rows = list(Revision.objects.filter(comment=comment).order_by("-number")[: SHOWN + 1])
    found = []
    for after, before in zip(rows[:SHOWN], [*rows[1:], None], strict=False):
        changes = diff(before.text, after.text) if before else [Change("same", after.text)]
        found.append({"number": after.number, "created_at": after.created_at, "changes": changes})
    return found


def diff(before: str, after: str) -> list[Change]:
    """Word by word, between what both begin and end with; the text's head only. As a whole where that took too long."""
    a, b = _words(before[:CHARS]), _words(after[:CHARS])
    head = _in_common(a, b)
    tail = _in_common(a[head:][::-1], b[head:][::-1])
    same, old, new, rest = a[:head], a[head : len(a) - tail], b[head : len(b) - tail], a[len(a) - tail :]
    return [
        Change(kind, "".join(words)) for kind, words in [("same", same), *_changed(old, new), ("same", rest)] if words
    ]


def _in_common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many words both begin with."""
    return next((at for at, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))


def _changed(old: list[str], new: list[str]) -> list[tuple[str, list[str]]]:
    counted = Counter(new)
    if sum(counted[word] for word in old) > MOST_PAIRS:
        return [("out", old), ("in", new)]
    found: list[tuple[str, list[str]]] = []
    for kind, a0, a1, b0, b1 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        found += [("same", old[a0:a1])] if kind == "equal" else [("out", old[a0:a1]), ("in", new[b0:b1])]
    return found


def _words(text: str) -> list[str]:
    """Each with the white space after it."""
    return re.findall(r"\s+|\S+\s?", text)
