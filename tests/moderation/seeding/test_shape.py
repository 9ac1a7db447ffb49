"""The shape of a generated thread."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from discussions.models import State
from discussions.models.comment import MAX_DEPTH
from moderation.seeding import shape


@pytest.mark.parametrize("states", ["published", "mixed", "held"])
@pytest.mark.parametrize("n", [1, 2, 7, 3000])
def test_every_reply_follows_what_it_answers(states: shape.States, n: int) -> None:
    drawn = shape.draw(n, states, Random(n))
    assert len(drawn) == n
    for index, parent in enumerate(drawn.parents):
        assert drawn.depths[index] == (0 if parent is None else drawn.depths[parent] + 1)
        assert parent is None or parent < index
        assert parent is None or states == "held" or drawn.states[parent] == State.PUBLISHED


def test_a_mixed_thread_has_exactly_the_shares() -> None:
    drawn = shape.draw(1000, "mixed", Random(1))
    assert Counter(drawn.states) == {State.PUBLISHED: 900, State.HELD: 80, State.REJECTED: 20}


def test_it_has_a_hot_root_deep_branches_and_many_roots() -> None:
    drawn = shape.draw(5000, "published", Random(1))
    assert drawn.replies[0] > 400
    assert max(drawn.depths) == MAX_DEPTH
    assert 1500 < drawn.parents.count(None) < 2500


def test_replies_count_what_is_shown() -> None:
    drawn = shape.draw(500, "mixed", Random(1))
    shown = [p for p, s in zip(drawn.parents, drawn.states, strict=True) if s == State.PUBLISHED and p is not None]
    assert Counter(shown) == Counter({index: n for index, n in enumerate(drawn.replies) if n})


def test_the_same_seed_draws_the_same_thread() -> None:
    assert shape.draw(300, "mixed", Random(5)) == shape.draw(300, "mixed", Random(5))
    assert shape.draw(300, "mixed", Random(5)) != shape.draw(300, "mixed", Random(6))
