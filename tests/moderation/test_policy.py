"""A verdict always has its reasons, and the strictest rule wins."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from moderation import reasons
from moderation.policy import DEFAULT_RULES, Signals, decide, told_by

QUIET = Signals(
    banned=[],
    suspect=[],
    links=0,
    published_before=5,
    address_confirmed=True,
    language="en",
    language_known=True,
    duplicates_by_others=0,
    premoderated=False,
    refused_before=False,
)
CLEAN = dict.fromkeys(DEFAULT_RULES["thresholds"], 0.01)


def rules(**changed: object) -> dict[str, object]:
    return DEFAULT_RULES | changed


def test_a_clear_comment_is_published_and_says_which_label_came_nearest() -> None:
    verdict = decide(CLEAN | {"insult": 0.3}, QUIET, rules())
    assert verdict.outcome == "publish"
    assert verdict.reasons == [
        {"rule": "clear", "label": "insult", "value": 0.3, "threshold": 0.65, "outcome": "publish"}
    ]


def test_a_score_at_the_threshold_is_held_and_names_label_value_and_threshold() -> None:
    verdict = decide(CLEAN | {"insult": 0.65}, QUIET, rules())
    assert verdict.outcome == "hold"
    assert verdict.reasons == [
        {"rule": "score", "label": "insult", "value": 0.65, "threshold": 0.65, "outcome": "hold"}
    ]


def test_one_label_above_its_limit_refuses_and_the_others_still_speak() -> None:
    verdict = decide(CLEAN | {"insult": 0.99, "toxicity": 0.7}, replace(QUIET, suspect=["scab"]), rules())
    assert verdict.outcome == "reject"
    assert [(r["rule"], r["outcome"]) for r in verdict.reasons] == [
        ("score", "reject"),
        ("score", "hold"),
        ("suspect_word", "hold"),
    ]


def test_what_could_not_be_scored_is_held_unless_the_site_says_otherwise() -> None:
    assert decide(None, QUIET, rules()).outcome == "hold"
    assert decide(None, QUIET, rules(publish_unscored=True)).outcome == "publish"
    assert decide(None, replace(QUIET, suspect=["x"]), rules(publish_unscored=True)).outcome == "hold"


def test_each_signal_holds_on_its_own() -> None:
    cases = {
        "suspect_word": replace(QUIET, suspect=["scab"]),
        "links": replace(QUIET, links=3),
        "language": replace(QUIET, language="xx", language_known=False),
        "duplicate": replace(QUIET, duplicates_by_others=2),
        "premoderated": replace(QUIET, premoderated=True),
        "refused_before": replace(QUIET, refused_before=True),
    }
    for rule, signals in cases.items():
        verdict = decide(CLEAN, signals, rules())
        assert (verdict.outcome, [r["rule"] for r in verdict.reasons]) == ("hold", [rule])


def test_newcomers_and_unconfirmed_addresses_are_held_only_where_the_site_asks_for_it() -> None:
    stranger = replace(QUIET, published_before=0, address_confirmed=False)
    assert decide(CLEAN, stranger, rules()).outcome == "publish"
    assert decide(CLEAN, stranger, rules(hold_newcomers=1)).outcome == "hold"
    assert decide(CLEAN, stranger, rules(confirm_addresses=True)).outcome == "hold"


def test_a_banned_word_refuses_a_comment_that_scores_clean() -> None:
    verdict = decide(CLEAN, replace(QUIET, banned=["slurry"]), rules())
    assert verdict.outcome == "reject"
    assert verdict.reasons[0]["value"] == ["slurry"]


@given(
    st.dictionaries(st.sampled_from(sorted(CLEAN)), st.floats(0, 1), min_size=6),
    st.floats(0, 0.5),
    st.sampled_from(sorted(CLEAN)),
)
def test_a_higher_score_never_gives_a_milder_verdict(labels: dict[str, float], more: float, label: str) -> None:
    order = ["publish", "hold", "reject"]
    raised = labels | {label: min(1.0, labels[label] + more)}
    assert order.index(decide(raised, QUIET, rules()).outcome) >= order.index(decide(labels, QUIET, rules()).outcome)


@given(st.dictionaries(st.sampled_from(sorted(CLEAN)), st.floats(0, 1)), st.booleans(), st.integers(0, 9))
def test_every_reason_has_a_sentence(labels: dict[str, float], known: bool, links: int) -> None:
    signals = replace(QUIET, links=links, language_known=known, suspect=["a"], banned=["b"], published_before=0)
    verdict = decide(labels, signals, rules(hold_newcomers=3, confirm_addresses=True))
    assert verdict.reasons
    for reason in verdict.reasons:
        assert len(reasons.sentence(reason)) > 5


def test_labels_that_no_rule_speaks_of_are_no_scores() -> None:
    assert told_by({"toxicity": 0.1, "threat": 0.0}) == {"toxicity": 0.1, "threat": 0.0}
    told = told_by({"lab0": 0.99, "lab1": 0.0})
    assert decide(told, QUIET, DEFAULT_RULES).outcome == "hold"
