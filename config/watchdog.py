"""A worker that has stopped working ends itself, and whoever supervises it starts another.

Celery's parent hands messages to its child over pipes, and a child may be killed at any moment of that. Should the two
ever be left waiting for each other (a child that hangs while it starts, a parent that no longer fetches, a message in
hand that never ends), nothing would be lost, but nothing would be scored either. So the parent looks at itself: is
there something to do, and for so many seconds nothing has begun or ended? Or has one message been worked on for as
long, whatever the other children do? Then it goes, with a line in the log.

The clock is the kernel's (SIGALRM), not the event loop's: it also rings when the loop itself is stuck, and unlike a
thread it leaves nothing behind in the children that are forked.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any

import psutil  # type: ignore[import-untyped]
import redis
import structlog
from celery.worker import state
from django.conf import settings

log = structlog.get_logger(__name__)

LOOKS = 10  # how often to look within the time allowed
SLOW_QUEUES = {"mail"}  # a mail server may take its time: ten times as much is allowed
EXIT_STATUS = 75  # EX_TEMPFAIL of sysexits.h


class Watchdog:
    """Knows when something last moved. `waiting` counts the messages nobody has fetched, `in_hand` names those fetched
    and `at_work` those of them that a child has begun.

    `moved` is any value that changes when a task begins or ends.
    """

    def __init__(
        self,
        seconds: float,
        *,
        in_hand: Callable[[], Iterable[str]],
        at_work: Callable[[], Iterable[str]],
        moved: Callable[[], Any],
        waiting: Callable[[], int],
    ) -> None:
        self.seconds = seconds
        self.in_hand, self.at_work, self.moved, self.waiting = in_hand, at_work, moved, waiting
        self.last: Any = None
        self.since = time.monotonic()
        self.seen: dict[str, float] = {}  # when each message at work was first seen there

    def stuck(self) -> dict[str, Any] | None:
        """What to say before going; None while all is well."""
        in_hand, clock = sorted(self.in_hand()), time.monotonic()
        now = (self.moved(), in_hand)
        if now != self.last or not (in_hand or self.waiting()):
            self.last, self.since = now, clock
        self.seen = {name: self.seen.get(name, clock) for name in self.at_work()}
        idle = clock - min([self.since, *self.seen.values()])
        return {"in_hand": in_hand, "seconds": round(idle)} if idle > self.seconds else None


def watch(queues: Iterable[str]) -> None:
    """Look at this worker regularly from now on. Call it in the parent, from its main thread."""
    names = sorted(queues)
    seconds = settings.SCORING_STALE_SECONDS * (10 if SLOW_QUEUES & set(names) else 1)
    watchdog = Watchdog(
        seconds,
        in_hand=lambda: _ids(state.reserved_requests),
        at_work=lambda: _ids(state.active_requests),
        moved=lambda: sum(state.total_count.values()),
        waiting=_Waiting(names),
    )

    def look(_number: int, _frame: object) -> None:
        try:
            found = watchdog.stuck()
        except Exception:  # it would come up in whatever the worker is doing at this moment
            log.exception("watchdog_failed")
            return
        if found:
            log.critical("worker_stuck", queues=names, **found)
            for child in psutil.Process().children(recursive=True):
                child.kill()
            os._exit(EXIT_STATUS)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, seconds / LOOKS, seconds / LOOKS)


def _ids(requests: Iterable[Any]) -> list[str]:
    return [request.id for request in list(requests)]


class _Waiting:
    """Counts the messages that lie in these queues; 0 where the broker does not say."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        # Not the worker's own connection: the alarm may ring while that one is in use.
        self.client = redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=None
        )

    def __call__(self) -> int:
        try:
            lengths: list[Any] = [self.client.llen(name) for name in self.names]
            return sum(lengths)
        except (redis.RedisError, OSError):
            self.client.connection_pool.disconnect()
            return 0
