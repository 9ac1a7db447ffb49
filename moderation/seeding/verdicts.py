"""Scores that would have led to a state, and the reasons the policy in force gives for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from random import Random
from typing import Any

from discussions.models import State
from moderation import policy, reasons
from moderation.policy import Signals

LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
OUTCOMES = {State.PUBLISHED: "publish", State.HELD: "hold", State.REJECTED: "reject"}
_HIGHEST = 0.9999


@dataclass(frozen=True, slots=True)
class Judged:
    """Label probabilities with the verdict's reasons, and the code an author is told where it is a refusal."""

    labels: dict[str, float]
    reasons: list[dict[str, Any]]
    code: str


def draw(state: State, rules: Mapping[str, Any], random: Random) -> Judged:
    """Scores that policy itself, asked with `rules`, answers with the verdict that `state` comes from.

    Where the thresholds leave no room for it (a site that never refuses by score), a word list is the reason.
    """
    labels = {label: round(random.betavariate(1, 14), 4) for label in LABELS}
    thresholds = rules.get("thresholds", {})
    for label in LABELS:
        labels[label] = min(labels[label], round(0.9 * _lowest(thresholds.get(label, {})), 4))
    known = nothing_special()
    if state != State.PUBLISHED:
        step = "hold" if state == State.HELD else "reject"
        label = random.choice(("toxicity", "insult") if state == State.HELD else ("toxicity", "insult", "threat"))
        labels[label] = _between(thresholds.get(label, {}), step, random)
        listed = {"suspect": ["example"]} if state == State.HELD else {"banned": ["example"]}
        if policy.decide(labels, known, rules).outcome != OUTCOMES[state]:
            known = nothing_special(**listed)
    verdict = policy.decide(labels, known, rules)
    code = reasons.code_of(verdict.reasons) if state == State.REJECTED else ""
    return Judged(labels, verdict.reasons, code)


def nothing_special(**known: Any) -> Signals:
    """Signals of a well-known reader's plain comment, apart from what is `known`."""
    usual = {
        "published_before": 1_000_000, "address_confirmed": True, "language": "en", "language_known": True,
        "read_to_its_end": True,
    }  # fmt: skip
    empty: dict[str, Any] = {"bool": False, "int": 0, "float": 0.0, "list": [], "str": ""}
    values = {field.name: empty.get(str(field.type).partition("[")[0]) for field in fields(Signals)}
    return Signals(**{name: known.get(name, usual.get(name, value)) for name, value in values.items()})


def _lowest(limits: Mapping[str, float]) -> float:
    return min(limits.get("hold", 1.0), limits.get("reject", 1.0))


def _between(limits: Mapping[str, float], step: str, random: Random) -> float:
    """A probability that reaches `step` and no more."""
    low = limits.get(step, _HIGHEST)
    high = limits.get("reject", _HIGHEST) if step == "hold" else _HIGHEST
    return round(low + (max(high, low) - low) * random.random() * 0.95, 4)
