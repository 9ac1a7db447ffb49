"""Rates against one call of `Detoxify.predict` for each comment, and the share of the fp32 roofline."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moderation.scoring import checkpoints, engine
from moderation.scoring.checkpoints import Checkpoint
from moderation.scoring.tokens import Tokens

from .report import row
from .roofline import products_per_second


def random_large(folder: Path) -> Checkpoint:
    """A BERT of base size with random weights and compact's tokenizer: good for ratios only."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    compact = checkpoints.open_checkpoint("compact")
    torch.manual_seed(1)
    names = dict(enumerate(compact.labels))
    config = BertConfig(vocab_size=len(Tokens(compact).inner.get_vocab()), id2label=names, num_labels=len(names))
    BertForSequenceClassification(config).save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        if (compact.folder / file).is_file():
            (folder / file).write_bytes((compact.folder / file).read_bytes())
    return checkpoints.open_checkpoint(f"{folder}{os.sep}")


def race(methods: dict[str, Callable[[Sequence[str]], Any]], given: Sequence[str], chunk: int) -> dict[str, float]:
    """Seconds of each method over all texts, chunk by chunk in turn, after a few texts that do not count."""
    spent = dict.fromkeys(methods, 0.0)
    for index in range(-1, len(given) // chunk):
        part = given[index * chunk :][:chunk] if index >= 0 else given[:8]
        for name, method in methods.items():
            start = time.perf_counter()
            method(part)
            if index >= 0:
                spent[name] += time.perf_counter() - start
    return spent


class SomeRepaired(engine.RepairedInt8):
    """Scores a given share of the rows again, whatever they are: random weights have no clear cases."""

    def __init__(self, checkpoint: Checkpoint, share: float) -> None:
        super().__init__(checkpoint)
        self.share = share

    def run(self, rows: engine.Rows, at: engine.Thresholds | None = None) -> engine.Floats:
        result = self.quick.run(rows)
        again = range(0, len(rows), max(1, round(1 / self.share)))
        self.seen, self.repaired = self.seen + len(rows), self.repaired + len(again)
        result[list(again)] = self.exact.run([rows[i] for i in again])
        return result


def model_time(backend: engine.Backend, tokens: Tokens) -> Callable[[Sequence[str]], Any]:
    return lambda part: backend.run([tokens.frame(encoded.ids) for encoded in tokens.encode(part)])


def lists_of_32(detoxify: Any) -> Callable[[Sequence[str]], Any]:
    return lambda part: [detoxify.predict(list(part[start : start + 32])) for start in range(0, len(part), 32)]


def speed(checkpoint: Checkpoint, given: Sequence[str], targets: tuple[float, float], *, whole: bool) -> None:
    """Rates against one call of predict for each comment."""
    from moderation.scoring.scorer import Scorer

    name, tokens, detoxify = checkpoint.name.rstrip("/"), Tokens(checkpoint), engine.detoxify(checkpoint)
    name = name if whole else "BERT-base size"
    # trained ones repair about one in seven
    int8 = engine.RepairedInt8(checkpoint) if whole else SomeRepaired(checkpoint, 1 / 7)
    exact = int8.exact
    methods: dict[str, Callable[[Sequence[str]], Any]] = {
        "predict": lambda part: [detoxify.predict(text) for text in part],
        "predict, lists of 32": lists_of_32(detoxify),
        "torch, sorted micro-batches": model_time(engine.TorchBackend(checkpoint), tokens),
        "onnx-fp32": model_time(exact, tokens),
        "onnx-int8 without repair": model_time(int8.quick, tokens),
        "onnx-int8": model_time(int8, tokens),
    }
    if whole:
        scorer = Scorer(engine.Engine(checkpoint, tokens, int8))
        methods["onnx-int8 end to end"] = lambda part: scorer.score(part, [None] * len(part), [None] * len(part))
    spent = race(methods, given, 96 if whole else 32)
    count = len(given) // (96 if whole else 32) * (96 if whole else 32)
    goals = {"onnx-fp32": targets[0], "onnx-int8": targets[1]}
    for method, seconds in spent.items():
        ratio = spent["predict"] / seconds
        goal = goals.get(method)
        row(
            f"{name}: {method}",
            f"{count / seconds:.1f}/s  {ratio:.2f} x",
            f">= {goal} x" if goal else "",
            ratio >= goal if goal else None,
        )
    row(f"{name}: scored again in fp32", f"{100 * int8.repaired / max(1, int8.seen):.1f} %")
    lengths = [len(encoded.ids) + 2 for encoded in tokens.encode(given)]
    most, whose = products_per_second(
        int(checkpoint.config["hidden_size"]), int(checkpoint.config["intermediate_size"])
    )
    ideal = count / len(given) * sum(lengths) * flops_per_token(checkpoint) / most
    what = f"{100 * ideal / spent['onnx-fp32']:.0f} % of {most / 1e9:.0f} Gflop/s ({whose}'s sgemm)"
    row(f"{name}: onnx-fp32, share of the fp32 roofline", what)
    row(f"{name}: tokens in a comment, mean", f"{np.mean(lengths):.0f}")


def flops_per_token(checkpoint: Checkpoint) -> float:
    """Products of the encoder layers (attention scores left out): 2 (4 h^2 + 2 h i) for each layer."""
    hidden, inner = int(checkpoint.config["hidden_size"]), int(checkpoint.config["intermediate_size"])
    return 2.0 * int(checkpoint.config["num_hidden_layers"]) * (4 * hidden**2 + 2 * hidden * inner)
