"""What becomes of a comment before the model sees it: cleaned, its quotations told apart, cut into windows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

LIMIT = 100_000
"""Characters of one text that are read; beyond, ``complete`` is False and a person has to look."""
OVERLAP = 40
"""Tokens that neighbouring windows share, so that no sentence is only ever seen cut in two."""
PIECE_LEAST = 20
"""Tokens of a long text's finer piece, which ends where a sentence does."""
PIECE_OVERLAP = 20
"""Tokens that neighbouring pieces share where a sentence is longer than a piece."""
PIECE_ODDS = math.e
"""What a piece says counts with its odds divided by this: the worst of many pieces of a civil text looks worse than the
text is. docs/scoring.md has the figures of other ways."""
QUOTE_WEIGHT = 0.5
"""What abuse counts inside somebody else's words that are quoted above one's own."""
OWN_WORDS = 3
"""Own words needed before a quotation that nobody can prove is believed to be one."""
FOLDED_MOST = 2
"""Times its own length that a text's folded copy may be long; one character can stand for eighteen."""
FOLDED_SLACK = 256
"""Characters beyond that, for short texts of emoji that are spelled out."""

_SENTENCE_ENDS = frozenset(".!?…。！？؟")
_SURROGATES = re.compile("[\ud800-\udfff]")
_QUOTED_LINE = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)
_MARKER = re.compile(r"^[ \t]{0,3}>[>\s]*", re.MULTILINE)
_WORDS = re.compile(r"[^\W\d_]{2,}")
_SPACE = re.compile(r"\W+")
_ELISION = re.compile(r"\[(?:\.\.\.|…)\]")


@dataclass(frozen=True, slots=True)
class Quotation:
    """A text's own words and the lines it quotes, both without ``>`` marks."""

    own: str
    quoted: str


def folded_most(text: str) -> int:
    """Characters of a text's folded copy that are read."""
    return FOLDED_MOST * len(text) + FOLDED_SLACK


def clean(text: str) -> str:
    """The text without lone surrogates and NULs, which no tokenizer takes; the length stays the same."""
    return _SURROGATES.sub("\ufffd", text).replace("\x00", " ")


def sentence_ends(text: str, offsets: Sequence[tuple[int, int]]) -> list[bool]:
    """For tokens with these offsets, whether a sentence or a line ends with each."""
    following = [*(start for start, _ in offsets[1:]), len(text)]
    return [
        text[end - 1 : end] in _SENTENCE_ENDS or "\n" in text[end:after]
        for (_, end), after in zip(offsets, following, strict=True)
    ]


def quotation(text: str, parent: str | None = None) -> Quotation | None:
    """Parts of a text that quotes the parent in the way of mail and Markdown (``> line``), or None if it does not.

    Only what stands in the parent is a quotation: a ``>`` in front is no free pass. Where nothing is known of a parent
    (None; "" is known to be none), whatever looks like a quotation is one, if a few own words stand beside it.
    """
    if ">" not in text:
        return None
    quoted = _MARKER.sub("", "\n".join(_QUOTED_LINE.findall(text)))
    own = _QUOTED_LINE.sub("", text).strip()
    if not quoted.strip():
        return None
    believed = len(_WORDS.findall(own)) >= OWN_WORDS if parent is None else is_from(quoted, parent)
    return Quotation(own, quoted) if believed else None


def is_from(quoted: str, parent: str) -> bool:
    """Whether every quoted line really stands in the parent, whole words of it (letters and digits compared, case
    aside), with anything left out where ``[...]`` says so. A line without letters or digits proves nothing.
    """
    said = _plain(parent)
    parts = [_plain(part) for line in quoted.splitlines() if line.strip() for part in _ELISION.split(line)]
    return all(len(part) > 2 and part in said for part in parts if part) and any(len(part) > 2 for part in parts)


def _plain(text: str) -> str:
    """Words parted by single spaces, with one at each end."""
    return f" {_SPACE.sub(' ', text).strip().casefold()} " if _WORDS.search(text) else ""
