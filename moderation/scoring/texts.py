"""What becomes of a comment before the model sees it: cleaned, its quotations told apart, cut into windows."""

from __future__ import annotations

import re
from dataclasses import dataclass

LIMIT = 100_000
"""Characters of one text that are read; beyond, ``complete`` is False and a person has to look."""
OVERLAP = 40
"""Tokens that neighbouring windows share, so that no sentence is only ever seen cut in two."""
QUOTE_WEIGHT = 0.5
"""What abuse counts inside somebody else's words that are quoted above one's own."""
OWN_WORDS = 3
"""Own words needed before a quotation is believed to be one: a `>` in front must not be a free pass."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_QUOTED_LINE = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)
_MARKER = re.compile(r"^[ \t]{0,3}>[>\s]*", re.MULTILINE)
_WORDS = re.compile(r"[^\W\d_]{2,}")
_SPACE = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Quotation:
    """A text's own words and the lines it quotes, both without ``>`` marks."""

    own: str
    quoted: str


def clean(text: str) -> str:
    """The text without lone surrogates and NULs, which no tokenizer takes; the length stays the same."""
    return _SURROGATES.sub("\ufffd", text).replace("\x00", " ")


def quotation(text: str) -> Quotation | None:
    """Parts of a text that quotes in the way of mail and Markdown (``> line``), or None if it does not.

    None as well where next to nothing stands outside the quotation.
    """
    if ">" not in text:
        return None
    quoted = _QUOTED_LINE.findall(text)
    own = _QUOTED_LINE.sub("", text).strip()
    if not quoted or len(_WORDS.findall(own)) < OWN_WORDS:
        return None
    return Quotation(own, _MARKER.sub("", "\n".join(quoted)))


def is_from(quoted: str, parent: str) -> bool:
    """Whether the quoted words really stand in the parent (letters and digits compared, case aside)."""
    return _SPACE.sub(" ", quoted).strip().casefold() in _SPACE.sub(" ", parent).casefold()
