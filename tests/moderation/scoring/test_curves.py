"""Calibration curves: read with the checkpoint they belong to, interpolated, and never in anybody's way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from moderation.scoring import checkpoints
from moderation.scoring.curves import FILE, Curve, curves

COMPACT = checkpoints.BUNDLED / "compact"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The bundled checkpoint in a folder of its own."""
    return Path(shutil.copytree(COMPACT, tmp_path / "compact"))


def of(folder: Path) -> dict[str, Curve]:
    return dict(curves(str(folder), checkpoints.sha256(folder / checkpoints.WEIGHTS)))


def test_a_curve_is_linear_between_its_points_and_flat_beyond_its_ends() -> None:
    curve = Curve((0.2, 0.6, 0.8), (0.0, 0.2, 1.0))
    assert [curve.at(raw) for raw in (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 1.0)] == pytest.approx(
        [0.0, 0.0, 0.1, 0.2, 0.6, 1.0, 1.0]
    )


def test_the_bundled_checkpoint_is_calibrated_where_it_had_examples_enough() -> None:
    found = of(COMPACT)
    told = json.loads((COMPACT / FILE).read_text(encoding="utf-8"))["labels"]
    assert set(found) == {label for label, how in told.items() if how["method"] != "identity"}
    assert "toxicity" in found
    for label, curve in found.items():
        steps = [curve.at(n / 200) for n in range(201)]
        assert steps == sorted(steps), label
        raw, calibrated = told[label]["points"][5]
        assert curve.at(raw) == pytest.approx(calibrated)


def test_scores_by_other_weights_or_a_checkpoint_that_is_gone_have_no_curves() -> None:
    assert curves("compact", "f" * 64) == {}
    assert curves("nowhere", "f" * 64) == {}


def test_a_checkpoint_without_the_file_has_no_curves(copied: Path) -> None:
    assert of(copied)
    (copied / FILE).unlink()
    assert of(copied) == {}


@pytest.mark.parametrize(
    "points",
    [[[0, 0]], [[0, 0], [0, 1]], [[0, 1], [1, 0]], [[0, 0], [1, 2]], "no", [[0], [1]], None],
)
def test_a_damaged_curve_calibrates_nothing(copied: Path, points: object) -> None:
    (copied / FILE).write_text(json.dumps({"labels": {"toxicity": {"points": points, "method": "isotonic"}}}))
    assert of(copied) == {}
