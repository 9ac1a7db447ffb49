"""The measures behind every figure in the documents, against values worked out by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring.training import measures
from moderation.scoring.training.export import marked_characters


def test_auc_counts_ties_half() -> None:
    scores = np.array([0.1, 0.4, 0.4, 0.9])
    assert measures.auc(scores, np.array([False, False, True, True])) == pytest.approx((2 + 1.5) / 4)


def test_auc_of_one_class_is_not_a_number() -> None:
    assert math.isnan(measures.auc(np.array([0.1, 0.2]), np.array([True, True])))


def test_the_interval_holds_the_estimate_and_narrows_with_more_comments() -> None:
    rng = np.random.default_rng(1)

    def width(size: int) -> float:
        positive = rng.random(size) < 0.5
        scores = positive + rng.normal(size=size)
        low, high = measures.interval(scores, positive, rounds=200)
        assert low <= measures.auc(scores, positive) <= high
        return high - low

    assert width(2000) < width(100)


@pytest.mark.parametrize(
    ("found", "marked", "expected"),
    [(set(), set(), 1.0), ({1}, set(), 0.0), (set(), {1}, 0.0), ({1, 2}, {2, 3}, 0.5), ({1}, {1}, 1.0)],
)
def test_span_f1_follows_the_task(found: set[int], marked: set[int], expected: float) -> None:
    assert measures.span_f1(found, marked) == expected


def test_isotonic_pools_what_goes_down() -> None:
    fitted = measures.isotonic(np.array([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 0.0]), np.ones(3))
    assert fitted == [(pytest.approx(0.1), 0.0), (pytest.approx(0.25), pytest.approx(0.5))]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=5, max_size=80))
def test_a_curve_never_goes_down_and_stays_between_0_and_1(pairs: list[tuple[float, bool]]) -> None:
    scores, truth = np.array([score for score, _ in pairs]), np.array([float(yes) for _, yes in pairs])
    points = measures.curve(scores, truth, np.ones(len(pairs)))
    xs, ys = zip(*points, strict=True)
    assert (xs[0], xs[-1]) == (0.0, 1.0)
    assert all(a < b for a, b in pairwise(xs))
    assert all(0 <= a <= b <= 1 for a, b in pairwise(ys))


def test_calibration_error_is_the_distance_between_said_and_seen() -> None:
    scores = np.full(10, 0.7)
    truth = np.array([1.0] * 4 + [0.0] * 6)
    assert measures.calibration_error(scores, truth, np.ones(10)) == pytest.approx(0.3)


def test_neighbouring_marked_tokens_are_joined_over_their_gap() -> None:
    offsets = [(0, 0), (0, 3), (4, 8), (9, 12), (0, 0)]
    assert marked_characters([0.9, 0.9, 0.8, 0.1, 0.9], offsets, 0.5) == set(range(8))
