"""A quick checkpoint before a large one: the time it saves, and the decisions that it turns."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moderation import policy
from moderation.scoring import checkpoints, engine, exports
from moderation.scoring.cascade import Band, needs_second
from moderation.scoring.checkpoints import Checkpoint
from moderation.scoring.tokens import Tokens

from .agreement import turned
from .report import row
from .speed import SomeRepaired, race

BANDS = (Band(), Band(0.1, 0.9), Band(0.03, 0.98))


def cascade(compact: Checkpoint, large: Checkpoint, given: Sequence[str], share: float) -> None:
    """Compact first, the large one for the band between: its time against ``predict`` on the large one alone.

    The large one runs in eight bits, and in fp32. It has random weights, which say about .5 of everything, so only the
    ratios mean something here, and ``share`` of what it is asked is scored again: what ``cascade_agreement`` found.
    """
    band = Band()
    tokens = Tokens(compact)
    rows = [tokens.frame(encoded.ids) for encoded in tokens.encode(given)]
    quick = engine.RepairedInt8(compact)
    slow = {"onnx-int8": SomeRepaired(large, share), "onnx-fp32": engine.OnnxBackend(large, "fp32")}
    at = dict.fromkeys(compact.labels, engine.THRESHOLDS) | {compact.labels[0]: (band.low, band.high)}

    def settled(scores: engine.Floats) -> engine.Mask:
        return ~engine.surely_between(scores[:, 0], (band.low, band.high))

    detoxify = engine.detoxify(large)
    first = quick.run(rows)
    again = np.flatnonzero(needs_second(first, band)).tolist()
    spent = dict.fromkeys(("predict", *slow), 0.0)
    for start in range(0, len(rows) - 31, 32):
        part = range(start, start + 32)
        began = time.perf_counter()
        for index in part:
            detoxify.predict(given[index])
        spent["predict"] += time.perf_counter() - began
        for name, backend in slow.items():
            began = time.perf_counter()
            answers = quick.run([rows[index] for index in part], at, settled)
            undecided = np.flatnonzero(needs_second(answers, band)).tolist()
            if undecided:
                backend.run([rows[start + index] for index in undecided])
            spent[name] += time.perf_counter() - began
    for name, int8 in slow.items():
        ratio = spent["predict"] / spent[name]
        what = f"cascade, {100 * len(again) / len(rows):.0f} % go on to the large one in {name}"
        if isinstance(int8, SomeRepaired):
            what += f" ({100 * int8.repaired / max(1, int8.seen):.0f} % of them scored again)"
        row(what, f"{ratio:.2f} x", ">= 4 x", ratio >= 4)


def shortened(checkpoint: Checkpoint, layers: int, folder: Path) -> Checkpoint:
    """The same trained weights with only the first layers: a smaller, worse model of the same six labels."""
    for file in checkpoint.folder.iterdir():
        if file.suffix in {".json", ".safetensors", ".txt"} and not file.name.startswith("spans"):
            (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text(encoding="utf-8")) | {"num_hidden_layers": layers}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return checkpoints.open_checkpoint(f"{folder}{os.sep}")


def cascade_agreement(compact: Checkpoint, given: Sequence[str], smaller: Path | None) -> float:
    """A smaller trained checkpoint in front of compact: its decisions against compact alone, and its time.

    Without ``smaller`` (a folder that the training made with --layers) compact without its last layer stands in.
    Returns the share of what goes on to compact that int8 scores again at the first policy's thresholds.
    """
    with tempfile.TemporaryDirectory() as folder:
        small = (
            checkpoints.open_checkpoint(f"{smaller}{os.sep}")
            if smaller
            else shortened(compact, int(compact.config["num_hidden_layers"]) - 1, Path(folder))
        )
        what = f"{small.config['num_hidden_layers']} layers{'' if smaller else ', cut from compact'}, then compact"
        share = compare_cascade(small, compact, given, what)
        for kind in exports.KINDS:
            exports.export_path(small, kind).unlink(missing_ok=True)
    return share


def compare_cascade(small: Checkpoint, compact: Checkpoint, given: Sequence[str], what: str) -> float:
    """Agreement over all texts and time over the first 96, for three bands; the first is what the program takes.

    Returns the share of what goes on in that band that ``compact`` in eight bits scores again.
    """
    tokens, detoxify = Tokens(compact), engine.detoxify(compact)
    rows = [tokens.frame(encoded.ids) for encoded in tokens.encode(given)]
    quick, slow = engine.OnnxBackend(small, "int8"), engine.RepairedInt8(compact)
    first, whole = quick.run(rows), engine.OnnxBackend(compact, "fp32").run(rows)
    default = policy.turning_points(policy.DEFAULT_RULES)
    for band in BANDS:
        again = needs_second(first, band)
        final = np.where(again[:, None], whole, first)
        differ = 100 * turned(final, whole, compact.labels, {"toxicity": [0.5]})
        row(
            f"{what}, {band.low}–{band.high}: {100 * again.mean():.0f} % go on, decisions at .5 that differ",
            f"{differ:.2f} %", "<= 1 %", differ <= 1,
        )  # fmt: skip
        row(
            "the same at the thresholds of the first policy",
            f"{100 * turned(final, whole, compact.labels, default):.2f} %",
        )

    def both(band: Band) -> Callable[[Sequence[str]], None]:
        def run(part: Sequence[str]) -> None:
            framed = [tokens.frame(encoded.ids) for encoded in tokens.encode(part)]
            undecided = np.flatnonzero(needs_second(quick.run(framed), band)).tolist()
            slow.run([framed[index] for index in undecided], default)

        return run

    methods: dict[str, Callable[[Sequence[str]], Any]] = {f"{band.low}–{band.high}": both(band) for band in BANDS}
    spent = race({"predict": lambda part: [detoxify.predict(text) for text in part]} | methods, given[:96], 96)
    for name in methods:
        ratio = spent["predict"] / spent[name]
        row(f"{what}, {name}, against predict on compact one by one", f"{ratio:.2f} x", ">= 4 x", ratio >= 4)
    slow.seen = slow.repaired = 0
    slow.run([rows[index] for index in np.flatnonzero(needs_second(first, Band())).tolist()], default)
    return slow.repaired / max(1, slow.seen)
