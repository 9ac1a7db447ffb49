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
_CHEROKEE = {"Ꭳ": "o", "Ꮆ": "g", "Ꮑ": "n", "Ꮕ": "n", "Ꮖ": "i", "Ꮳ": "c"}  # look-alikes that the table leaves out
_LEET = str.maketrans("2345678@$!|€", "zeasgtbasile")  # 0 and 1 are folded in every key
_PAIRS = (("rn", "m"), ("vv", "w"))  # two letters that pass for one
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def key(name: str) -> str:
    """The form in which two look-alike names are equal: "Ádmin ", "аdmin" (Cyrillic а) and "ADMIN" share one.

    NFKD without marks, case-folded, look-alike characters mapped to Latin, letters and digits only, cut to `LENGTH`.
    """
    return _folded(_bare(name).casefold())


def keys(name: str) -> set[str]:
    """Every key a new name could be taken for: its own, and that of its capitals as they look.

    "М" (Cyrillic) looks like a Latin M, its small letter like none: "Мaria" must not pass beside "Maria". Nor must
    "Rnaria", nor "Bemard" beside "Bernard".
    """
    found = {key(name), _folded(_bare(name))}
    for pair, one in _PAIRS:
        found |= {form.replace(pair, one) for form in found} | {form.replace(one, pair)[:LENGTH] for form in found}
    return found


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
    for other in _look_alikes(char) if char.isalnum() else []:
        if other.isascii():
            return _latin(other)
    for other in (char, *_look_alikes(char)):
        if named := _NAMED.search(unicodedata.name(other, "")):
            return _latin(named[1])
    return char if char.isalnum() else ""


def _look_alikes(char: str) -> list[str]:
    """Single letters that a character looks like; a stroke through them does not make them others."""
    found = [_CHEROKEE[char]] if char in _CHEROKEE else []
    for entry in confusables.is_confusable(char, greedy=True) or []:
        found += [_bare(str(other["c"])) for other in entry["homoglyphs"]]
    return [other for other in found if len(other) == 1 and other.isalnum()]


def is_reserved(name: str) -> bool:
    """Whether a name claims an office (RESERVED_NAMES in the settings), as a whole or in some of its words.

    "Parley Moderator", "AdminTeam", "m0d3rator", "rnoderator" and "@dmins" do; "Staffan" does not.
    """
    kept = {_claim(_bare(reserved).casefold().translate(_LEET)) for reserved in settings.RESERVED_NAMES}
    text = _HUMP.sub(" ", _bare(name).translate(_LEET))
    for look in (text.casefold(), text):
        words = "".join(_latin(char) or " " for char in look).split()
        runs = ("".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1))
        claims = {_claim(run) for run in runs}
        if not kept.isdisjoint(claims | {claim.removesuffix("s") for claim in claims}):
            return True
    return False


def _claim(letters: str) -> str:
    """Letters as they may be read in a hurry."""
    folded = _folded(letters)
    for pair, one in (*_PAIRS, ("cl", "d")):
        folded = folded.replace(pair, one)
    return folded
