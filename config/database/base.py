"""The backend that `ENGINE` names."""

from __future__ import annotations

from time import monotonic

from django.db.backends.postgresql import base

FRESH_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that has just answered is not asked at the next request whether it still does.

    `CONN_HEALTH_CHECKS` costs a question on every request; a kept page asks only one other. A connection that failed
    is always asked, so after a restart of PostgreSQL no request finds a dead one that had a second to be found out.
    """

    _answered = float("-inf")

    def is_usable(self) -> bool:
        """Whether the connection works, by asking it unless it said so within the last second and nothing failed."""
        now = monotonic()
        if self.connection is not None and not self.errors_occurred and now - self._answered < FRESH_SECONDS:
            return True
        usable: bool = super().is_usable()
        self._answered = now if usable else float("-inf")
        return usable
