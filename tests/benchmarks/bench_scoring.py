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
import ast
import csv
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from moderation import policy
from moderation.scoring import checkpoints, engine, exports, texts
from moderation.scoring.checkpoints import Checkpoint
from moderation.scoring.quantising import SENTENCES
from moderation.scoring.tokens import Tokens

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("speed", "large", "agreement", "cascade", "memory", "spans")
results: list[tuple[str, str, str, str]] = []


def row(what: str, measured: str, target: str = "", good: bool | None = None) -> None:
    """One line of the report."""
    verdict = "" if good is None else "met" if good else "MISSED"
    results.append((what, measured, target, verdict))
    print(f"{what:<66} {measured:>22}  {target:<12} {verdict}", flush=True)


# --- texts -----------------------------------------------------------------------------------------------------


def data_folder(given: Path | None) -> Path | None:
    folder = given or Path(os.environ.get("PARLEY_DATA", ""))
    return folder if (folder / "dev_civil.jsonl").is_file() else None


def comments(data: Path | None, count: int, checkpoint: Checkpoint) -> list[str]:
    """Comments that fit into one window, in a fixed random order."""
    chance = random.Random(7)
    if data:
        every = [
            json.loads(line)["text"]
            for name in ("civil", "jigsaw6", "wiki")
            for line in (data / f"dev_{name}.jsonl").read_text(encoding="utf-8").splitlines()
        ]
    else:
        every = [" ".join(chance.choices(SENTENCES, k=chance.choice((1, 2, 2, 3, 4, 6, 12)))) for _ in range(4 * count)]
    chance.shuffle(every)
    every = [texts.clean(text) for text in every[: 2 * count]]
    lengths = [len(encoded.ids) for encoded in Tokens(checkpoint).encode(every)]
    return [text for text, length in zip(every, lengths, strict=True) if length <= checkpoint.window - 2][:count]


# --- speed -----------------------------------------------------------------------------------------------------


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


class EverySeventh(engine.RepairedInt8):
    """Scores every seventh row again: random weights have no clear cases, and trained ones repair about that many."""

    def run(self, rows: engine.Rows, at: engine.Thresholds | None = None) -> engine.Floats:
        result = self.quick.run(rows)
        again = range(0, len(rows), 7)
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
    int8 = engine.RepairedInt8(checkpoint) if whole else EverySeventh(checkpoint)
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
        methods["onnx-int8 end to end"] = lambda part: scorer.score(part, [None] * len(part))
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
    ideal = count / len(given) * sum(lengths) * flops_per_token(checkpoint) / sgemm()
    row(f"{name}: onnx-fp32, share of the fp32 roofline", f"{100 * ideal / spent['onnx-fp32']:.0f} %")
    row(f"{name}: tokens in a comment, mean", f"{np.mean(lengths):.0f}")


def flops_per_token(checkpoint: Checkpoint) -> float:
    """Products of the encoder layers (attention scores left out): 2 (4 h^2 + 2 h i) for each layer."""
    hidden, inner = int(checkpoint.config["hidden_size"]), int(checkpoint.config["intermediate_size"])
    return 2.0 * int(checkpoint.config["num_hidden_layers"]) * (4 * hidden**2 + 2 * hidden * inner)


def sgemm() -> float:
    """This machine's best fp32 products per second, on matrices of a micro-batch's shape, all threads."""
    import torch

    a, b = torch.randn(1024, 768), torch.randn(768, 3072)
    best = 0.0
    for _ in range(20):
        start = time.perf_counter()
        a @ b
        best = max(best, 2 * 1024 * 768 * 3072 / (time.perf_counter() - start))
    return best


# --- agreement -------------------------------------------------------------------------------------------------


