"""What is shown first: the few figures of a period that a desk is judged by."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation.insight import counts
from moderation.insight.counts import Scope, Step
from moderation.insight.figures import agreement, duration, percent


def of(scope: Scope, steps: Sequence[Step]) -> list[tuple[str, str, str]]:
    """(what, value, aside) in reading order; agreement only where two people decided on the same version."""
    by_policy = sum(step.published + step.refused for step in steps)
    judged = by_policy + sum(step.held for step in steps)
    wait = counts.wait(scope)
    filed, overturned, still_open = counts.appeals(scope)
    oldest, waiting = counts.waiting(scope)
    age = duration((timezone.now() - oldest).total_seconds() if oldest else None)
    found = [
        (_("posted"), f"{sum(step.posted for step in steps):,}", ""),
        (_("settled by policy"), percent(by_policy, judged), _("of what was judged")),
        (_("median wait for a person"), duration(wait and wait.median), ""),
        (_("19 of 20 waited less than"), duration(wait and wait.most), ""),
        (_("waiting now"), f"{waiting:,}", _("oldest %(age)s") % {"age": age} if waiting else ""),
        (_("appeals granted"), percent(overturned, filed - still_open), _("%(n)d asked") % {"n": filed}),
    ]
    share, kappa, pairs = agreement(counts.pairs(scope))
    if pairs:
        aside = ngettext("κ %(kappa)s, %(n)d pair", "κ %(kappa)s, %(n)d pairs", pairs) % {"kappa": kappa, "n": pairs}
        found.append((_("two people agree"), share, aside))
    return found
