"""Which time is looked at, and in which steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

PERIODS: dict[str, tuple[int, str, Promise]] = {
    # key → (how many, of what, title)
    "day": (24, "hour", gettext_lazy("24 hours")),
    "week": (7, "day", gettext_lazy("7 days")),
    "month": (30, "day", gettext_lazy("30 days")),
    "year": (52, "week", gettext_lazy("52 weeks")),
}
_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Period:
    """Equal steps of an hour, a day or a week: `first` and `last` are when those begin, `today` is midnight."""

    key: str
    unit: str
    step: timedelta
    first: datetime
    last: datetime
    today: datetime

    def name(self, at: datetime) -> str:
        """What the step that begins then is called on an axis."""
        local = timezone.localtime(at)
        return f"{local:%H:%M}" if self.unit == "hour" else f"{local:%Y-%m-%d}"


def until_now(key: str) -> Period:
    """The period of PERIODS that ends with the present hour, day or week."""
    number, unit, _title = PERIODS[key]
    now = timezone.localtime()
    step, last = _STEPS[unit], _begin(now, unit)
    return Period(key, unit, step, first=last - step * (number - 1), last=last, today=_begin(now, "day"))


def midnight() -> datetime:
    """When today began."""
    return _begin(timezone.localtime(), "day")


def _begin(at: datetime, unit: str) -> datetime:
    at = at.replace(minute=0, second=0, microsecond=0)
    if unit == "hour":
        return at
    at = at.replace(hour=0)
    return at - timedelta(days=at.weekday()) if unit == "week" else at
