"""Two checkpoints in a row: the quick one settles what is clear, the large one is asked about the band between.

Chosen with ``PARLEY_CASCADE=compact`` (the quick checkpoint's name) beside ``PARLEY_CHECKPOINT`` (the large one). The
band is in toxicity of the quick one: below it a comment is clear, above it abuse is, and both may be set with
``PARLEY_CASCADE_BAND=0.05,0.95``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.scoring.checkpoints import CheckpointError
from moderation.scoring.engine import Thresholds
from moderation.scoring.scorer import Scorer, Scores


@dataclass(frozen=True, slots=True)
class Band:
    """Quick scores (of the first label) from ``low`` to ``high`` are not settled."""

    low: float = 0.05
    high: float = 0.95


def band() -> Band:
    """The band from the environment. Raises CheckpointError where it makes no sense."""
    given = os.environ.get("PARLEY_CASCADE_BAND", "")
    if not given:
        return Band()
    try:
        low, high = (float(part) for part in given.split(","))
    except ValueError as error:
        raise CheckpointError(f"PARLEY_CASCADE_BAND must be two numbers such as 0.05,0.95; it is {given!r}.") from error
    if not 0 <= low <= high <= 1:
        raise CheckpointError(f"PARLEY_CASCADE_BAND must rise within 0 and 1; it is {given!r}.")
    return Band(low, high)


def needs_second(scores: NDArray[Any], limits: Band) -> NDArray[np.bool_]:
    """For [texts, labels] of the quick checkpoint, whether each text goes on to the large one."""
    return (scores[:, 0] >= limits.low) & (scores[:, 0] <= limits.high)


class Cascade(Scorer):
    """A scorer for the large checkpoint that asks the quick one first.

    A comment that the quick one settles carries the quick one's name and hash: its scores are what they say.
    """

    def __init__(self, large: Scorer, quick: Scorer, limits: Band) -> None:
        super().__init__(large.engine)
        self.quick, self.limits = copy(quick), limits  # by itself it is asked for exact scores, here not for all
        self.quick.passed_on = (limits.low, limits.high)

    def score(
        self, given: Sequence[str], parents: Sequence[str | None], at: Sequence[Thresholds | None]
    ) -> list[Scores]:
        result = self.quick.score(given, parents, at)
        if not result:
            return result
        first = np.array([[next(iter(scores.labels.values()))] for scores in result])
        again = np.flatnonzero(needs_second(first, self.limits)).tolist()
        texts, answered = [given[index] for index in again], [parents[index] for index in again]
        second = super().score(texts, answered, [at[index] for index in again])
        for index, scores in zip(again, second, strict=True):
            result[index] = scores
        return result
