"""Where in a comment's text something stands: what drove the score, and what a word list matched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import re2

from moderation.scoring import folding

Place = tuple[int, int]
"""(begin, end) in code points of a text."""


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
    for places in positions(text, listed).values():
        for begin, end in places:
            kinds[begin:end] = [("list", 0)] * (end - begin)
    found: list[Piece] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or kinds[at] != kinds[start]:
            found.append(Piece(text[start:at], *kinds[start]))
            start = at
    return found


def positions(text: str, entries: Iterable[str]) -> dict[str, list[Place]]:
    """Which entries of a word list stand in the text or in its folded copy, as the list spells them, and where.

    An entry is a word or a phrase; `*` stands for any letters or digits ("idiot*"). Case does not matter. Where only
    the folded copy has it ("1d1ot"), its places are the words as written that fold to it; a disguise across words that
    no stretch of them explains has none. RE2 keeps the time linear in the text.
    """
    patterns = {entry: pattern for entry in entries if (pattern := _pattern(entry)) is not None}
    if not patterns:
        return {}
    written, origins = _laid_out(text)
    folded, _origins = _laid_out(folding.fold(text))
    stretches = _Stretches(text)
    found = {}
    for entry, pattern in patterns.items():
        open_ones = [(origins[m.start(1)], origins[m.end(1)]) for m in pattern.finditer(written)]
        read = sum(1 for _match in pattern.finditer(folded)) if folded != written else 0
        disguised = stretches.that_fold_to(pattern, len(entry.split()), open_ones) if read > len(open_ones) else []
        if open_ones or read:
            found[entry] = sorted([*open_ones, *disguised])
    return found


_END = "\x00"  # stands on both sides of whatever is no letter or digit
_PATTERN_CHARS = 200
_AROUND = ".,;:?!()[]{}<>*_~\"'“”„‘’«»…"


@lru_cache(maxsize=4096)
def _pattern(entry: str) -> Any:
    """An entry as a pattern for texts that are laid out; None for one that says nothing."""
    parts = entry.strip().casefold()[:_PATTERN_CHARS].split("*")
    if not any(parts):
        return None
    body = f"[^{_END}]*".join("".join(map(_as_pattern, re.split(r"(\s+)", part))) for part in parts)
    return re2.compile(rf"(?:^|{_END})({body})(?:$|{_END})")


def _as_pattern(part: str) -> str:
    return rf"(?:{_END}[\s\pZ]{_END})+" if part.isspace() else re2.escape(_laid_out(part)[0])


def _laid_out(text: str) -> tuple[str, list[int]]:
    """The text in lower case with _END around every character that ends a word, and where each character came from.

    So two matches share no character of what stands between them, and one pass finds all.
    """
    laid: list[str] = []
    origins: list[int] = []
    for at, character in enumerate(text):
        low = character.casefold()
        piece = low if character.isalnum() or character == "_" else f"{_END}{low}{_END}"
        laid.append(piece)
        origins += [at] * len(piece)
    return "".join(laid), [*origins, len(text)]


class _Stretches:
    """Stretches of a text, so and so many words long, each with its folded copy. Made when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, list[tuple[Place, str]]] = {}

    def that_fold_to(self, pattern: Any, words: int, taken: Sequence[Place]) -> list[Place]:
        """The shortest stretches with `pattern` in their folded copies that touch nothing `taken`, first to last."""
        full = bytearray(len(self._text))
        for begin, end in taken:
            full[begin:end] = b"\1" * (end - begin)
        for length in (words, words + 1, words + 2, _SPELLED_OUT):
            found: list[Place] = []
            for (begin, end), copy in self._of(length):
                if 1 not in full[begin:end] and pattern.search(copy):
                    found.append(self._without_marks(begin, end, pattern))
                    full[begin:end] = b"\1" * (end - begin)
            if found:
                return found
        return []

    def _of(self, length: int) -> list[tuple[Place, str]]:
        if length not in self._known:
            runs = [run.span() for run in re.finditer(r"\S+", self._text)]
            if length == _SPELLED_OUT:
                places = _spelled_out(self._text, runs)
            else:
                places = [(first[0], last[1]) for first, last in zip(runs, runs[length - 1 :], strict=False)]
            self._known[length] = [(place, self._folded(*place)) for place in places]
        return self._known[length]

    def _folded(self, begin: int, end: int) -> str:
        return _laid_out(folding.fold(self._text[begin:end]))[0]

    def _without_marks(self, begin: int, end: int, pattern: Any) -> Place:
        """The stretch without the punctuation around it, where that is no part of the disguise."""
        whole = self._text[begin:end]
        inner = (end - len(whole.lstrip(_AROUND)), begin + len(whole.rstrip(_AROUND)))
        return inner if inner[0] < inner[1] and pattern.search(self._folded(*inner)) else (begin, end)


_SPELLED_OUT = 0
"""Instead of a number of words: as many as there are of one letter each ("i d i o t")."""


def _spelled_out(text: str, runs: Sequence[Place]) -> list[Place]:
    found: list[Place] = []
    for single, group in groupby(runs, lambda run: sum(map(str.isalnum, text[slice(*run)])) == 1):
        letters = list(group) if single else []
        if len(letters) > 2:
            found.append((letters[0][0], letters[-1][1]))
    return found
