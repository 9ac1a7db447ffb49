"""Scores, signals and rules in; a verdict with its reasons out. Pure: no database, no clock, no settings.

Every rule is looked at, always, so that the desk can show all that speaks for and against a comment. The strictest
outcome wins: reject over hold over publish. What cannot be scored is held unless the site's rules say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["publish", "hold", "reject"]
Reason = dict[str, Any]

_STRICTNESS: dict[str, int] = {"publish": 0, "hold": 1, "reject": 2}

DEFAULT_RULES: dict[str, Any] = {
    "thresholds": {
        "toxicity": {"hold": 0.6, "reject": 0.97},
        "severe_toxicity": {"hold": 0.4, "reject": 0.9},
        "obscene": {"hold": 0.75, "reject": 0.98},
        "threat": {"hold": 0.4, "reject": 0.95},
        "insult": {"hold": 0.65, "reject": 0.97},
        "identity_attack": {"hold": 0.4, "reject": 0.9},
    },
    "banned_words": [],
    "suspect_words": [],
    "hold_links_above": 2,
    "hold_newcomers": 0,
    "confirm_addresses": False,
    "hold_unknown_language": True,
    "hold_duplicates": True,
    "publish_unscored": False,
    "trust_publishes": True,
    "trust_after": 0,
}
"""The rules of the first policy. `thresholds` are probabilities 0..1 as the checkpoint gives them, by label."""


@dataclass(frozen=True, slots=True)
class Signals:
    """Everything policy may look at besides the label scores. Word lists hold the matched words as written."""

    banned: list[str]
    suspect: list[str]
    links: int
    published_before: int
    address_confirmed: bool
    language: str | None
    language_known: bool
    duplicates_by_others: int
    premoderated: bool
    refused_before: bool
    read_to_its_end: bool = True
    sanction: str = ""
    trusted: bool = False
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a revision. `reasons` are never empty; each names its rule, value, threshold and outcome."""

    outcome: Outcome
    reasons: list[Reason]


def decide(labels: Mapping[str, float] | None, signals: Signals, rules: Mapping[str, Any]) -> Verdict:
    """Judge one revision.

    `labels` are probabilities 0..1 per label, or None where scoring was not possible. `rules` are a Policy's rules.
    """
    trust = _trust(signals, rules)
    reasons = [
        *(_trusting(reason, trust) for reason in _from_scores(labels, rules)),
        *_from_words(signals, rules),
        *_from_circumstances(signals, rules),
        *_from_sanction(signals),
    ]
    outcome: Outcome = max((r["outcome"] for r in reasons), key=lambda o: _STRICTNESS[o], default="publish")
    trusting = [r for r in reasons if r["rule"] == "trusted"]
    reasons = [r for r in reasons if r["outcome"] != "publish"]
    if not reasons:
        reasons = trusting or [_clear(labels, rules)]
    reasons.sort(key=lambda r: -_STRICTNESS[r["outcome"]])
    return Verdict(outcome, reasons)


def turning_points(rules: Mapping[str, Any]) -> dict[str, list[float]]:
    """The probabilities (0..1) by label at which `rules` decide otherwise: scoring must be exact around them."""
    return {
        label: [limits[outcome] for outcome in ("hold", "reject") if limits.get(outcome) is not None]
        for label, limits in rules.get("thresholds", {}).items()
    }


DECISIVE = "toxicity"


def told_by(labels: Mapping[str, float]) -> Mapping[str, float] | None:
    """The labels that a verdict may rest on: None, as of a comment without scores, where the checkpoint has learnt
    other labels than the rules speak of, for then it would say nothing against anything.
    """
    return labels if DECISIVE in labels else None


