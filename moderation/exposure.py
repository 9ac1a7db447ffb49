"""How much hate one person has had to read today, and when the desk suggests a break from it."""

from __future__ import annotations

from collections.abc import Iterable

from moderation import lines
from moderation.insight import counts, periods
from moderation.models import Decision

PAUSE_AFTER = 40  # hateful comments decided on in one day, from which a pause is suggested, and at every 40 more


def today(user_id: int) -> int:
    """How many hateful comments this person has decided on since midnight, each counted once."""
    return counts.hateful_by(user_id, since=periods.midnight())


def pause_after(user_id: int, made: Iterable[Decision]) -> int:
    """How many hateful comments it is today, where these decisions bring it to the next PAUSE_AFTER; else 0."""
    hateful = {decision.comment_id for decision in made if lines.is_hateful(decision.scores)}
    if not hateful:
        return 0
    n = today(user_id)
    return n if n // PAUSE_AFTER > (n - len(hateful)) // PAUSE_AFTER else 0
