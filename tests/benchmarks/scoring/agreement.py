"""How far the backends are from Detoxify's numbers, and how many decisions turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from moderation import policy
from moderation.scoring import engine
from moderation.scoring.checkpoints import Checkpoint
from moderation.scoring.tokens import Tokens

from .report import row


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
