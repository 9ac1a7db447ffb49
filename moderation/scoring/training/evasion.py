"""Spelling tricks that hide a word from a filter, put on some training rows so that the model knows them."""

from __future__ import annotations

import re

import numpy as np

LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"})
SIGNS = str.maketrans({"a": "@", "i": "!", "s": "$", "o": "0"})
LOOKALIKES = str.maketrans({"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х", "i": "і", "y": "у"})
_WORD = re.compile(r"[A-Za-z]{3,}")


def _leet(word: str, _rng: np.random.Generator) -> str:
    return word.translate(LEET)


def _signs(word: str, _rng: np.random.Generator) -> str:
    return word.translate(SIGNS)


def _lookalike(word: str, _rng: np.random.Generator) -> str:
    return word.translate(LOOKALIKES)


def _spaced(word: str, rng: np.random.Generator) -> str:
    return (" ", ".", "-", "*")[int(rng.integers(4))].join(word)


def _repeated(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(word)))
    return word[:at] + word[at] * int(rng.integers(2, 5)) + word[at:] if word[at].isalpha() else word


def _starred(word: str, _rng: np.random.Generator) -> str:
    return word[0] + "*" * (len(word) - 2) + word[-1]


def _swapped(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(0, len(word) - 1))
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


TRICKS = (_leet, _signs, _lookalike, _spaced, _repeated, _starred, _swapped)


def disguise(text: str, rng: np.random.Generator, share: float = 0.5) -> str:
    """`text` with one trick on about `share` of its words of three letters or more."""
    trick = TRICKS[int(rng.integers(len(TRICKS)))]
    return _WORD.sub(lambda found: trick(found[0], rng) if rng.random() < share else found[0], text)
