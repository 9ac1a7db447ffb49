"""What a raw score means: the calibration curves that come with a checkpoint.

``calibration.json`` beside the weights holds per label points ``[raw, calibrated]``, never decreasing, to be
interpolated between: the calibrated value is the share of comments with that raw score that carry the label.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from moderation.scoring import checkpoints

FILE = "calibration.json"
_NONE: Mapping[str, Curve] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Curve:
    """One label's curve: `calibrated[i]` belongs to `raw[i]`, both 0..1 and never decreasing."""

    raw: tuple[float, ...]
    calibrated: tuple[float, ...]

    def at(self, value: float) -> float:
        """The calibrated probability (0..1) of a raw score, linear between the points, flat beyond the ends."""
        right = bisect_right(self.raw, value)
        if right == 0:
            return self.calibrated[0]
        if right == len(self.raw):
            return self.calibrated[-1]
        low, high = self.raw[right - 1], self.raw[right]
        share = (value - low) / (high - low)
        return self.calibrated[right - 1] + share * (self.calibrated[right] - self.calibrated[right - 1])


def curves(checkpoint: str, weights: str) -> Mapping[str, Curve]:
    """Label → curve for scores by these weights; empty where the checkpoint has none, or is not here any more.

    Labels whose curve was never fitted, for want of examples, are left out.
    """
    try:
        found = checkpoints.open_checkpoint(checkpoint)
        file = found.folder / FILE
        if found.weights != weights:
            return _NONE
        return _read(file, file.stat().st_mtime_ns)
    except (checkpoints.CheckpointError, OSError):
        return _NONE


@lru_cache(maxsize=16)
def _read(file: Path, _changed: int) -> Mapping[str, Curve]:
    """A damaged file calibrates nothing; it must not keep a moderator from the card."""
    try:
        labels = json.loads(file.read_text(encoding="utf-8"))["labels"]
        read = {label: _curve(told["points"]) for label, told in labels.items() if told.get("method") != "identity"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return _NONE
    return MappingProxyType({label: curve for label, curve in read.items() if curve is not None})


def _curve(points: list[list[float]]) -> Curve | None:
    pairs = [(float(raw), float(calibrated)) for raw, calibrated in points]
    raws, values = [raw for raw, _value in pairs], [value for _raw, value in pairs]
    rising = all(a < b for a, b in pairwise(raws)) and values == sorted(values)
    if len(pairs) < 2 or not rising or min(raws + values) < 0 or max(raws + values) > 1:
        return None
    return Curve(tuple(raws), tuple(values))
