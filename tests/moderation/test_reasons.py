"""The code that says best why policy refused."""

from __future__ import annotations

from typing import Any

from moderation import reasons


def score(label: str, value: float, threshold: float, outcome: str) -> dict[str, Any]:
    return {"rule": "score", "label": label, "value": value, "threshold": threshold, "outcome": outcome}


def test_a_label_that_only_held_is_not_named_as_the_reason_of_a_refusal() -> None:
    found = [score("toxicity", 0.98, 0.97, "reject"), score("threat", 0.61, 0.4, "hold")]
    assert reasons.code_of(found) == reasons.code_of(found[:1])
    assert reasons.code_of(found) != reasons.code_of([score("threat", 0.96, 0.95, "reject")])


def test_among_those_that_refused_the_more_specific_is_named() -> None:
    found = [score("toxicity", 0.98, 0.97, "reject"), score("identity_attack", 0.95, 0.9, "reject")]
    assert reasons.code_of(found) == reasons.code_of(found[1:])
