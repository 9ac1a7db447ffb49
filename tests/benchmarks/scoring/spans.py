"""Explanations: against the annotators, against chance, and their time."""

from __future__ import annotations

import ast
import csv
import random
import time
from pathlib import Path

import numpy as np

from moderation.scoring import explain, score, token_lengths

from .report import row


def spans(data: Path | None, count: int) -> None:
    """Character F1 against the annotators, faithfulness, and the time of one explanation."""
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
