"""Which language a comment is in, or that it is too short to say."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

_CODES = (
    "af ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko "
    "lo lt lv mk ml mn mr ms my nb ne nl nn no pa pl pt ro ru si sk sl sq sr sv sw ta te th tl tr uk ur uz vi zh"
)
LANGUAGES = frozenset(_CODES.split())
"""ISO 639-1 codes told apart; rarer ones are confused with short or sloppy English too often."""
ENOUGH = 10
"""Letters of the Latin alphabet below which no language is named."""
FEW = 3
"""Letters of any alphabet below which no language is named: a shrug with a katakana letter is no Japanese."""
SURE = 0.5
READ = 2000
"""Characters read: the beginning tells the language, and the time stays bounded."""

_NOISE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|&\w+;")


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid import langid

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES & set(identifier.labels))
    # It keeps the tables of all its languages beside those of the chosen ones, for choosing again: tens of MB.
    identifier._full_model = None
    return identifier


def detect(text: str) -> str | None:
    """ISO 639-1 code, or None where the text is too short or too mixed to tell.

    A text whose letters are mostly not Latin is named from a few letters on, because a checkpoint for English
    certainly does not know it.
    """
    words = _NOISE.sub(" ", text[:READ])
    letters = [character for character in words if character.isalpha()]
    if len(letters) < FEW:
        return None
    foreign = sum(not _latin(character) for character in letters) * 2 > len(letters)
    if not foreign and len(letters) < ENOUGH:
        return None
    code, probability = _identifier().classify(words.lower())
    if probability < SURE and not foreign:
        return None
    if foreign and code == "en":
        return "und"
    return {"nb": "no", "nn": "no"}.get(code, str(code))


@lru_cache(maxsize=4096)
def _latin(character: str) -> bool:
    return character.isascii() or unicodedata.name(character, "").startswith(("LATIN", "FULLWIDTH LATIN"))
