"""The filters in force above a list: each in words, each taken away by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from django.utils.translation import gettext as _

from discussions.models import Article, Report, Section
from moderation import reasons
from moderation.filters import Choice, Filters


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force. `offered`: the form beside has a field for it. `rest` is the query of all the others."""

    name: str
    value: str
    words: str
    offered: bool
    rest: str


def of(filters: Filters, choices: Sequence[Choice]) -> list[Chip]:
    """One for each filter that narrows the list, also for those that this queue does not offer to choose."""
    offered = {choice.name for choice in choices} | {"author", "words"}
    return [
        Chip(which, value, _words(which, value), which in offered, replace(filters, **{which: ""}).query)
        for which in (field.name for field in fields(filters))
        if (value := getattr(filters, which))
    ]


def _words(which: str, value: str) -> str:
    said = {
        "section": _("Section: %(value)s"),
        "article": _("On “%(value)s”"),
        "author": _("By “%(value)s”"),
        "label": _("Label: %(value)s"),
        "rule": _("Rule: %(value)s"),
        "refusal": _("Refused for: %(value)s"),
        "report": _("Reported for: %(value)s"),
        "language": _("Language: %(value)s"),
        "words": _("With the words “%(value)s”"),
        "alike": _("Alike, by whomever"),
    }[which]
    return said % {"value": _called(which, value)}


def _called(which: str, value: str) -> str:
    """What people call the value."""
    if which == "section":
        return Section.objects.filter(pk=int(value)).values_list("name", flat=True).first() or value
    if which == "article":
        return Article.objects.filter(pk=int(value)).values_list("title", flat=True).first() or value
    if which == "refusal" and value in reasons.REFUSALS:
        return str(reasons.REFUSALS[value][1])
    known: dict[str, Mapping[str, object]] = {
        "label": reasons.LABELS,
        "rule": reasons.RULES,
        "report": dict(Report.Reason.choices),
    }
    return str(known.get(which, {}).get(value, value))
