"""Undo the disguises that a person reads through and a model does not.

``fold("y0u аre a f.u.c.k.i.n.g 1d1ot")`` gives ``"you are a fucking idiot"``. The copy is scored beside the text as
written and the higher of the two counts, so folding too much can only cost a second look, never hide anything.
"""

from __future__ import annotations

import html
import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise, product
from pathlib import Path

Lexicon = Mapping[str, int]
"""Known words and emoji with their rank, 0 for the most frequent: tells ``cool`` from ``coool``, cuts joined words."""

LEET = str.maketrans("0134578@$€£!|+", "oieastbasel" + "iit")
_LEET_MARKS = "0134578@$€£!|+"
_LEET_WORD = re.compile(rf"[\w{re.escape(_LEET_MARKS)}]+")
_PLAIN_NUMBER = re.compile(r"\d+([a-z]{1,3}|[.,]\d+\w*)?\Z|[a-z]+\d{2,}\Z|[a-z]{1,3}\d\Z", re.IGNORECASE)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MANY_MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u064b-\u065f\u0f71-\u0f84\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{8})"
    "[\u0300-\u036f\u0483-\u0489\u064b-\u065f\u0f71-\u0f84\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_MARKS = re.compile("(?<=[A-Za-z])[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")
_SPACED = re.compile(r"(?<![\w'’])(?:[^\W_](?:[^\w]|_){1,6}){2,400}[^\W_](?!\w)")
_STRETCH = re.compile(rf"{_SPACED.pattern}|\S+")
_GAP = re.compile(r"\s{2,3}|\s[^\w\s]\s")
_RUN = re.compile(r"([^\W\d_])\1+")
_LETTERS = re.compile(r"(\w)\1*")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_MASKED = re.compile(r"(?<![\w*#%])[a-z]+[*#%]+[a-z]*(?![\w*#%])", re.IGNORECASE)
_MASKED_INSIDE = re.compile(r"(?<!\w)[a-z]+(?:(?:[-?•$@._█]|\.\.)+[a-z]+){1,3}(?!\w)", re.IGNORECASE)
# What Markdown and HTML take out of a word before anybody reads it: marks, links, tags, comments.
_MARKS_IN_WORDS = re.compile(r"(?:(?<=\w)(\*\*|~~|`)(\w+)\1|(\*\*|~~|`)(\w+)\3(?=\w))")
_LINKS_IN_WORDS = re.compile(
    r"(?<=\w)\[(\w*)\]\([^()\s]{0,200}\)|(?<=\w)(?:<!--.{0,100}?-->|</?[a-z][^<>]{0,60}>){1,4}(?=\w)", re.IGNORECASE
)
_ELLIPSIS = re.compile(r"(?<=[A-Za-z])…(?=[A-Za-z])")  # one letter's place, before it becomes three dots
_KEPT = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]{2,}@[\w-]+(?:\.[\w-]+)+")
_CUT = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,12}(?:[^\w\s]|_){1,3}[^\W\d_]{1,12}(?![^\W\d_])")
_RUN_TOGETHER = 400  # letters of such a word that are looked at
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
LONG_WORD = 20
"""Letters from which a word that is not known may be several, run together."""
_WORD = re.compile(r"\w+")
_LATIN = re.compile(r"[A-Za-z]")

_SWEARING = (
    "fuck fucks fucked fucker fuckers fucking motherfucker motherfucking shit shits shitty bullshit bitch bitches ass "
    "asshole assholes arse arsehole cunt cunts dick dicks dickhead cock prick pussy slut sluts whore whores bastard "
    "bastards nigger niggers nigga faggot faggots fag fags retard retards retarded twat wanker piss damn crap kike spic"
)
SWEARING = tuple(_SWEARING.split())
"""What ``f**k`` and the like can stand for, commonest first."""
_INSULTED = (
    "idiot idiots moron morons stupid loser losers scum filth filthy dumb dumbass trash pathetic imbecile imbeciles "
    "vermin parasite parasites pig pigs rapist rapists worthless disgusting degenerate degenerates hate kill murder "
    "rape lynch tranny trannies savages cockroach cockroaches"
)
_INSULTS = tuple(_INSULTED.split())
INSULTS = frozenset([*SWEARING, *_INSULTS])
"""Words that are put together again where something stands in the middle of them."""

