"""The fast backends give Detoxify's own answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from moderation.scoring import checkpoints, engine
from moderation.scoring.quantising import SENTENCES
from moderation.scoring.scorer import Scorer
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


def test_int8_is_exact_around_the_thresholds_of_the_label_they_belong_to(
    compact: checkpoints.Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    repaired = engine.RepairedInt8(compact)
    scores = np.full((4, len(compact.labels)), 0.02, np.float32)
    insult = compact.labels.index("insult")
    scores[0, insult], scores[1, insult], scores[2, 0] = 0.63, 0.5, 0.65
    assert repaired._near(scores, {"insult": [0.65, 0.97]}).tolist() == [True, False, False, False]
    assert repaired._near(scores, None).tolist() == [False, True, False, False]
    each = [{"insult": [0.5]}, {"insult": [0.5]}, {"toxicity": [0.65]}, {}]
    assert repaired._near(scores, each).tolist() == [False, True, True, False]
    monkeypatch.setenv("PARLEY_THRESHOLDS", "0.02")
    assert repaired._near(scores, {"insult": [0.65]}).tolist() == [True, True, True, True]
    assert repaired._near(scores, None).tolist() == [True, True, True, True]


class Recorder:
    """A backend whose rows score what `says` makes of their tokens, by label; keeps which ones had to be exact."""

    name = "recorder"

    def __init__(self, real: engine.RepairedInt8, says: Callable[[Sequence[int]], dict[str, float]]) -> None:
        self.real, self.says = real, says
        self.exact: list[Sequence[int]] = []

    def run(self, rows: engine.Rows, at: engine.At = None, relevant: engine.Relevant | None = None) -> engine.Floats:
        found = np.full((len(rows), len(self.real.labels)), 0.02, np.float32)
        for index, row in enumerate(rows):
            for label, value in self.says(row).items():
                found[index, self.real.labels.index(label)] = value
        near = self.real._near(found, at)
        near &= relevant(found) if relevant else True
        self.exact = [row for row, again in zip(rows, near, strict=True) if again]
        return found


def exact_in_front(
    compact: checkpoints.Checkpoint, texts: list[str], says: Callable[[Sequence[int]], dict[str, float]]
) -> list[Sequence[int]]:
    """The rows that a scorer in front of a cascade has scored exactly."""
    backend = Recorder(engine.RepairedInt8(compact), says)
    scorer = Scorer(engine.Engine(compact, Tokens(compact), backend))
    scorer.passed_on = (0.1, 0.9)
    scorer.score(texts, [None] * len(texts), [{"toxicity": [0.5], "threat": [0.5]}] * len(texts))
    return backend.exact


def test_in_front_of_a_cascade_what_is_surely_passed_on_need_not_be_exact(compact: checkpoints.Checkpoint) -> None:
    def says(row: Sequence[int]) -> dict[str, float]:
        return {"toxicity": 0.5, "threat": 0.5} if len(row) == 3 else {"toxicity": 0.11}

    assert [len(row) for row in exact_in_front(compact, ["one", "one two"], says)] == [4]


def test_a_window_of_a_text_that_another_window_settles_is_exact(compact: checkpoints.Checkpoint) -> None:
    [fool] = Tokens(compact).encode(["fool"])[0].ids

    def says(row: Sequence[int]) -> dict[str, float]:
        return {"toxicity": 0.97 if fool in row else 0.6, "threat": 0.49}

    assert any(fool not in row for row in exact_in_front(compact, ["fool " + "word " * 300], says))
    assert exact_in_front(compact, ["word " * 300], says) == []


def test_an_unknown_backend_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_BACKEND", "gpu")
    with pytest.raises(checkpoints.CheckpointError, match="can be onnx-int8, onnx-fp32, torch"):
        engine.wanted()
