"""Wake-ups: "look now" by name, over Celery. The work itself is safe in PostgreSQL, so a lost one costs seconds."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import current_app
from kombu.exceptions import OperationalError
from prometheus_client import Counter
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

lost = Counter("parley_wakeups_lost_total", "Wake-ups that the broker did not take; the sweep makes up for them.")

_BROKER_REST = 5.0  # seconds without a new try after a failure, so that posting stays quick while Redis is away
_broker_down_until = 0.0


def send(name: str, *args: Any) -> bool:
    """Send one wake-up. Returns whether the broker took it; never raises, never waits longer than the socket limits."""
    global _broker_down_until  # noqa: PLW0603 - one breaker per process
    if time.monotonic() < _broker_down_until:
        lost.inc()
        return False
    try:
        current_app.send_task(name, args=args, retry=False, expires=30, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        _broker_down_until = time.monotonic() + _BROKER_REST
        lost.inc()
        log.warning("wake_up_lost", task=name, error=type(error).__name__)
        return False
    return True