def agreement(checkpoint: Checkpoint, given: Sequence[str]) -> None:
    """How far the backends are from Detoxify.predict, and how many decisions turn."""
    tokens, detoxify = Tokens(checkpoint), engine.detoxify(checkpoint)
    rows = [tokens.frame(encoded.ids) for encoded in tokens.encode(given)]
    exact, int8 = engine.OnnxBackend(checkpoint, "fp32").run(rows), engine.RepairedInt8(checkpoint)
    some = list(range(0, len(given), max(1, len(given) // 200)))
    real = np.array([[detoxify.predict(given[i])[label] for label in checkpoint.labels] for i in some])
    furthest = float(np.abs(exact[some] - real).max())
    row(f"fp32 from Detoxify.predict, furthest of {len(some)}", f"{furthest:.1e}", "<= 1e-4", furthest <= 1e-4)
    unnamed = {label: list(engine.THRESHOLDS) for label in checkpoint.labels}
    default = policy.turning_points(policy.DEFAULT_RULES)
    for whose, at in (("of the first policy", default), (".5, .8, .9 of every label", unnamed)):
        int8.seen = int8.repaired = 0
        quick = int8.run(rows, at)
        moved = np.abs(quick - exact)
        share = f"{100 * int8.repaired / max(1, int8.seen):.1f} % scored again"
        flips = 1000 * turned(quick, exact, checkpoint.labels, at)
        row(f"decisions turned by int8, thresholds {whose}, of 1,000", f"{flips:.2f}", "<= 1", flips <= 1)
        most = float(np.quantile(moved, 0.99))
        row(f"int8 from fp32, 99th percentile of {moved.size} scores, {share}", f"{most:.4f}", "< .03", most < 0.03)
        row("int8 from fp32, mean and furthest", f"{moved.mean():.4f}  {moved.max():.3f}")


def turned(one: engine.Floats, other: engine.Floats, labels: Sequence[str], at: Mapping[str, Sequence[float]]) -> float:
    """Share of rows in which any label lies on the other side of any of its thresholds; scores are [rows, labels]."""
    differ = np.zeros(len(one), np.bool_)
    for column, label in enumerate(labels):
        for threshold in at.get(label, ()):
            differ |= (one[:, column] >= threshold) != (other[:, column] >= threshold)
    return float(differ.mean())


# --- cascade ---------------------------------------------------------------------------------------------------


def cascade(compact: Checkpoint, large: Checkpoint, given: Sequence[str]) -> None:
    """Compact first, the large one for the band between: its time against the large one alone.

    The large one has random weights, so only the ratio means something here; see ``cascade_agreement``.
    """
    from moderation.scoring.cascade import Band, needs_second

    band = Band()
    tokens = Tokens(compact)
    rows = [tokens.frame(encoded.ids) for encoded in tokens.encode(given)]
    quick = engine.make_backend(compact, "onnx-int8")
    slow = engine.OnnxBackend(large, "fp32")
    detoxify = engine.detoxify(large)
    first = quick.run(rows)
    again = np.flatnonzero(needs_second(first, band)).tolist()
    spent = {"predict": 0.0, "cascade": 0.0}
    for start in range(0, len(rows) - 31, 32):
        part = range(start, start + 32)
        began = time.perf_counter()
        for index in part:
            detoxify.predict(given[index])
        spent["predict"] += time.perf_counter() - began
        began = time.perf_counter()
        answers = quick.run([rows[index] for index in part])
        undecided = np.flatnonzero(needs_second(answers, band)).tolist()
        if undecided:
            slow.run([rows[start + index] for index in undecided])
        spent["cascade"] += time.perf_counter() - began
    ratio = spent["predict"] / spent["cascade"]
    row(f"cascade, {100 * len(again) / len(rows):.0f} % go on to the large one", f"{ratio:.2f} x", ">= 4 x", ratio >= 4)


def shortened(checkpoint: Checkpoint, layers: int, folder: Path) -> Checkpoint:
    """The same trained weights with only the first layers: a smaller, worse model of the same six labels."""
    for file in checkpoint.folder.iterdir():
        if file.suffix in {".json", ".safetensors", ".txt"} and not file.name.startswith("spans"):
            (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text(encoding="utf-8")) | {"num_hidden_layers": layers}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return checkpoints.open_checkpoint(f"{folder}{os.sep}")


def cascade_agreement(compact: Checkpoint, given: Sequence[str], smaller: Path | None) -> None:
    """A smaller trained checkpoint in front of compact: its decisions against compact alone, and its time.

    Without ``smaller`` (a folder that the training made with --layers) compact without its last layer stands in.
    """
    with tempfile.TemporaryDirectory() as folder:
        small = (
            checkpoints.open_checkpoint(f"{smaller}{os.sep}")
            if smaller
            else shortened(compact, int(compact.config["num_hidden_layers"]) - 1, Path(folder))
        )
        what = f"{small.config['num_hidden_layers']} layers{'' if smaller else ', cut from compact'}, then compact"
        compare_cascade(small, compact, given, what)
        for kind in exports.KINDS:
            exports.export_path(small, kind).unlink(missing_ok=True)


def compare_cascade(small: Checkpoint, compact: Checkpoint, given: Sequence[str], what: str) -> None:
    """Agreement over all texts for three bands; time over the first 96 with the band that the program takes."""
    from moderation.scoring.cascade import Band, needs_second

    tokens, detoxify = Tokens(compact), engine.detoxify(compact)
    rows = [tokens.frame(encoded.ids) for encoded in tokens.encode(given)]
    quick, slow = engine.OnnxBackend(small, "int8"), engine.RepairedInt8(compact)
    first, whole = quick.run(rows), engine.OnnxBackend(compact, "fp32").run(rows)
    default = policy.turning_points(policy.DEFAULT_RULES)
    for band in (Band(), Band(0.05, 0.95), Band(0.03, 0.98)):
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

    def both(part: Sequence[str]) -> None:
        framed = [tokens.frame(encoded.ids) for encoded in tokens.encode(part)]
        undecided = np.flatnonzero(needs_second(quick.run(framed), Band())).tolist()
        slow.run([framed[index] for index in undecided], default)

    spent = race({"predict": lambda part: [detoxify.predict(text) for text in part], "both": both}, given[:96], 96)
    ratio = spent["predict"] / spent["both"]
    row(f"{what}, against predict on compact one by one", f"{ratio:.2f} x", ">= 4 x", ratio >= 4)


# --- memory ----------------------------------------------------------------------------------------------------

WORKER = """
import os, sys, time, json, random
start = float(sys.argv[1]); count = int(sys.argv[2])
import django; django.setup()
import config.celery
def held(pid):
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
read, write = os.pipe()
child = os.fork()
if child:
    os.close(write)
    with os.fdopen(read) as lines:
        for line in lines:
            found = json.loads(line); found["both"] = found["child"] + held(os.getpid())
            print(json.dumps(found), flush=True)
    os.waitpid(child, 0)
else:
    from moderation.scoring import score, warm_up
    warm_up()
    out = os.fdopen(write, "w", 1)
    def tell(done):
        out.write(json.dumps({"done": done, "child": held(os.getpid()), "at": time.time() - start,
                              "torch": "torch" in sys.modules}) + "\\n")
    tell(0)
    chance, texts = random.Random(3), json.load(open(sys.argv[3]))
    for done in range(0, count, 64):
        batch = [" ".join(chance.choices(texts, k=chance.choice((1, 1, 1, 2, 5)))) for _ in range(64)]
        score(batch)
        if (done // 64) % max(1, count // 64 // 20) == 0:
            tell(done + 64)
        time.sleep(0)
    tell(count); out.flush(); os._exit(0)
"""


def memory(given: Sequence[str], count: int) -> None:
    """A parent and its forked child as Celery makes them: size, first score, growth."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([text[:4000] for text in given], file)
        file.flush()
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PARLEY_BACKEND": "onnx-int8"}
        done = subprocess.run(
            [sys.executable, "-c", WORKER, str(time.time()), str(count), file.name],
            capture_output=True, text=True, cwd=ROOT, env=environment, check=False,
        )  # fmt: skip
    told = [json.loads(line) for line in done.stdout.splitlines()]
    if not told:
        row("worker", "did not start: " + (done.stderr.splitlines() or ["no message"])[-1][:60])
        return
    row("first score after start", f"{told[0]['at']:.1f} s", "< 5 s", told[0]["at"] < 5)
    row("torch imported by the int8 worker", str(told[-1]["torch"]), "False", not told[-1]["torch"])
    peak = max(one["both"] for one in told)
    row(f"parent and child, largest Pss over {count} comments", f"{peak:.0f} MB", "< 450 MB", peak < 450)
    settled = [one for one in told if one["done"] >= count / 4]
    if len(settled) > 2:
        slope = np.polyfit([one["done"] for one in settled], [one["child"] for one in settled], 1)[0] * 100_000
        row("growth for 100,000 comments, by the slope after the first quarter", f"{slope:.1f} MB", "about 0")


# --- explanations ----------------------------------------------------------------------------------------------


def spans(data: Path | None, count: int) -> None:
    """Character F1 against the annotators, faithfulness, and the time of one explanation."""
    from moderation.scoring import explain, score, token_lengths

    if data is None:
        print("spans: spans_dev.csv is needed and was not found; left out")
        return
    with (data / "spans_dev.csv").open(encoding="utf-8", newline="") as file:
        lines = [(line["text"], set(ast.literal_eval(line["spans"]))) for line in csv.DictReader(file)]
    random.Random(5).shuffle(lines)
    lines = lines[:count]
    explain("You are an idiot.")
    found, took = [], []
    for text, _ in lines:
        start = time.perf_counter()
        found.append({i for span in explain(text) for i in range(span.begin, span.end)})
        took.append(time.perf_counter() - start)
    quality = float(np.mean([f1(marked, truth) for marked, (_, truth) in zip(found, lines, strict=True)]))
    row(f"spans: character F1 on {len(lines)} comments of spans_dev", f"{quality:.3f}", ">= .60", quality >= 0.6)
    short = [
        seconds for seconds, length in zip(took, token_lengths([t for t, _ in lines]), strict=True) if length <= 200
    ]
    slow = 1000 * float(np.quantile(short, 0.95))
    row("spans: p95 of one explanation, up to 200 tokens", f"{slow:.0f} ms", "< 300 ms", slow < 300)
    marked = [(text, chars) for (text, _), chars in zip(lines, found, strict=True) if chars]
    chance = random.Random(6)
    whole = [s.plain["toxicity"] for s in score([text for text, _ in marked])]
    without = [s.plain["toxicity"] for s in score([removed(text, chars) for text, chars in marked])]
    other = [
        s.plain["toxicity"] for s in score([removed(text, elsewhere(text, chars, chance)) for text, chars in marked])
    ]
    ours, theirs = float(np.mean(np.subtract(whole, without))), float(np.mean(np.subtract(whole, other)))
    row(
        "spans: score lost without the marked words / as many random ones",
        f"{ours:.3f} / {theirs:.3f}",
        "more",
        ours > theirs,
    )


def f1(marked: set[int], truth: set[int]) -> float:
    """Character F1 of one comment; nothing against nothing counts 1 (SemEval-2021 Task 5)."""
    if not marked and not truth:
        return 1.0
    return 2 * len(marked & truth) / (len(marked) + len(truth))


def removed(text: str, characters: set[int]) -> str:
    return "".join(letter for index, letter in enumerate(text) if index not in characters)


def elsewhere(text: str, characters: set[int], chance: random.Random) -> set[int]:
    """As many words as are marked, drawn at random from the whole comment."""
    words, at = [], 0
    for word in text.split(" "):
        words.append(range(at, at + len(word)))
        at += len(word) + 1
    count = sum(any(index in characters for index in word) for word in words)
    return {index for word in chance.sample(words, count) for index in word}


# --- all of it -------------------------------------------------------------------------------------------------


def large_parts(compact: Checkpoint, data: Path | None, options: argparse.Namespace, parts: Sequence[str]) -> None:
    """What needs a large checkpoint; it is made for the occasion and removed."""
    given = comments(data, options.large_texts, compact)
    with tempfile.TemporaryDirectory() as folder:
        large = random_large(Path(folder))
        if "large" in parts:
            speed(large, given, (1.6, 2.5), whole=False)
        if "cascade" in parts:
            cascade(compact, large, given)
            cascade_agreement(compact, comments(data, options.agree_texts, compact), options.small)
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
