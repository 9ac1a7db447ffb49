"""How often one key may ask: per second and per day, counted in Redis by its own clock.

A large quota per second is counted over a few seconds. A caller that keeps to it on average but was held up for a
moment catches up in a burst, and by the single second it would be refused for what it had not asked before.

With Redis away each process counts for itself, at half the quota: the door narrows, it never falls open.
"""

from __future__ import annotations

import math
import time
from functools import cache

import structlog
from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from discussions.breaker import Breaker
from moderation.perspective import errors
from moderation.perspective.keys import Caller

log = structlog.get_logger(__name__)

LONGEST_WINDOW = 5
"""Seconds over which a quota per second is counted at most."""
FEW = 20
"""Requests per second and second of the window: a quota below twice this is counted by the single second."""

breaker = Breaker()


@cache
def _shared() -> FixedWindowRateLimiter:
    options = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2, "retry": Retry(NoBackoff(), 1)}
    return FixedWindowRateLimiter(RedisStorage(settings.LIMITS_REDIS_URL, **options))  # type: ignore[arg-type]


@cache
def _own() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(MemoryStorage())


def check(caller: Caller) -> None:
    """Count one request. Raises ApiError 429 where a quota is used up, with the seconds until there is more."""
    seconds = window(caller.per_second)
    if wait := _hit(RateLimitItemPerSecond, caller.per_second, caller.key_id, seconds):
        over = f", counted over {seconds} seconds," if seconds > 1 else ""
        which = f"{caller.per_second} requests per second{over} for the key {caller.name!r}"
        raise errors.quota_exceeded(which, wait)
    if caller.per_day is not None and (wait := _hit(RateLimitItemPerDay, caller.per_day, caller.key_id)):
        raise errors.quota_exceeded(f"{caller.per_day} requests per day for the key {caller.name!r}", wait)


def window(per_second: int) -> int:
    """Seconds over which this quota is counted."""
    return min(LONGEST_WINDOW, max(1, per_second // FEW))


def _hit(period: type[RateLimitItem], quota: int, key_id: int, periods: int = 1) -> int:
    """0 where the request is within the quota, else the seconds until the window ends."""
    if not breaker.tripped:
        try:
            return _wait(_shared(), period(quota * periods, periods), key_id)
        except (RedisError, OSError) as error:
            breaker.trip()
            log.warning("quota_without_redis", error=type(error).__name__)
    return _wait(_own(), period(max(1, quota * periods // 2), periods), key_id)


def _wait(limiter: FixedWindowRateLimiter, item: RateLimitItem, key_id: int) -> int:
    if limiter.hit(item, "api-key", str(key_id)):
        return 0
    return max(1, math.ceil(limiter.get_window_stats(item, "api-key", str(key_id)).reset_time - time.time()))
