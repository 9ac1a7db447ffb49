"""Sentences: every visible character lies in exactly one of them."""

from __future__ import annotations

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.perspective.sentences import MOST, sentences


def parts(text: str) -> list[str]:
    return [text[begin:end] for begin, end in sentences(text)]


@pytest.mark.parametrize("piece", ["a. ", ".", "!", "e.g. ", '."', "Mr. "])
def test_the_time_is_linear_in_the_text(piece: str) -> None:
    """A quadratic search took twenty times as long for a text of four times the length."""

    def took(length: int) -> float:
        text = (piece * length)[:length]
        return min(timeit.repeat(lambda: sentences(text), number=1, repeat=5))

    assert took(20_000) < 12 * took(5_000) + 0.01


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("Mr. Brook paid 3.50 at 8 a.m. sharp.", ["Mr. Brook paid 3.50 at 8 a.m. sharp."]),
        ("One\n\nTwo", ["One", "Two"]),
        ("今日は。明日は！", ["今日は。", "明日は！"]),
        ("كيف حالك؟ بخير", ["كيف حالك؟", "بخير"]),
        ("!!! ???", ["!!!", "???"]),
    ],
)
def test_sentences_end_where_a_reader_would_say(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@given(st.text(st.sampled_from('ab .!?\n。"👍\u0301')))
def test_they_come_in_order_apart_and_leave_nothing_visible_out(text: str) -> None:
    found = sentences(text)
    edges = [edge for span in found for edge in span]
    assert edges == sorted(edges)
    assert all(text[begin:end] and text[begin:end] == text[begin:end].strip() for begin, end in found)
    assert "".join("".join(parts(text)).split()) == "".join(text.split())


def test_a_text_of_very_many_sentences_is_told_in_larger_pieces() -> None:
    found = sentences("No. Yes! " * 2000)
    assert MOST // 2 < len(found) <= MOST