def _from_scores(labels: Mapping[str, float] | None, rules: Mapping[str, Any]) -> Iterator[Reason]:
    if labels is None:
        outcome = "publish" if rules.get("publish_unscored") else "hold"
        yield {"rule": "unscored", "outcome": outcome}
        return
    for label, limits in rules.get("thresholds", {}).items():
        value = labels.get(label)
        if value is None:
            continue
        for outcome in ("reject", "hold"):
            threshold = limits.get(outcome)
            if threshold is not None and value >= threshold:
                yield {
                    "rule": "score", "label": label, "value": round(value, 4),
                    "threshold": threshold, "outcome": outcome,
                }  # fmt: skip
                break


def _trust(signals: Signals, rules: Mapping[str, Any]) -> str:
    """On what grounds the author is trusted: "hand" (somebody's word), "record", or "" where they are not."""
    if not rules.get("trust_publishes") or signals.sanction:
        return ""
    if signals.trusted:
        return "hand"
    least = rules.get("trust_after", 0)
    good = signals.published_before >= least > 0 and not signals.refusals and signals.address_confirmed
    return "record" if good else ""


def _trusting(reason: Reason, trust: str) -> Reason:
    """Of somebody trusted a doubtful score is published; one that refuses still refuses."""
    if not trust or reason["rule"] != "score" or reason["outcome"] != "hold":
        return reason
    return reason | {"rule": "trusted", "trust": trust, "outcome": "publish"}


def _from_words(signals: Signals, rules: Mapping[str, Any]) -> Iterator[Reason]:
    """What the text itself says: listed words, links, language, repetition."""
    if signals.banned:
        yield {"rule": "banned_word", "value": signals.banned, "outcome": "reject"}
    if signals.suspect:
        yield {"rule": "suspect_word", "value": signals.suspect, "outcome": "hold"}
    most_links = rules.get("hold_links_above")
    if most_links is not None and signals.links > most_links:
        yield {"rule": "links", "value": signals.links, "threshold": most_links, "outcome": "hold"}
    if rules.get("hold_unknown_language") and not signals.language_known:
        yield {"rule": "language", "value": signals.language, "outcome": "hold"}
    if rules.get("hold_duplicates") and signals.duplicates_by_others:
        yield {"rule": "duplicate", "value": signals.duplicates_by_others, "threshold": 0, "outcome": "hold"}
    if not signals.read_to_its_end:
        yield {"rule": "incomplete", "outcome": "hold"}


def _from_circumstances(signals: Signals, rules: Mapping[str, Any]) -> Iterator[Reason]:
    """Who writes, where, and what was decided before."""
    newcomers = rules.get("hold_newcomers", 0)
    if signals.published_before < newcomers:
        yield {"rule": "newcomer", "value": signals.published_before, "threshold": newcomers, "outcome": "hold"}
    if rules.get("confirm_addresses") and not signals.address_confirmed:
        yield {"rule": "address_unconfirmed", "outcome": "hold"}
    if signals.premoderated:
        yield {"rule": "premoderated", "outcome": "hold"}
    if signals.refused_before:
        yield {"rule": "refused_before", "outcome": "hold"}


def _from_sanction(signals: Signals) -> Iterator[Reason]:
    """A sanction on the author: looked at first, or not taken part at all."""
    if signals.sanction:
        outcome = "hold" if signals.sanction == "premoderate" else "reject"
        yield {"rule": "sanction", "value": signals.sanction, "outcome": outcome}


def _clear(labels: Mapping[str, float] | None, rules: Mapping[str, Any]) -> Reason:
    """Why nothing speaks against it: the label that came nearest to its threshold."""
    if labels is None:
        return {"rule": "unscored", "outcome": "publish"}
    near: list[tuple[float, str, float]] = [
        (labels[label] / limits["hold"], label, limits["hold"])
        for label, limits in rules.get("thresholds", {}).items()
        if label in labels and limits.get("hold")
    ]
    if not near:
        return {"rule": "clear", "outcome": "publish"}
    _share, label, threshold = max(near)
    return {
        "rule": "clear", "label": label, "value": round(labels[label], 4), "threshold": threshold, "outcome": "publish",
    }  # fmt: skip
