"""Wake-ups: "look now" by name, over Celery. The work itself is safe in PostgreSQL, so a lost one costs seconds."""

from __future__ import annotations

from typing import Any

import structlog
from celery import current_app
from kombu.exceptions import OperationalError
from prometheus_client import Counter
from redis.exceptions import RedisError

from discussions.breaker import Breaker

log = structlog.get_logger(__name__)

lost = Counter("parley_wakeups_lost_total", "Wake-ups that the broker did not take; the sweep makes up for them.")

breaker = Breaker()  # posting stays quick while Redis is away


def send(name: str, *args: Any) -> bool:
    """Send one wake-up. Returns whether the broker took it; never raises, never waits longer than the socket limits."""
    if breaker.tripped:
        lost.inc()
        return False
    try:
        current_app.send_task(name, args=args, retry=False, expires=30, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        breaker.trip()
        lost.inc()
        log.warning("wake_up_lost", task=name, error=type(error).__name__)
        return False
    return True
