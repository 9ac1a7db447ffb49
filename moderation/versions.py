"""A comment's versions, each with what changed against the one before."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from discussions.models import Comment, Revision


@dataclass(frozen=True, slots=True)
class Change:
    """One stretch of a diff between two revisions: "same", "out" or "in"."""

    kind: str
    text: str


def of(comment: Comment) -> list[dict[str, Any]]:
    """Newest first, each with what changed against the one before; empty where there is only one."""
    if comment.revision == 1:
        return []
    rows = list(Revision.objects.filter(comment=comment).order_by("number")[:20])
    found = []
    for before, after in zip([None, *rows], rows, strict=False):
        changes = diff(before.text, after.text) if before else [Change("same", after.text)]
        found.append({"number": after.number, "created_at": after.created_at, "changes": changes})
    return found[::-1]


def diff(before: str, after: str) -> list[Change]:
    """Word by word; the text's head only, so that a page's time does not depend on an author's stamina."""
    a, b = _words(before[:4000]), _words(after[:4000])
    found: list[Change] = []
    for kind, a0, a1, b0, b1 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Change("same", "".join(a[a0:a1])))
            continue
        if a1 > a0:
            found.append(Change("out", "".join(a[a0:a1])))
        if b1 > b0:
            found.append(Change("in", "".join(b[b0:b1])))
    return found


def _words(text: str) -> Sequence[str]:
    parts, word = [], ""
    for char in text:
        word += char
        if char.isspace():
            parts.append(word)
            word = ""
    return [*parts, word] if word else parts
