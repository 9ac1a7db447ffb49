"""Changing the policy: every change is a new version, and going back is one too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discussions.models import User
from moderation import reasons, roles
from moderation.models import Decision, Policy

MOST_WORDS = 2000
LONGEST_WORD = 100
SWITCHES = ("confirm_addresses", "hold_unknown_language", "hold_duplicates", "publish_unscored", "trust_publishes")
NUMBERS = ("hold_links_above", "hold_newcomers", "trust_after")
SAMPLE = 2000


class Outdated(Exception):
    """Somebody else changed the policy meanwhile; `latest` is in force now."""

    def __init__(self, latest: Policy) -> None:
        super().__init__(f"version {latest.version} is in force")
        self.latest = latest


@transaction.atomic
def change(rules: dict[str, Any], *, by: User, note: str, seen_version: int) -> Policy:
    """Put new rules in force as the next version; unchanged rules change nothing.

    Raises Outdated where `seen_version` is no longer in force, NotAllowed, ValidationError.
    """
    roles.require(by, roles.EDIT_POLICY)
    latest = Policy.objects.in_force()
    if latest.version != seen_version:
        raise Outdated(latest)
    rules = latest.rules | rules
    if rules == latest.rules:
        return latest
    made = Policy(version=latest.version + 1, rules=rules, note=note[:300], by=by, by_name=str(by))
    made.clean()
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise Outdated(Policy.objects.in_force()) from None
    return made


def go_back_to(version: int, *, by: User, seen_version: int) -> Policy:
    """The rules of an earlier version, as a new one. Raises Policy.DoesNotExist and what `change` raises."""
    earlier = Policy.objects.get(version=version)
    note = _("Back to version %(version)d") % {"version": version}
    return change(earlier.rules, by=by, note=note, seen_version=seen_version)


def read(form: Mapping[str, str]) -> dict[str, Any]:
    """Rules from the form's fields. Raises ValidationError with all that is wrong, in words."""
    wrong: list[str] = []
    thresholds: dict[str, dict[str, float]] = {}
    for label in reasons.LABELS:
        limits = {}
        for outcome in ("hold", "reject"):
            text = form.get(f"{outcome}-{label}", "").strip().replace(",", ".")
            if text:
                limits[outcome] = _share(text, label, wrong)
        if limits:
            thresholds[label] = limits
    rules: dict[str, Any] = {"thresholds": thresholds}
    for name in ("banned_words", "suspect_words"):
        rules[name] = _words(form.get(name, ""), wrong)
    for name in NUMBERS:
        text = form.get(name, "").strip()
        rules[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    for name in SWITCHES:
        rules[name] = form.get(name) == "on"
    if wrong:
        raise ValidationError(wrong)
    return rules


def _share(text: str, label: str, wrong: list[str]) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        wrong.append(
            _("%(label)s: “%(text)s” is not a number above 0 and up to 1.")
            % {"label": reasons.LABELS[label], "text": text[:20]}
        )
        return 1.0
    return value


def _words(text: str, wrong: list[str]) -> list[str]:
    """One entry per line, each once, in the given order."""
    words = list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip(" *\t")))
    if len(words) > MOST_WORDS:
        wrong.append(_("A word list holds at most %(most)d entries.") % {"most": MOST_WORDS})
    if too_long := next((word for word in words if len(word) > LONGEST_WORD), None):
        wrong.append(_("“%(word)s…” is too long for a word list.") % {"word": too_long[:30]})
    return words[:MOST_WORDS]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What changed between two versions, one sentence each."""
    old, new = before.get("thresholds", {}), after.get("thresholds", {})
    for label in sorted({*old, *new}):
        for outcome, verb in (("hold", _("held from")), ("reject", _("refused from"))):
            was, now = old.get(label, {}).get(outcome), new.get(label, {}).get(outcome)
            if was != now:
                yield f"{reasons.LABELS.get(label, label)}, {verb}: {_shown(was)} → {_shown(now)}"
    for name, title in (("banned_words", _("banned words")), ("suspect_words", _("suspect words"))):
        was_words, now_words = set(before.get(name, [])), set(after.get(name, []))
        if gone := sorted(was_words - now_words):
            yield f"{title}: − {', '.join(gone[:8])}{'…' if len(gone) > 8 else ''}"
        if come := sorted(now_words - was_words):
            yield f"{title}: + {', '.join(come[:8])}{'…' if len(come) > 8 else ''}"
    for name in (*NUMBERS, *SWITCHES):
        if before.get(name) != after.get(name):
            yield f"{TITLES[name]}: {_shown(before.get(name))} → {_shown(after.get(name))}"


TITLES = {
    "hold_links_above": gettext_lazy("links allowed"),
    "hold_newcomers": gettext_lazy("first comments held"),
    "confirm_addresses": gettext_lazy("hold unconfirmed addresses"),
    "hold_unknown_language": gettext_lazy("hold unknown languages"),
    "hold_duplicates": gettext_lazy("hold the same words by others"),
    "publish_unscored": gettext_lazy("publish what cannot be scored"),
    "trust_publishes": gettext_lazy("publish doubtful scores of trusted readers"),
    "trust_after": gettext_lazy("published comments after which a reader is trusted"),
}


def _shown(value: Any) -> str:
    if value is True or value is False:
        return _("on") if value else _("off")
    return "–" if value is None else str(value)


def effect(rules: Mapping[str, Any]) -> dict[str, int]:
    """How the latest scored comments would fare by the thresholds alone: {"sample", "publish", "hold", "reject"}."""
    scores = list(
        Decision.objects.filter(actor=Decision.Actor.MACHINE)
        .exclude(scores={})
        .order_by("-id")
        .values_list("scores", flat=True)[:SAMPLE]
    )
    counted = {"sample": len(scores), "publish": 0, "hold": 0, "reject": 0}
    for labels in scores:
        counted[_outcome(labels, rules.get("thresholds", {}))] += 1
    return counted


def _outcome(labels: Mapping[str, float], thresholds: Mapping[str, Mapping[str, float]]) -> str:
    for outcome in ("reject", "hold"):
        if any(labels.get(label, 0) >= limits.get(outcome, 2) for label, limits in thresholds.items()):
            return outcome
    return "publish"
