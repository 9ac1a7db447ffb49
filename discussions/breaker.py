"""A circuit breaker for the Redis-protocol server: what did not answer just now is left alone for a while.

Without it every request would wait for the socket's time limit as long as an outage lasts (Nygard, Release It!, 2007).
"""

from __future__ import annotations

import time

REST_SECONDS = 5.0


class Breaker:
    """One per process and purpose; tripped by a failure, closed again after `rest` seconds."""

    def __init__(self, rest: float = REST_SECONDS) -> None:
        self.rest = rest
        self._until = 0.0

    @property
    def tripped(self) -> bool:
        """Whether the last failure is so recent that a new try would only cost time."""
        return time.monotonic() < self._until

    def trip(self, seconds: float | None = None) -> None:
        """It has just failed: rest for `seconds`, or as long as usual."""
        self._until = time.monotonic() + (self.rest if seconds is None else seconds)

    def reset(self) -> None:
        """Forget the failure."""
        self._until = 0.0
