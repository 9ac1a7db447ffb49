"""Where in a comment's text something stands: what drove the score, and what a word list matched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import re2


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text. `kind`: "" plain, "span" drove the score (`strength` 1 to 3), "list" is on a word list."""

    text: str
    kind: str = ""
    strength: int = 0


def pieces(text: str, *, spans: Sequence[Sequence[float]] = (), listed: Iterable[str] = ()) -> list[Piece]:
    """Cut the text so that the pieces joined are the text again.

    `spans` are (begin, end, weight) in code points, `listed` the word lists' entries. Where both mark the same place,
    the word list wins, being certain.
    """
    kinds = [("", 0)] * len(text)
    heaviest = max((weight for _b, _e, weight in spans), default=0.0)
    for begin, end, weight in spans:
        if weight > 0:
            strength = min(3, 1 + int(3 * weight / heaviest * 0.999))
            for at in range(max(0, int(begin)), min(len(text), int(end))):
                kinds[at] = ("span", strength)
    for entry in listed:
        for begin, end in positions(text, entry):
            kinds[begin:end] = [("list", 0)] * (end - begin)
    found: list[Piece] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or kinds[at] != kinds[start]:
            found.append(Piece(text[start:at], *kinds[start]))
            start = at
    return found


def positions(text: str, entry: str) -> list[tuple[int, int]]:
    """(begin, end) of every match of a word list's entry; `*` stands for letters. Linear in the text (RE2)."""
    parts = entry.strip()[:200].split("*")
    if not any(parts):
        return []
    body = r"\pL*".join(re.escape(part).replace(r"\ ", r"\s+") for part in parts)
    pattern = re2.compile(rf"(?i)(?:^|[^\pL\pN_])({body})(?:$|[^\pL\pN_])")
    found, at = [], 0
    while match := pattern.search(text[at:]):
        found.append((at + match.start(1), at + match.end(1)))
        at += match.end(1)
    return found
