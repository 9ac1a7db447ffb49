"""What web processes count together, and what happens when the server they count on is away."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from config import cache as shared
from config.cache import PATIENCE_SECONDS, SharedCache


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/2"


def test_what_one_process_counts_another_sees() -> None:
    cache.set("k", [1.5, "two", True], 60)
    another = SharedCache(settings.LIMITS_REDIS_URL, {})
    another._own.clear()
    assert another.get("k") == [1.5, "two", True]
    assert not another.add("k", 1, 60)
    cache.set("n", 3)
    assert another.incr("n") == 4
    assert another.get_many(["k", "n", "none"]) == {"k": [1.5, "two", True], "n": 4}
    assert another.delete("k")
    assert "k" not in cache


def test_nothing_there_is_a_pickle() -> None:
    client = redis.Redis.from_url(settings.LIMITS_REDIS_URL)
    cache.set("plain", {"a": None})
    assert client.get(cache.make_key("plain")) == b'{"a": null}'
    with pytest.raises(TypeError):
        cache.set("odd", object())


def test_clearing_leaves_what_others_keep_in_the_same_database() -> None:
    client = redis.Redis.from_url(settings.LIMITS_REDIS_URL)
    client.set("LIMITS:somebody", 1, ex=60)
    cache.set("k", 1)
    cache.clear()
    assert cache.get("k") is None
    assert client.get("LIMITS:somebody") == b"1"


@pytest.mark.django_db
def test_failed_logins_are_counted_for_all_processes_at_once(client: Client) -> None:
    client.post("/accounts/login/", {"login": "ada@example.org", "password": "a wrong guess"})
    kept = redis.Redis.from_url(settings.LIMITS_REDIS_URL)
    assert [key for key in kept.scan_iter("cache:*") if b"login_failed" in key]


@pytest.mark.parametrize("away", ["closed", "silent"])
def test_without_the_server_counting_goes_on_here_and_nobody_waits_twice(away: str, silent_server: str) -> None:
    address = silent_server if away == "silent" else "redis://127.0.0.1:1/2"
    alone = SharedCache(address, {})
    began = time.monotonic()
    assert alone.add("k", 1, 60)
    assert time.monotonic() - began < 4 * PATIENCE_SECONDS
    began = time.monotonic()
    assert not alone.add("k", 1, 60)
    assert [alone.incr("k") for _time in range(50)][-1] == 51
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert shared.breaker.tripped


@pytest.mark.django_db
def test_guessing_passwords_ends_without_the_server_too(client: Client) -> None:
    shared.breaker.trip(600)
    bodies = [
        client.post("/accounts/login/", {"login": "ada@example.org", "password": f"guess {number}"}).content.decode()
        for number in range(12)
    ]
    assert "Too many failed login attempts" not in bodies[0]
    assert "Too many failed login attempts" in bodies[-1]
