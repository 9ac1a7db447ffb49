"""The cache that all web processes share: log-in limits and used second-factor codes are counted once, not per process.

It stands on the Redis-protocol server and, while that is away, on this process's own memory: counting goes on, a little
less well, and no request waits for longer than `PATIENCE_SECONDS` (one in five seconds does at all). Values
are JSON, never pickles, so that whoever can write to the server runs nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from discussions.breaker import Breaker

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.5
breaker = Breaker()


class Json:
    """Values on the wire; numbers stand bare, so that the server can count them up."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, stored: bytes) -> Any:
        return json.loads(stored)


class _Client(RedisCacheClient):
    def clear(self) -> bool:
        """Nothing else that lives in the same database."""
        client = self.get_client(None, write=True)
        for key in client.scan_iter(match="cache:*", count=500):
            client.delete(key)
        return True


class _Redis(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client


class SharedCache(BaseCache):
    """Redis where it answers, else this process's memory."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "serializer": Json,
            "socket_connect_timeout": PATIENCE_SECONDS,
            "socket_timeout": PATIENCE_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        params = {"KEY_PREFIX": "cache", **params}
        super().__init__(params)
        self._redis = _Redis(server, {**params, "OPTIONS": options})
        self._own = LocMemCache("without-redis", {**params, "OPTIONS": {"MAX_ENTRIES": 20_000}})

    def _do(self, what: str, *args: Any, **named: Any) -> Any:
        if not breaker.tripped:
            try:
                return getattr(self._redis, what)(*args, **named)
            except (RedisError, OSError) as error:
                breaker.trip()
                log.warning("cache_without_redis", error=type(error).__name__)
        return getattr(self._own, what)(*args, **named)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._do("add", key, value, timeout=timeout, version=version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._do("get", key, default=default, version=version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._do("set", key, value, timeout=timeout, version=version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._do("touch", key, timeout=timeout, version=version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._do("delete", key, version=version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._do("has_key", key, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._do("incr", key, delta=delta, version=version))

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        return dict(self._do("get_many", list(keys), version=version))

    def clear(self) -> None:
        self._do("clear")
        self._own.clear()
