"""The training loop on a tiny body: what it learns from, that it resumes, that workers agree."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification

from moderation.scoring.training import batches as batching
from moderation.scoring.training.body import SpansHead
from moderation.scoring.training.data import Row
from moderation.scoring.training.loop import Plan, Trainer
from moderation.scoring.training.workers import train

WIDTH = 32


@pytest.fixture(autouse=True)
def _keep_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def items(count: int = 120) -> list[batching.Encoded]:
    """Rows whose label is told by one token: 7 is toxic and marked, 8 is not."""
    rng = np.random.default_rng(4)
    made = []
    for at in range(count):
        toxic = at % 2
        filler = rng.integers(10, 40, size=int(rng.integers(2, 12)))
        ids = np.concatenate([[1], filler, [7 if toxic else 8], [2]]).astype(np.int32)
        spans = np.array([-1, *[0] * len(filler), toxic, -1], dtype=np.int8)
        row = Row("", "made", (float(toxic), math.nan, 0.0, 0.0, float(toxic), 0.0))
        made.append(batching.Encoded(ids, row, spans))
    return made


def trainer(**plan: float) -> Trainer:
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=50, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        num_labels=6, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    settings = {"budget": 160, "rate": 2e-3, "epochs": 6, "together": 2, "workers": 1, "average": 0.8}
    model = BertForSequenceClassification(config)
    return Trainer(model, SpansHead(WIDTH), Plan(**(settings | plan)))


def loss(made: Trainer) -> float:
    with torch.no_grad():
        return float(made.loss(batching.collate(items())))


def test_batches_hold_every_row_once_and_keep_to_the_budget() -> None:
    rows = items()
    found = list(batching.batches(rows, 100, seed=1))
    assert sorted(id(item) for batch in found for item in batch) == sorted(id(item) for item in rows)
    assert all(len(batch) * max(len(item.ids) for item in batch) <= 100 for batch in found)


def test_a_label_nobody_was_asked_about_teaches_nothing() -> None:
    batch = batching.collate(items(4))
    assert batch.weights[:, 1].tolist() == [0.0] * 4
    made = trainer()
    before = made.loss(batch)
    batch.targets[:, 1] = 1.0
    assert torch.equal(before, made.loss(batch))


def test_word_embeddings_stay_as_they_are_without_a_rate_of_their_own() -> None:
    made = trainer(embedding_rate=0.0)
    table = made.modules["model"].bert.embeddings.word_embeddings.weight
    before = table.clone()
    made.update(batching.collate(items(8)), 0.1)
    assert torch.equal(before, table)


def test_lower_layers_learn_more_slowly() -> None:
    rates = {name: group["lr"] for name, group in zip(trainer().masters, trainer().optimizer.param_groups, strict=True)}
    low = next(rate for name, rate in rates.items() if "layer.0." in name)
    high = next(rate for name, rate in rates.items() if "layer.1." in name)
    assert low < high


def test_it_learns_labels_and_marked_tokens(tmp_path: Path) -> None:
    made = trainer(epochs=30, budget=80)
    before = loss(made)
    train(made, items(), tmp_path / "state.pt")
    assert loss(made) < 0.6 * before


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = trainer(epochs=2)
    train(first, items(), tmp_path / "state.pt")
    second = trainer(epochs=3)
    train(second, items(), tmp_path / "state.pt")
    assert second.rows_seen > first.rows_seen
    assert second.step > first.step


def test_a_deadline_ends_the_run_with_a_saved_state(tmp_path: Path) -> None:
    made = trainer(minutes=1e-6)
    train(made, items(), tmp_path / "state.pt")
    assert made.rows_seen < 6 * 120
    assert (tmp_path / "state.pt").exists()


def test_two_workers_end_with_one_set_of_weights(tmp_path: Path) -> None:
    # A process of its own: forking wants a process in which no other library has started threads.
    script = (
        "from pathlib import Path\n"
        "import importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('loop_test', {__file__!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "module.torch.set_num_threads(1)\n"
        "made = module.trainer(workers=2, budget=80, epochs=30)\n"
        "before = module.loss(made)\n"
        f"module.train(made, module.items(), Path({str(tmp_path)!r}) / 'state.pt')\n"
        "print(before, module.loss(made), made.step)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False, cwd=Path.cwd()
    )
    assert done.returncode == 0, done.stderr
    before, after, steps = map(float, done.stdout.split())
    assert after < 0.6 * before
    assert steps > 10
