"""What is shown: one chart's or table's data each, under the words it is shown with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from moderation import colleagues, reasons
from moderation.insight import counts, figures
from moderation.insight.counts import Scope, Step


@dataclass(slots=True)
class Series:
    """One chart's data: `rows` are tuples under `columns`; the first column names the row."""

    key: str
    title: str
    columns: Sequence[str]
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(value for row in self.rows for value in row[1:])


def volume(scope: Scope, steps: Iterable[Step]) -> Series:
    """What came in."""
    rows: list[tuple[Any, ...]] = [(scope.period.name(step.at), step.posted) for step in steps]
    return Series("volume", _("Comments posted"), [_("from"), _("posted")], rows)


def outcomes(scope: Scope, steps: Iterable[Step]) -> Series:
    """What policy made of it."""
    columns = [_("from"), _("published by policy"), _("held for a person"), _("refused by policy")]
    rows: list[tuple[Any, ...]] = [(scope.period.name(s.at), s.published, s.held, s.refused) for s in steps]
    return Series("outcomes", _("What became of them first"), columns, rows)


def waits(scope: Scope) -> Series:
    """Minutes from held to decided, by when it was decided; the columns add up to what 19 of 20 waited at most."""
    columns = [_("from"), _("minutes half waited at most"), _("further minutes until 19 of 20")]
    rows: list[tuple[Any, ...]] = []
    for at, wait in counts.waits_per_step(scope):
        median, most = (figures.minutes(seconds / 60) for seconds in wait or (0, 0))
        rows.append((scope.period.name(at), median, round(most - median, 1)))
    return Series("waits", _("How long held comments waited"), columns, rows)


def by_reason(scope: Scope) -> Series:
    """The refusals that stand, by people and by policy; the most frequent reason first."""
    counted: dict[str, list[int]] = {}
    for code, actor, n in counts.refusals_by_reason(scope):
        counted.setdefault(code, [0, 0])[0 if actor == "person" else 1] += n
    rows = [(_reason(code), *pair) for code, pair in sorted(counted.items(), key=lambda item: -sum(item[1]))]
    return Series("reasons", _("Refusals that stand, by reason"), [_("reason"), _("by people"), _("by policy")], rows)


def _reason(code: str) -> str:
    if code == "sanctioned":  # policy's own reason, which no key stands for
        return str(reasons.RULES["sanction"])
    return str(reasons.REFUSALS[code][1]) if code in reasons.REFUSALS else code or "–"


def by_label(scope: Scope) -> Series:
    """What people decided on the comments that a label held."""
    counted: dict[str, list[int]] = {}
    for label, action, n in counts.decisions_by_label(scope):
        counted.setdefault(label, [0, 0])[0 if action == "approve" else 1] += n
    rows = [(str(reasons.LABELS.get(label, label)), *pair) for label, pair in sorted(counted.items())]
    title = _("What people did with what a label held")
    return Series("labels", title, [_("label"), _("approved"), _("refused")], rows)


def people(scope: Scope, person: int | None = None) -> Series:
    """One line for each person who decided, or for this user's id alone."""
    columns = [_("person"), _("approved"), _("refused"), _("reversed by others"), _("hateful"), _("hateful today")]
    work = counts.by_person(scope, person)
    names = colleagues.names(each.person for each in work)
    rows = [(names[pk], *rest) for pk, *rest in work]
    return Series("people", _("Who decided"), columns, rows)
