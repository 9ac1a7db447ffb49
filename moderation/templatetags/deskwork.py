"""Small words and numbers for the desk's templates."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discussions.models import User
from moderation import colleagues

register = template.Library()


_AGES = (
    (604800, gettext_noop("%d w")),
    (86400, gettext_noop("%d d")),
    (3600, gettext_noop("%d h")),
    (60, gettext_noop("%d min")),
)


@register.filter
def age(since: datetime | None) -> str:
    """How long ago, in as few characters as a list has room for: "now", "4 min", "3 h", "2 d", "5 w"."""
    if since is None:
        return ""
    seconds = max(0, int((timezone.now() - since).total_seconds()))
    for unit, words in _AGES:
        if seconds >= (unit * 2 if unit == 604800 else unit):
            return _(words) % (seconds // unit)
    return _("now")


@register.filter
def score(value: float) -> str:
    """A probability as the desk writes it: ".91", "1.0"."""
    return "1.0" if value >= 0.995 else f"{value:.2f}".removeprefix("0")


@register.filter
def person(user: User | None) -> str:
    """What a colleague is called."""
    return colleagues.name_of(user)


@register.filter
def percent(share: float) -> str:
    """0.1234 → "12 %"."""
    return f"{100 * share:.0f}\u00a0%"


@register.filter
def thousands(number: int | None) -> str:
    """12345 → "12,345"; empty for None."""
    return "" if number is None else f"{number:,}"
