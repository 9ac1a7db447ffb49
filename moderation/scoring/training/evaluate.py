"""How good a folder of weights is: the development sets, the marked spans, calibration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from . import measures
from .data import DEV_SETS, LABELS, Row, read_rows, read_spans
from .export import Scorer, marked_characters

TARGETS = {"dev_civil": 0.985, "dev_jigsaw6": 0.975, "dev_wiki": 0.982}
FLOORS = {"dev_civil": 0.977, "dev_jigsaw6": 0.961, "dev_wiki": 0.974}
MEAN_TARGET = 0.975
SPANS_TARGET = 0.60

# Readers' and editors' comments with annotated labels; the others are tweets, paraphrases or weak.
CALIBRATION_SOURCES = ("toxic_spans(civil)", "civil_safe", "civil_bin", "jigsaw6", "jigsaw6_lower", "jigsaw_bin")

# Share of comments that carry each label on an unfiltered site; the training mix is far richer in abuse. Rounded from
# the published label counts of Civil Comments and the Wikipedia toxic-comment set.
PRIORS = dict(zip(LABELS, (0.09, 0.008, 0.04, 0.003, 0.06, 0.01), strict=True))


def development(scorer: Scorer, folder: Path) -> dict[str, Any]:
    """AUC with a 95 % interval for each label of each development set with at least 20 positives."""
    report: dict[str, Any] = {}
    for name in DEV_SETS:
        rows = list(read_rows(folder / f"{name}.jsonl"))
        scores = scorer.scores([row.text for row in rows]).double().numpy()
        truth = np.asarray([row.labels for row in rows])
        report[name] = _per_label(scores, truth)
        report[name]["toxicity"]["target"] = TARGETS[name]
        reached = [entry["auc"] for entry in report[name].values()]
        if name == "dev_jigsaw6":
            report["mean over labels, dev_jigsaw6"] = {"auc": float(np.mean(reached)), "target": MEAN_TARGET}
    return report


def _per_label(scores: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for at, label in enumerate(LABELS):
        known = ~np.isnan(truth[:, at])
        positive = truth[known, at] >= 0.5
        if positive.sum() < 20:
            continue
        own = scores[known, at]
        low, high = measures.interval(own, positive)
        found[label] = {
            "auc": measures.auc(own, positive),
            "low": low,
            "high": high,
            "positives": int(positive.sum()),
            "rows": int(known.sum()),
            "flagged at .5": float((own[~positive] >= 0.5).mean()),
            "found at .5": float((own[positive] >= 0.5).mean()),
        }
    return found


def spans(scorer: Scorer, path: Path, threshold: float | None = None, limit: int = 2000) -> dict[str, float]:
    """Mean character F1 on a spans file; without `threshold` the best of a grid is chosen (never on dev)."""
    rows = list(read_spans(path))[:limit]
    tokens = [scorer.token_scores(text) for text, _ in rows]
    grid = [threshold] if threshold is not None else [step / 20 for step in range(4, 15)]
    best = (-1.0, 0.5)
    for each in grid:
        f1 = [
            measures.span_f1(marked_characters(scores, offsets, each), set(marked))
            for (scores, offsets), (_, marked) in zip(tokens, rows, strict=True)
        ]
        best = max(best, (float(np.mean(f1)), each))
    return {"f1": best[0], "threshold": best[1], "comments": len(rows)}


def calibration(scorer: Scorer, rows: list[Row]) -> dict[str, Any]:
    """A first curve per label: raw score -> share of comments with that label on an unfiltered site.

    `rows` must not have been trained on. Positives and negatives are weighted to PRIORS. Labels with too few
    known positives get the straight line, and say so.
    """
    scores = scorer.scores([row.text for row in rows]).double().numpy()
    truth = np.asarray([row.labels for row in rows])
    labels: dict[str, Any] = {}
    for at, label in enumerate(LABELS):
        known = ~np.isnan(truth[:, at])
        own, real = scores[known, at], truth[known, at]
        positives = int((real >= 0.5).sum())
        if positives < 20:
            labels[label] = {"points": [[0.0, 0.0], [1.0, 1.0]], "method": "identity", "positives": positives}
            continue
        share, prior = real.mean(), PRIORS[label]
        weights = real * prior / share + (1 - real) * (1 - prior) / (1 - share)
        labels[label] = {
            "points": measures.curve(own, real, weights),
            "method": "isotonic, weighted to prior",
            "prior": prior,
            "positives": positives,
            "rows": int(known.sum()),
            "error before": measures.calibration_error(own, real, weights),
        }
    return labels


def write_calibration(labels: dict[str, Any], provenance: dict[str, Any], path: Path) -> None:
    """calibration.json: {"labels": {label: {"points": [[raw, calibrated], …]}}, "provenance": {…}}."""
    path.write_text(json.dumps({"labels": labels, "provenance": provenance}, indent=1) + "\n", encoding="utf-8")


def table(report: dict[str, Any]) -> str:
    """The development report as a Markdown table; targets that were missed say so."""
    lines = ["| set | label | AUC (95 % interval) | target | positives / rows |", "|---|---|---|---|---|"]
    for name in DEV_SETS:
        for label, entry in report[name].items():
            target = entry.get("target")
            lines.append(
                f"| {name} | {label} | {entry['auc']:.4f} ({entry['low']:.3f}–{entry['high']:.3f}) | "
                f"{_verdict(entry['auc'], target)} | {entry['positives']} / {entry['rows']} |"
            )
    mean = report["mean over labels, dev_jigsaw6"]
    lines.append(
        f"| dev_jigsaw6 | mean of the labels above | {mean['auc']:.4f} | {_verdict(mean['auc'], mean['target'])} | |"
    )
    return "\n".join(lines)


def _verdict(value: float, target: float | None) -> str:
    if target is None:
        return "–"
    return f"≥ {target} {'reached' if value >= target else '**missed**'}"


def on_source(scorer: Scorer, rows: list[Row], source: str) -> dict[str, Any]:
    """Toxicity AUC on the kept rows of sources whose names hold `source`: for runs trained without them."""
    chosen = [row for row in rows if source in row.source and row.labels[0] == row.labels[0]]
    if not chosen:
        return {"source": source, "rows": 0}
    scores = scorer.scores([row.text for row in chosen])[:, 0].double().numpy()
    positive = np.asarray([row.labels[0] >= 0.5 for row in chosen])
    low, high = measures.interval(scores, positive)
    return {"source": source, "rows": len(chosen), "auc": measures.auc(scores, positive), "low": low, "high": high}
