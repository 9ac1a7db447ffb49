"""More is asked than can be answered: who gets how much, and that busy workers are no outage."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
import requests

from tests.moderation.perspective.conftest import DETAILED
from tests.moderation.perspective.running import Endpoint, endpoint, scoring

FLOODERS = 24
LONG = "This is a remark on the tram line and on what it costs. " * 12


@pytest.fixture(scope="module")
def narrow(own_database: str, live: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A web process with room for few, before the same worker."""
    addresses = {"database_url": own_database, "redis_url": os.environ["REDIS_URL"]}
    settings = DETAILED | {"PARLEY_ASK_ROOM": "8", "PARLEY_ASK_TIMEOUT_SECONDS": "10"}
    folder = tmp_path_factory.mktemp("narrow")
    with endpoint(folder, worker=False, processes=1, threads=40, **addresses, **settings) as site:
        yield site


@pytest.fixture(scope="module")
def hasty(own_database: str, live: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A web process with little patience, before the same worker."""
    addresses = {"database_url": own_database, "redis_url": os.environ["REDIS_URL"]}
    settings = DETAILED | {"PARLEY_ASK_TIMEOUT_SECONDS": "0.3"}
    folder = tmp_path_factory.mktemp("hasty")
    with endpoint(folder, worker=False, processes=1, **addresses, **settings) as site:
        yield site


@contextmanager
def flood(site: Endpoint, key: str) -> Iterator[list[requests.Response]]:
    """Many callers with one key, each as fast as it can, until the block ends; their answers as they come."""
    over = threading.Event()
    answers: list[requests.Response] = []

    def ask() -> None:
        while not over.is_set():
            answers.append(site.analyze(LONG, key))

    callers = [threading.Thread(target=ask) for _number in range(FLOODERS)]
    for caller in callers:
        caller.start()
    try:
        yield answers
    finally:
        over.set()
        for caller in callers:
            caller.join(60)


def message(answer: requests.Response) -> str:
    return str(answer.json()["error"]["message"])


def test_another_keys_callers_are_answered_while_one_key_floods(narrow: Endpoint, live: Endpoint) -> None:
    key = narrow.manage("api_key", "create", "modest").splitlines()[0]
    with flood(narrow, live.key) as flooded:
        deadline = time.monotonic() + 60
        while not any(answer.status_code == 429 for answer in list(flooded)):
            assert time.monotonic() < deadline, "the flood fills no room"
            time.sleep(0.01)
        modest = [narrow.analyze("Good morning to everybody.", key).status_code for _turn in range(20)]
    assert modest == [200] * 20
    refused = [answer for answer in flooded if answer.status_code != 200]
    assert {answer.status_code for answer in refused} == {429}
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert any("this key has its share" in message(answer) for answer in refused)
    assert any(answer.status_code == 200 for answer in flooded), "the flooder keeps its own share"


@pytest.fixture
def stopped(live: Endpoint) -> Iterator[list[psutil.Process]]:
    """The worker's processes, stood still; they go on when the test ends."""
    parent = psutil.Process(live.processes["ask"])
    found = [parent, *parent.children()]
    for process in found:
        process.send_signal(signal.SIGSTOP)
    yield found
    for process in found:
        process.send_signal(signal.SIGCONT)
    scoring(live, live.key)


def test_a_worker_that_was_there_a_moment_ago_is_busy_and_a_silent_one_is_away(
    hasty: Endpoint, live: Endpoint, request: pytest.FixtureRequest
) -> None:
    scoring(hasty, live.key)
    request.getfixturevalue("stopped")
    first = hasty.analyze("Good morning to everybody.", live.key)
    assert (first.status_code, first.headers["Retry-After"]) == (429, "1")
    deadline = time.monotonic() + 30
    while (later := hasty.analyze("Good morning to everybody.", live.key)).status_code == 429:
        assert time.monotonic() < deadline, "a worker that says nothing stays busy for ever"
    assert later.status_code == 503
