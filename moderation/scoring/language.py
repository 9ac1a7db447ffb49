"""Which language a comment is in, or that it is too short to say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
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

UNKNOWN = "und"
"""ISO 639-3 for a language that nobody can name."""
FAMILIAR = 0.5
"""Share of a text's words that the checkpoint knows as whole words below which a text too short to tell is foreign."""
PART_FAMILIAR = 0.6
"""The same for a part of a text whose language is known: then it is asked what language the part is in."""
PART_LETTERS = 25
PART_WORDS = 4

_WORDS = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*|[.!?\n]+")
# Addresses, names, entities, and whatever holds a digit: a code's letters are in no language.
_NOISE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|&\w+;|\w*\d\w*")


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


def foreign(text: str, found: str | None, known: Container[str], lexicon: Container[str]) -> str | None:
    """What `detect` does not see: the language of a foreign part of a text, "und" for a foreign text too short to name.

    `found` is what `detect` said of the text, `known` the languages of the checkpoint and `lexicon` its whole words.
    None where nothing is foreign.
    """
    if found is None:
        words = _WORDS.findall(_NOISE.sub(" ", text.lower()))
        enough = len(words) > 1 and sum(map(len, words)) >= ENOUGH
        return UNKNOWN if enough and _familiar(words, lexicon) < FAMILIAR else None
    for part in _parts(text) if found in known else ():
        words = _WORDS.findall(_NOISE.sub(" ", part.lower()))
        if len(words) >= PART_WORDS and _familiar(words, lexicon) < PART_FAMILIAR:
            named = detect(part)
            if named is not None and named not in known:
                return named
    return None


def _familiar(words: Sequence[str], lexicon: Container[str]) -> float:
    return sum(word in lexicon for word in words) / len(words)


def _parts(text: str) -> Iterator[str]:
    """Sentences, short ones together with what follows."""
    part, letters = "", 0
    for found in _SENTENCE.finditer(text):
        part += found[0]
        letters += sum(map(str.isalpha, found[0]))
        if letters >= PART_LETTERS:
            yield part
            part, letters = "", 0
    if part:
        yield part


@lru_cache(maxsize=4096)
def _latin(character: str) -> bool:
    return character.isascii() or unicodedata.name(character, "").startswith(("LATIN", "FULLWIDTH LATIN"))
