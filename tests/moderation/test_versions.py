"""What changed between a comment's versions, whatever somebody writes to have the desk compare for ever."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discussions import posting
from moderation import versions
from moderation.versions import Change, diff
from tests.factories.discussions import AccountFactory, ArticleFactory
from tests.factories.moderation import first_policy

WORDS = st.lists(st.sampled_from(["a", "bus", "tram", "stop", "\n", " "]), max_size=40).map(" ".join)


def test_a_change_stands_between_what_stayed() -> None:
    assert diff("The bus is late again.", "The tram is late again.") == [
        Change("same", "The "), Change("out", "bus "), Change("in", "tram "), Change("same", "is late again."),
    ]  # fmt: skip


@given(WORDS, WORDS)
def test_both_versions_can_be_read_off_the_changes(before: str, after: str) -> None:
    changes = diff(before, after)
    assert "".join(c.text for c in changes if c.kind != "in") == before
    assert "".join(c.text for c in changes if c.kind != "out") == after


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many pairs of equal words were given to be matched."""
    pairs: list[int] = []
    real = difflib.SequenceMatcher

    class Counting(real):  # type: ignore[type-arg, misc, valid-type]
        def __init__(self, junk: Any, a: list[str], b: list[str], autojunk: bool = True) -> None:
            pairs.append(sum(b.count(word) for word in a))
            super().__init__(junk, a, b, autojunk)

    monkeypatch.setattr(versions.difflib, "SequenceMatcher", Counting)
    return pairs


def test_one_word_a_thousand_times_is_not_compared_word_by_word(compared: list[int]) -> None:
    before, after = "x " * 1500, "y x " * 900 + "z"
    assert diff(before, after) == [Change("out", before), Change("in", after)]
    assert compared == []
    diff("It was said that " + before[:40], "It was said that " + after[:40])
    assert sum(compared) <= versions.MOST_PAIRS


@pytest.mark.django_db
def test_of_many_versions_the_newest_are_shown() -> None:
    first_policy()
    reader = AccountFactory()
    comment = posting.post(article=ArticleFactory(), reader=reader, text="Version 1 of it.")
    for number in range(2, 26):
        comment = posting.edit(comment=comment, by=reader, text=f"Version {number} of it.")
    shown = versions.of(comment)
    assert [each["number"] for each in shown] == list(range(25, 5, -1))
    assert all(any(change.kind == "in" for change in each["changes"]) for each in shown)