PICTURES = {
    "🖕": "fuck you", "💩": "shit", "🤡": "clown", "🐷": "pig", "🐖": "pig", "🐽": "pig", "🐵": "monkey",
    "🐒": "monkey", "🙈": "monkey", "🦍": "gorilla", "🦧": "ape", "🐍": "snake", "🐀": "rat", "🐁": "rat",
    "🪳": "cockroach", "🐕": "dog", "🐶": "dog", "🐄": "cow", "🐮": "cow", "🐑": "sheep", "🔪": "knife",
    "🗡": "knife", "🔫": "gun", "💣": "bomb", "🗑": "trash", "🤮": "vomit", "🤢": "disgusting", "🍑": "ass",
    "🍆": "dick", "☠": "death", "💀": "death", "⚰": "coffin", "🪦": "grave", "🧠": "brain", "🌈": "rainbow",
    "👳": "muslim", "🕌": "mosque", "✡": "jews", "🕍": "synagogue", "🐴": "horse", "🫏": "donkey", "🐐": "goat",
    "🐘": "elephant", "👶": "baby", "🔥": "fire", "☪": "islam", "✝": "christian", "👩": "woman", "👨": "man",
}  # fmt: skip
"""Pictures that stand for a word, spelled out for a tokenizer that does not have them."""
_EMOJI = re.compile("[\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")


def fold(text: str, lexicon: Lexicon | None = None) -> str:
    """The text as a person would read it aloud. Shorter or longer than the original; offsets are not kept."""
    text = _LINKS_IN_WORDS.sub(lambda found: found[1] or "", text)
    kept = [found.span() for found in _KEPT.finditer(text)]
    if not kept:
        return _fold(text, lexicon or {})
    # Addresses are no words: a person reads them by their looks, and random letters spell anything.
    parts, at = [], 0
    for begin, end in kept:
        parts += [_fold(text[at:begin], lexicon or {}), text[begin:end]]
        at = end
    return "".join([*parts, _fold(text[at:], lexicon or {})])


def _fold(text: str, words: Lexicon) -> str:
    text = _ELLIPSIS.sub("*", html.unescape(text) if "&" in text else text)
    text = letters(text)
    text = _MARKS_IN_WORDS.sub(lambda found: found[2] or found[4], text)
    if not text.isascii():
        text = _EMOJI.sub(lambda found: found[0] if found[0] in words else f" {PICTURES.get(found[0], '')} ", text)
    text = _MASKED.sub(lambda found: unmask(found[0]), text)
    text = _MASKED_INSIDE.sub(lambda found: unmask(found[0], least=4), text)
    text = _CUT.sub(lambda found: glued(found[0]), text)
    text = _SPACED.sub(lambda found: join(found[0], words), text)
    text = _LEET_WORD.sub(lambda found: unleet(found[0], words), text)
    return _WORD.sub(lambda found: unstretch(found[0], words), text)


def disguises(text: str, lexicon: Lexicon | None = None) -> Iterator[tuple[int, int, str]]:
    """(begin, end, folded) of each stretch of the text that reads differently when it is folded by itself."""
    at = 0
    for found in _STRETCH.finditer(text):
        if found.start() >= at and (folded := fold(found[0], lexicon)) != found[0]:
            at = found.end()
            yield found.start(), at, folded


def letters(text: str) -> str:
    """Only the characters' own disguises: invisible, composed, enclosed, decorated and look-alike ones."""
    if text.isascii():
        return _CONTROL.sub("", text)
    text = _CONTROL.sub("", _INVISIBLE.sub("", text))
    text = _MANY_MARKS.sub(r"\1", text)  # normalisation sorts them, and takes the square of their number for it
    text = unicodedata.normalize("NFKC", text.translate(_enclosed()))
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", latin_again(text))
    return text


def latin_again(text: str) -> str:
    """Words whose every letter is Latin or looks it become Latin; in a text that is mostly foreign, mixed ones only."""
    words = _WORD.findall(text)
    readable = sum(look_alike(word).isascii() for word in words)
    mostly = readable * 2 > len(words)
    return _WORD.sub(lambda found: look_alike(found[0]) if mostly or _LATIN.search(found[0]) else found[0], text)


def look_alike(word: str) -> str:
    """A word in Latin letters, if every letter of it is one or looks like one; otherwise unchanged."""
    if word.isascii():
        return word
    table = _confusables()
    replaced = "".join(table.get(character, character) for character in word)
    return replaced if replaced.isascii() else word


@lru_cache(maxsize=1)
def _confusables() -> dict[str, str]:
    """Characters that look like one ASCII letter, from Unicode's own list of confusables."""
    import confusable_homoglyphs

    data = json.loads((Path(confusable_homoglyphs.__file__).parent / "confusables.json").read_text(encoding="utf-8"))
    table: dict[str, str] = {}
    for letter in "aeiosbcdfghjklmnpqrtuvwxyzAEIOBCDFGHJKLMNPQRSTUVWXYZ":
        for entry in data.get(letter, ()):
            if len(entry["c"]) == 1 and not entry["c"].isascii():
                table.setdefault(entry["c"], letter)
    by_hand = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "ß": "ss", "ƒ": "f"}
    small_capitals = zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)
    cyrillic = zip("аеорсухіјѕԁһкмтвнгпёи", "aeopcyxijsdhkmtbhrneu", strict=True)
    greek = zip("αβεικνορτυχγωη", "abeikvoptuxywn", strict=True)
    return table | by_hand | dict(small_capitals) | dict(cyrillic) | dict(greek)


