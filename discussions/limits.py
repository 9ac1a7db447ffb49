"""How often one address or account may act, counted in Redis by its own clock.

With Redis away a stricter limit in this process's memory takes its place: the door narrows, it never falls open.
"""

from __future__ import annotations

import ipaddress
from functools import cache

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from discussions.breaker import Breaker

log = structlog.get_logger(__name__)

breaker = Breaker()


@cache
def _shared() -> SlidingWindowCounterRateLimiter:
    options = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
    return SlidingWindowCounterRateLimiter(RedisStorage(settings.LIMITS_REDIS_URL, **options))  # type: ignore[arg-type]


@cache
def _own() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(MemoryStorage())


def client_address(request: HttpRequest) -> str:
    """The client's address, trusting exactly TRUSTED_PROXIES hops, counted from the right of X-Forwarded-For.

    An IPv6 address stands for its /64, since one household holds that many.
    """
    hops = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    trusted = settings.TRUSTED_PROXIES
    address = hops[-trusted] if 0 < trusted <= len(hops) else request.META.get("REMOTE_ADDR", "")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address) + "/64"
    return str(parsed)


def origin(request: HttpRequest, what: str) -> str:
    """A keyed hash of the client's address and `what`, 128 bits as hex; "" where it is unknown or SIGNAL_DAYS is 0.

    It tells that the same address did the same thing twice, and nothing across different things.
    """
    address = client_address(request)
    if address == "unknown" or settings.SIGNAL_DAYS <= 0:
        return ""
    return salted_hmac("parley.origin", f"{what}:{address}", algorithm="sha256").hexdigest()[:32]


def allowed(what: str, *who: str, per_minute: int, cost: int = 1) -> bool:
    """Count one action and say whether it is within `per_minute` for every one of `who`.

    What makes more work than usual counts as `cost` actions.
    """
    return _within(RateLimitItemPerMinute, per_minute, what, who, cost)


def allowed_today(what: str, *who: str, per_day: int) -> bool:
    """Count one action and say whether it is within `per_day` for every one of `who`."""
    return _within(RateLimitItemPerDay, per_day, what, who)


def _within(period: type[RateLimitItem], most: int, what: str, who: tuple[str, ...], cost: int = 1) -> bool:
    item = period(most)
    if not breaker.tripped:
        try:
            return all([_shared().hit(item, what, name, cost=cost) for name in who])
        except (RedisError, OSError) as error:
            breaker.trip()
            log.warning("limits_without_redis", error=type(error).__name__)
    strict = period(max(1, most // 2))
    return all([_own().hit(strict, what, name, cost=cost) for name in who])
