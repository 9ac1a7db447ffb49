"""Speed, agreement, memory and explanations of the scoring engine, measured in one run.

    python -m tests.benchmarks.bench_scoring [--data DIR] [--texts 400] [--part speed --part memory ...] [--markdown]

The texts are the development sets ``dev_*.jsonl`` and ``spans_dev.csv`` in ``--data`` (default: ``PARLEY_DATA``), which
are not part of the repository. Without them the texts are written sentences of real
lengths, the speeds still mean something, and what needs labels is left out and said to be.

Every method runs on the same chunk of texts before the next chunk begins, so that a busy machine is busy for all of
them alike; the ratio is the quotient of their total times.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from moderation.scoring import checkpoints, engine, exports
from moderation.scoring.checkpoints import Checkpoint

from .scoring.agreement import agreement
from .scoring.cascade import cascade, cascade_agreement
from .scoring.memory import memory
from .scoring.report import comments, data_folder, results
from .scoring.spans import spans
from .scoring.speed import random_large, speed

PARTS = ("speed", "large", "agreement", "cascade", "memory", "spans")


def large_parts(compact: Checkpoint, data: Path | None, options: argparse.Namespace, parts: Sequence[str]) -> None:
    """What needs a large checkpoint; it is made for the occasion and removed."""
    given = comments(data, options.large_texts, compact)
    with tempfile.TemporaryDirectory() as folder:
        large = random_large(Path(folder))
        if "large" in parts:
            speed(large, given, (1.6, 2.5), whole=False)
        if "cascade" in parts:
            share = cascade_agreement(compact, comments(data, options.agree_texts, compact), options.small)
            cascade(compact, large, given, share)
        for kind in exports.KINDS:
            exports.export_path(large, kind).unlink(missing_ok=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the scoring engine.")
    parser.add_argument("--data", type=Path, help="folder of the development sets")
    parser.add_argument("--texts", type=int, default=480, help="comments for the speed of compact")
    parser.add_argument("--large-texts", type=int, default=96, help="comments for the speed of the large one")
    parser.add_argument("--agree-texts", type=int, default=2000, help="comments for the agreement of int8")
    parser.add_argument("--soak", type=int, default=10_000, help="comments for the memory's growth")
    parser.add_argument("--spans", type=int, default=600, help="comments for the explanations")
    parser.add_argument("--small", type=Path, help="folder of a smaller trained checkpoint, for the cascade")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this; may be given several times")
    parser.add_argument("--markdown", action="store_true", help="print the table again in Markdown")
    return parser.parse_args()


def main() -> None:
    options = parsed()
    parts = options.part or PARTS
    data = data_folder(options.data)
    if data is None:
        print("The development sets were not found (--data DIR): written sentences stand in, labels are left out.")
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    load = os.getloadavg()[0]
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {processor}, {os.cpu_count()} cores, load {load:.1f} before the run"
    )
    compact = checkpoints.open_checkpoint("compact")
    print(f"compact {compact.weights[:12]}, {engine.threads()} scoring threads")
    exports.prepare(compact)
    if "speed" in parts:
        speed(compact, comments(data, options.texts, compact), (1.9, 2.8), whole=True)
    if "agreement" in parts:
        agreement(compact, comments(data, options.agree_texts, compact))
    if {"large", "cascade"} & set(parts):
        large_parts(compact, data, options, parts)
    if "memory" in parts:
        memory(comments(data, 400, compact), options.soak)
    if "spans" in parts:
        spans(data, options.spans)
    print(f"load {os.getloadavg()[0]:.1f} after the run")
    if options.markdown:
        print("\n| what | measured | target | |\n|---|---|---|---|")
        print("\n".join(f"| {' | '.join(line)} |" for line in results))


if __name__ == "__main__":
    main()
