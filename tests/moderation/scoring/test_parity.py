"""The fast backends give Detoxify's own answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from moderation.scoring import checkpoints, engine
from moderation.scoring.quantising import SENTENCES
from moderation.scoring.tokens import Tokens

TEXTS = [
    *SENTENCES,
    "",
    "É um café ☕ für Jürgen, 100 % naïve!",
    "You are a 🐷 and a 🤡😂",
    "A longer remark, with (brackets), 'quotes' and a list:\n- one\n- two\n\n" * 4,
    "zażółć gęślą jaźń 你好 مرحبا " + "x" * 150,
]


@pytest.fixture(scope="module")
def compact() -> checkpoints.Checkpoint:
    return checkpoints.open_checkpoint("compact")


@pytest.fixture(scope="module")
def rows(compact: checkpoints.Checkpoint) -> list[list[int]]:
    tokens = Tokens(compact)
    return [tokens.frame(encoded.ids) for encoded in tokens.encode(TEXTS)]


@pytest.fixture(scope="module")
def predicted(compact: checkpoints.Checkpoint) -> NDArray[Any]:
    """Detoxify.predict, called once for each text."""
    detoxify = engine.detoxify(compact)
    answers = [detoxify.predict(text) for text in TEXTS]
    return np.array([[answer[label] for label in compact.labels] for answer in answers])


def test_the_tokenizer_gives_detoxifys_tokens(compact: checkpoints.Checkpoint, rows: list[list[int]]) -> None:
    assert rows == engine.detoxify(compact).tokenizer(TEXTS)["input_ids"]


@pytest.mark.parametrize("backend", ["onnx-fp32", "torch"])
def test_exact_backends_answer_like_predict(
    backend: str, compact: checkpoints.Checkpoint, rows: list[list[int]], predicted: NDArray[Any]
) -> None:
    answers = engine.make_backend(compact, backend).run(rows)
    assert np.abs(answers - predicted).max() <= 1e-4


def test_int8_stays_close_and_exact_near_the_thresholds(
    compact: checkpoints.Checkpoint, rows: list[list[int]], predicted: NDArray[Any]
) -> None:
    answers = engine.make_backend(compact, "onnx-int8").run(rows)
    assert np.abs(answers - predicted).mean() <= 0.02
    for threshold in engine.THRESHOLDS:
        distance = np.abs(engine.log_odds(answers) - engine.log_odds(threshold))
        near = (distance < 0.99 * engine.MARGIN).any(axis=1)
        assert np.abs(answers - predicted)[near].max(initial=0) <= 1e-4


def test_a_text_scores_the_same_alone_and_among_others(compact: checkpoints.Checkpoint, rows: list[list[int]]) -> None:
    exact = engine.make_backend(compact, "onnx-fp32")
    together = exact.run(rows)
    alone = np.concatenate([exact.run([row]) for row in rows])
    assert np.abs(together - alone).max() <= 1e-5


def test_the_int8_worker_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys, json; from moderation.scoring import score, explain; "
        "score(['You are an idiot, I disagree.']); explain('You are an idiot.'); "
        "print(json.dumps([n for n in ('torch', 'transformers', 'detoxify', 'django') if n in sys.modules]))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True, timeout=120
    )
    assert json.loads(done.stdout) == []


def test_thresholds_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_THRESHOLDS", "0.3, 0.7")
    assert engine.thresholds() == (0.3, 0.7)
    monkeypatch.setenv("PARLEY_THRESHOLDS", "high")
    with pytest.raises(checkpoints.CheckpointError, match="must be numbers"):
        engine.thresholds()


def test_int8_is_exact_around_the_thresholds_of_the_label_they_belong_to(compact: checkpoints.Checkpoint) -> None:
    repaired = engine.RepairedInt8(compact)
    scores = np.full((4, len(compact.labels)), 0.02, np.float32)
    insult = compact.labels.index("insult")
    scores[0, insult], scores[1, insult], scores[2, 0] = 0.63, 0.5, 0.65
    assert repaired._near(scores, {"insult": [0.65, 0.97]}).tolist() == [True, False, False, False]
    assert repaired._near(scores, None).tolist() == [False, True, False, False]
    repaired.further = (0.02,)
    assert repaired._near(scores, {"insult": [0.65]}).tolist() == [True, True, True, True]


def test_what_is_passed_on_need_not_be_exact_but_the_ends_of_the_band_are(compact: checkpoints.Checkpoint) -> None:
    repaired = engine.RepairedInt8(compact)
    scores = np.full((4, len(compact.labels)), 0.02, np.float32)
    scores[:, 0] = 0.5, 0.11, 0.89, 0.95
    scores[:, compact.labels.index("insult")] = 0.65
    at = {"toxicity": [0.5], "insult": [0.65]}
    assert repaired._near(scores, at).tolist() == [True, True, True, True]
    assert repaired._near(scores, at, (0.1, 0.9)).tolist() == [False, True, True, True]
    assert repaired._near(scores, {}, (0.1, 0.9)).tolist() == [False, True, True, False]


def test_an_unknown_backend_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_BACKEND", "gpu")
    with pytest.raises(checkpoints.CheckpointError, match="can be onnx-int8, onnx-fp32, torch"):
        engine.wanted()
