"""Names people go by: how two names are compared, so that nobody can pose as somebody else."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from confusable_homoglyphs import confusables
from django.conf import settings

LENGTH = 60  # of a key; signs such as U+FDFA stand for many letters each
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters by Unicode's book, and yet they draw nothing
# "ᴍ", "ø" and "🅼" are in no table of look-alikes, but their names say which letter they are.
_NAMED = re.compile(r"LATIN (?:SMALL LETTER|CAPITAL LETTER|LETTER SMALL CAPITAL) ([A-Z])(?: WITH .+)?$")


def key(name: str) -> str:
    """The form in which two look-alike names are equal: "Ádmin ", "аdmin" (Cyrillic а) and "ADMIN" share one.

    NFKD without marks, case-folded, look-alike characters mapped to Latin, letters and digits only, cut to `LENGTH`.
    """
    return _folded(_bare(name).casefold())


def keys(name: str) -> set[str]:
    """Every key a new name could be taken for: its own, and that of its capitals as they look.

    "М" (Cyrillic) looks like a Latin M, its small letter like none: "Мaria" must not pass beside "Maria".
    """
    return {key(name), _folded(_bare(name))}


def _bare(name: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))


def _folded(text: str) -> str:
    return "".join(_latin(char) for char in text)[:LENGTH]


@lru_cache(maxsize=4096)
def _latin(char: str) -> str:
    if char in _FILLERS:
        return ""
    if char.isascii():
        small = char.casefold()
        return {"0": "o", "1": "l", "i": "l"}.get(small, small) if char.isalnum() else ""
    for found in (confusables.is_confusable(char, greedy=True) or []) if char.isalnum() else []:
        for other in found["homoglyphs"]:
            if len(other["c"]) == 1 and other["c"].isascii() and other["c"].isalnum():
                return _latin(str(other["c"]))
    if named := _NAMED.search(unicodedata.name(char, "")):
        return _latin(named[1])
    return char if char.isalnum() else ""


def is_reserved(name: str) -> bool:
    """Whether a name claims an office (RESERVED_NAMES in the settings)."""
    return not keys(name).isdisjoint(key(reserved) for reserved in settings.RESERVED_NAMES)
