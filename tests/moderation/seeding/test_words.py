"""What generated readers say."""

from __future__ import annotations

from random import Random

from discussions import markup
from discussions.models import State
from moderation.seeding import words


def test_texts_are_stored_and_shown_as_posting_would() -> None:
    random = Random(1)
    for state in (State.PUBLISHED, State.HELD, State.REJECTED):
        for _ in range(200):
            text = words.text(state, random)
            assert markup.clean(text) == text
            assert words.html(text) == markup.render(text)


def test_hardly_any_two_say_the_same() -> None:
    random = Random(1)
    assert len({words.text(State.PUBLISHED, random) for _ in range(1000)}) > 950
