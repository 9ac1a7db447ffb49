"""Where the sentences of a text begin and end."""

from __future__ import annotations

import re

MOST = 120
"""Sentences told apart in one text; in a text of more, neighbours are taken together."""

# The end of a sentence: its stop with closing quotes, before a space (after CJK stops there is none), or a line's end.
# A run of stops is looked at once, from its beginning, and taken whole (++), so that the time is linear in the text.
_END = re.compile(r"(?<![.!?…؟۔।])[.!?…؟۔।]++[\"'”’»)\]]*+(?=\s)|[。！？]+[」』”’）]*|\n+")
_ABBREVIATED = re.compile(r"(?:\b(?:mr|mrs|ms|dr|st|vs|prof|sen|rep|e\.g|i\.e|[a-z])\.)$", re.IGNORECASE)
_LONGEST_ABBREVIATION = 8  # characters, with what stands before it


def sentences(text: str) -> list[tuple[int, int]]:
    """Ranges [begin, end) in code points, in order and without overlap, spaces around sentences left out.

    At least one for a text that is not blank, at most MOST.
    """
    found: list[tuple[int, int]] = []
    begin = 0
    for end in _END.finditer(text):
        before = text[max(begin, end.start() - _LONGEST_ABBREVIATION) : end.start() + 1]
        if end.group().startswith(".") and _ABBREVIATED.search(before):
            continue
        _add(text, begin, end.end(), found)
        begin = end.end()
    _add(text, begin, len(text), found)
    if len(found) <= MOST:
        return found
    step = -(-len(found) // MOST)
    groups = [found[i : i + step] for i in range(0, len(found), step)]
    return [(group[0][0], group[-1][1]) for group in groups]


def _add(text: str, begin: int, end: int, found: list[tuple[int, int]]) -> None:
    part = text[begin:end]
    if part.strip():
        found.append((begin + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())))
