"""Numbers about the work: what came in, what policy took off people's hands, how long people took, how they agree.

Everything is counted from the comments and the append-only record, so that no number can say what the record does not.

    periods.py   which time is looked at
    counts.py    what is counted
    figures.py   how a figure is told
    headline.py  what is shown first
    series.py    what is shown as a chart or table, and handed out as CSV

`moderation/charts.py` draws the series; `moderation/exposure.py` counts what one person has had to read today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.insight import counts, headline, periods, series
from moderation.insight.counts import Scope
from moderation.insight.periods import PERIODS
from moderation.insight.series import Series

__all__ = ["PERIODS", "Insight", "Series", "of"]


@dataclass(slots=True)
class Insight:
    """All of one period."""

    period: str
    volume: Series
    outcomes: Series
    waits: Series
    by_reason: Series
    by_label: Series
    people: Series
    headline: list[tuple[str, str, str]]  # (what, value, aside)

    def tables(self, *, people: bool) -> dict[str, Series]:
        """What may be handed out, by key; who decided what only where `people` says so."""
        shown = [self.volume, self.outcomes, self.waits, self.by_reason, self.by_label]
        return {each.key: each for each in (*shown, *([self.people] if people else []))}


def of(period: str, *, section_ids: Sequence[int] = (), person: int | None = None) -> Insight:
    """Count one period of PERIODS, over the given sections; none means everything. With `person` (a user's id),
    `people` has their line alone.
    """
    scope = Scope(periods.until_now(period), section_ids)
    steps = counts.per_step(scope)
    return Insight(
        period=period,
        volume=series.volume(scope, steps),
        outcomes=series.outcomes(scope, steps),
        waits=series.waits(scope),
        by_reason=series.by_reason(scope),
        by_label=series.by_label(scope),
        people=series.people(scope, person),
        headline=headline.of(scope, steps),
    )
