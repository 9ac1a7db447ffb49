"""Softer targets: how far the labels move, and what must not."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from moderation.scoring.training import teachers
from moderation.scoring.training.data import Row


def rows() -> list[Row]:
    return [
        Row("You fool.", "jigsaw6", (1.0, 0.0, math.nan, 0.0, 1.0, 0.0)),
        Row("Well said.", "jigsaw6", (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    ]


def test_labels_move_by_the_share_and_what_nobody_was_asked_stays_unknown(tmp_path: Path) -> None:
    cache = tmp_path / "teachers.npy"
    np.save(cache, np.full((2, 6), 0.4, np.float32))
    softened = rows()
    teachers.soften(softened, [], 0.5, cache)
    assert softened[0].labels == pytest.approx((0.7, 0.2, math.nan, 0.2, 0.7, 0.2), nan_ok=True)
    assert softened[1].labels == pytest.approx((0.2,) * 6)


def test_answers_for_other_rows_are_refused(tmp_path: Path) -> None:
    cache = tmp_path / "teachers.npy"
    np.save(cache, np.zeros((3, 6), np.float32))
    with pytest.raises(ValueError, match="remove it"):
        teachers.soften(rows(), [], 0.5, cache)


def test_teachers_answer_by_their_mean_log_odds_and_are_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def scored(folder: Path, texts: list[str]) -> np.ndarray:
        asked.append(folder)
        return np.full((len(texts), 6), 0.8 if folder.name == "one" else 0.2)

    monkeypatch.setattr(teachers, "_scored", scored)
    monkeypatch.setattr(teachers, "letters", lambda found: np.array([0.9, 0.5]))
    cache = tmp_path / "teachers.npy"
    for _run in range(2):
        softened = rows()
        teachers.soften(softened, [Path("one"), Path("two")], 1.0, cache)
        third = 1 / (1 + math.exp(-math.log(9) / 3))  # odds of one to one, and a third of the way to nine to one
        assert softened[0].labels[0] == pytest.approx(third, abs=1e-6)
        assert softened[1].labels[0] == pytest.approx(0.5)
        assert softened[0].labels[4] == pytest.approx(0.5)
    assert asked == [Path("one"), Path("two")]
