"""Scores drawn for a state lead policy itself to that state."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from discussions.models import State
from moderation.policy import DEFAULT_RULES
from moderation.seeding import verdicts

STRICT = DEFAULT_RULES | {"thresholds": {"toxicity": {"hold": 0.05, "reject": 0.06}}}
BY_WORDS_ONLY = DEFAULT_RULES | {"thresholds": {}}
NEVER_REFUSES = DEFAULT_RULES | {"thresholds": {"toxicity": {"hold": 0.5}}, "hold_newcomers": 5}


@pytest.mark.parametrize("rules", [DEFAULT_RULES, STRICT, BY_WORDS_ONLY, NEVER_REFUSES])
@pytest.mark.parametrize("state", verdicts.OUTCOMES)
def test_policy_gives_the_verdict_that_was_asked_for(state: State, rules: dict[str, Any]) -> None:
    random = Random(1)
    for _ in range(100):
        judged = verdicts.draw(state, rules, random)
        assert judged.reasons[0]["outcome"] == verdicts.OUTCOMES[state]
        assert all(0 <= value <= 1 for value in judged.labels.values())
        assert bool(judged.code) == (state == State.REJECTED)


def test_a_refusal_by_score_names_label_value_and_threshold() -> None:
    judged = verdicts.draw(State.REJECTED, DEFAULT_RULES, Random(1))
    assert {"rule", "label", "value", "threshold", "outcome"} <= set(judged.reasons[0])
