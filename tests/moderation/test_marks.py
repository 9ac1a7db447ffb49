"""Where the entries of a word list stand: one answer for the policy, the desk and the nudge."""

from __future__ import annotations

import time

import pytest

from moderation import marks, signals


def found(text: str, entry: str) -> list[str] | None:
    places = marks.positions(text, [entry]).get(entry)
    return None if places is None else [text[begin:end] for begin, end in places]


@pytest.mark.parametrize(
    ("text", "entry", "marked"),
    [
        ("Idiot! An idiotic idiot, IDIOT.", "idiot", ["Idiot", "idiot", "IDIOT"]),
        ("Idiot! An idiotic idiot, IDIOT.", "idiot*", ["Idiot", "idiotic", "idiot", "IDIOT"]),
        ("idiot idiot idiot", "idiot", ["idiot", "idiot", "idiot"]),
        ("You idiot123!", "idiot*", ["idiot123"]),
        ("You idiots!", "idiot*", ["idiots"]),
        ("ИДИОТ и идиоты123", "идиот*", ["ИДИОТ", "идиоты123"]),
        ("Durch die STRASSE", "straße", ["STRASSE"]),
        ("You xidiot idiot_x", "idiot", None),
        ("Don't c++ me", "c++", ["c++"]),
        ("bloody \u00a0 fool", "bloody fool", ["bloody \u00a0 fool"]),
        ("a.b a-b", "a.b", ["a.b"]),
        ("Anything at all", "*", None),
        ("Anything at all", "", None),
    ],
)
def test_an_entry_is_found_in_any_case_and_only_whole(text: str, entry: str, marked: list[str] | None) -> None:
    assert found(text, entry) == marked


@pytest.mark.parametrize(
    ("text", "entry", "marked"),
    [
        ("You 1d1ot, really", "idiot", ["1d1ot"]),
        ("You (1d1ot!) and idiot", "idiot", ["1d1ot", "idiot"]),
        ("You id\u0456ot", "idiot", ["id\u0456ot"]),  # a Cyrillic letter in it
        ("You i d i o t there", "idiot", ["i d i o t"]),
        ("bl00dy f00l, that", "bloody fool", ["bl00dy f00l"]),
        ("id.iot", "idiot", ["id.iot"]),
    ],
)
def test_of_a_disguised_word_what_was_written_is_marked(text: str, entry: str, marked: list[str]) -> None:
    assert found(text, entry) == marked


def test_whatever_the_policy_holds_for_listed_is_boxed_at_the_desk() -> None:
    entries = ["idiot*", "wort", "fool"]
    text = "idiot123, 1d1ots and a f00l; WORT"
    assert signals.matches(text, entries) == entries
    boxed = [piece.text for piece in marks.pieces(text, listed=entries) if piece.kind == "list"]
    assert boxed == ["idiot123", "1d1ots", "f00l", "WORT"]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("a" * 8000, "*".join("a" * 100)),
        ("a " * 4000, "a"),
        ("a 4 " * 2000, "a"),
        ("1d1ot idiot " * 650, "idiot"),
        ("1d1ot " * 1300, "idiot " * 30),
        ("x y z " * 1300 + "1d1ot", "idiot"),
    ],
)
def test_hostile_texts_and_entries_take_linear_time(text: str, entry: str) -> None:
    began = time.process_time()
    assert found(text, entry) or entry == "idiot " * 30
    assert time.process_time() - began < 5