@lru_cache(maxsize=1)
def _enclosed() -> dict[int, str]:
    """Letters in black circles and squares and as flags, which normalisation leaves alone."""
    table: dict[int, str] = {}
    for start in (0x1F150, 0x1F170, 0x1F1E6):
        table |= {start + index: chr(ord("a") + index) for index in range(26)}
    return table


def unmask(word: str, least: int = 1) -> str:
    """``f**k`` -> ``fuck``: the one swear word of that length with those letters, else unchanged.

    Swear words of fewer than `least` letters are not thought of.
    """
    pattern = re.compile(re.sub(r"[^a-z]", r"\\w", word.lower()))
    found = next((one for one in SWEARING if len(one) >= least and pattern.fullmatch(one)), None)
    if found is None and 2 * sum(map(str.isalpha, word)) >= len(word) > 3:  # most letters are there
        found = next(filter(pattern.fullmatch, _INSULTS), None)
    return found or word


def glued(cut: str) -> str:
    """``mo"ron`` -> ``moron``, for words that are insults; anything else unchanged."""
    whole = "".join(filter(str.isalpha, cut))
    return whole if whole.lower() in INSULTS else cut


def join(spaced: str, lexicon: Lexicon) -> str:
    """``i d i o t`` -> ``idiot``; wider gaps part the words, and without any the lexicon does."""
    parts = ["".join(_WORD.findall(part)).replace("_", "") for part in _GAP.split(spaced)]
    if all(len(part) < 2 for part in parts):  # every letter stands as far from the next
        parts = ["".join(parts)]
    if sum(character.isalpha() for part in parts for character in part) < 3:
        return spaced
    if len(parts) == 1:
        return " ".join(segment(parts[0].translate(LEET), lexicon))
    return " ".join(parts)


def segment(run: str, lexicon: Lexicon) -> list[str]:
    """Cut a run of letters into the likeliest words (cheapest sum of log ranks); unknown stretches stay whole."""
    if not lexicon or run.lower() in lexicon:
        return [run]
    lower, best = run.lower(), [(0.0, 0)]
    for end in range(1, len(run) + 1):
        options = []
        for start in range(max(0, end - 20), end):
            word = lower[start:end]
            rank = lexicon.get(word) if len(word) > 1 or word in "ai" else None
            cost = math.log(rank + 12) + 2 if rank is not None else 9.0 + 3.0 * len(word)
            options.append((best[start][0] + cost, start))
        best.append(min(options))
    cuts = [len(run)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    return [run[start:end] for start, end in pairwise(reversed(cuts))]


def unleet(word: str, lexicon: Lexicon) -> str:
    """``1d1ot`` -> ``idiot``. Numbers, ordinals, ``covid19`` and ``@names`` stay; ``!`` at the end is a mark."""
    core = word.rstrip("!|+")
    tail = word[len(core) :]
    if core.isalpha() or not any(map(str.isalpha, core)) or _PLAIN_NUMBER.match(core):
        return word
    for one in "il":
        folded = core.replace("1", one).translate(LEET)
        if folded.lower() in lexicon:
            return folded + tail
    return word if core.startswith("@") else core.translate(LEET) + tail


def unstretch(word: str, lexicon: Lexicon) -> str:
    """``idiooooot`` -> ``idiot``, ``coool`` -> ``cool``, ``iDiOt`` -> ``idiot``."""
    if not word.isascii():
        return word
    lower = word.lower()
    if len(word) > LONG_WORD and lower not in lexicon and word.isalpha():
        parts = (segment(part, lexicon) for part in _CAMEL.sub(" ", word[:_RUN_TOGETHER]).split())
        return " ".join(piece.lower() for part in parts for piece in part) + word[_RUN_TOGETHER:]
    if lower not in lexicon and _RUN.search(lower):
        known = next((candidate for candidate in shortened(lower) if candidate in lexicon), None)
        if known or _LONG_RUN.search(lower):
            return known or _RUN.sub(r"\1", lower)
    odd_case = not (word.islower() or word.isupper() or word[1:].islower())
    return lower if odd_case else word


def shortened(word: str) -> Iterator[str]:
    """The ways to cut repeated letters to one or two, for words with at most five runs of them."""
    parts = [found[0] for found in _LETTERS.finditer(word)]
    if sum(len(part) > 1 for part in parts) > 5:
        return
    for choice in product(*((part[:2], part[0]) if len(part) > 1 else (part,) for part in parts)):
        yield "".join(choice)
