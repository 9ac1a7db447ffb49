"""Measures of quality, each from first principles so that a reader can check them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def auc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.

    Mann-Whitney U divided by the number of pairs. NaN when a class is empty.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def interval(scores: Floats, positive: NDArray[np.bool_], seed: int = 7, rounds: int = 1000) -> tuple[float, float]:
    """95 % bootstrap interval of `auc`: percentiles over `rounds` resamples of the comments."""
    rng = np.random.default_rng(seed)
    size = len(scores)
    values = []
    for _ in range(rounds):
        picks = rng.integers(size, size=size)
        values.append(auc(scores[picks], positive[picks]))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def span_f1(found: set[int], marked: set[int]) -> float:
    """Character F1 of one comment as in SemEval-2021 Task 5: empty against empty counts 1."""
    if not marked:
        return float(not found)
    if not found:
        return 0.0
    return 2 * len(found & marked) / (len(found) + len(marked))


def calibration_error(scores: Floats, truth: Floats, weights: Floats, bins: int = 15) -> float:
    """Expected calibration error: mean |observed - predicted| over equal-width bins, by weight."""
    which = np.minimum((scores * bins).astype(int), bins - 1)
    total = 0.0
    for at in range(bins):
        here = which == at
        mass = weights[here].sum()
        if mass:
            total += abs((weights[here] * (truth[here] - scores[here])).sum())
    return float(total / weights.sum())


def isotonic(scores: Floats, truth: Floats, weights: Floats) -> list[tuple[float, float]]:
    """Non-decreasing least-squares fit of truth on scores (pool adjacent violators), as (score, value) knots.

    The value of a pool stands at its weighted mean score; between knots one interpolates.
    """
    order = np.argsort(scores, kind="stable")
    pools: list[list[float]] = []  # weight, weighted truth, weighted score
    for at in order:
        weight = float(weights[at])
        pools.append([weight, weight * float(truth[at]), weight * float(scores[at])])
        while len(pools) > 1 and pools[-2][1] * pools[-1][0] >= pools[-1][1] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = [have + more for have, more in zip(pools[-1], last, strict=True)]
    return [(score / weight, value / weight) for weight, value, score in pools if weight > 0]


def curve(scores: Floats, truth: Floats, weights: Floats, knots: int = 24) -> list[list[float]]:
    """A short calibration curve from (0, ·) to (1, ·): isotonic, thinned, strictly increasing in the score."""
    fitted = isotonic(scores, truth, weights)
    xs, ys = np.asarray([x for x, _ in fitted]), np.asarray([y for _, y in fitted])
    grid = np.unique(
        np.concatenate([np.linspace(0, 1, knots // 2), np.quantile(scores, np.linspace(0, 1, knots // 2))])
    )
    values = np.maximum.accumulate(np.clip(np.interp(grid, xs, ys), 0.0, 1.0))
    points: Sequence[tuple[float, float]] = list(zip(grid.round(5).tolist(), values.round(5).tolist(), strict=True))
    return [[x, y] for at, (x, y) in enumerate(points) if at == 0 or x > points[at - 1][0]]
