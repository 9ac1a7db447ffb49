"""Averaging finished checkpoints into one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from moderation.scoring.training.export import SPANS_FILE, average


def finished(folder: Path, value: float, *, words: str = "[PAD]\nidiot\n", width: int = 3) -> Path:
    folder.mkdir()
    (folder / "vocab.txt").write_text(words, encoding="utf-8")
    save_file({"classifier.weight": torch.full((6, width), value).half()}, folder / "model.safetensors")
    save_file({"weight": torch.full((1, width), 2 * value), "bias": torch.zeros(1)}, folder / SPANS_FILE)
    return folder


def test_weights_and_the_head_for_words_are_averaged(tmp_path: Path) -> None:
    found = average([finished(tmp_path / "one", 1.0), finished(tmp_path / "two", 4.0)])
    assert found["model.classifier.weight"].unique().tolist() == [2.5]
    assert found["spans.weight"].unique().tolist() == [5.0]
    assert found["model.classifier.weight"].dtype == torch.float32


@pytest.mark.parametrize("other", [{"words": "[PAD]\nfool\n"}, {"width": 4}], ids=["vocabulary", "shape"])
def test_what_does_not_belong_together_is_refused(tmp_path: Path, other: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="vocabularies or layers differ"):
        average([finished(tmp_path / "one", 1.0), finished(tmp_path / "two", 4.0, **other)])


def test_checkpoints_may_count_unequally(tmp_path: Path) -> None:
    both = [finished(tmp_path / "one", 1.0), finished(tmp_path / "two", 4.0)]
    assert average(both, [3, 1])["model.classifier.weight"].unique().tolist() == [1.75]
    with pytest.raises(ValueError, match="2 checkpoints need as many shares"):
        average(both, [1.0])
