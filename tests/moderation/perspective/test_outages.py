"""What callers get while a part is down: an answer in the envelope, quickly, and scores again once it is back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from statistics import median

import psutil
import pytest
import requests

from config.local.processes import free_port
from tests.moderation.perspective.conftest import DETAILED
from tests.moderation.perspective.running import Endpoint, endpoint, scoring


def reason(answer: requests.Response) -> str:
    return str(answer.json()["error"]["details"][0]["reason"])


@pytest.fixture(scope="module")
def brokerless(own_database: str, live: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The endpoint with nothing behind the broker's address."""
    nothing = f"redis://127.0.0.1:{free_port()}"
    folder = tmp_path_factory.mktemp("brokerless")
    with endpoint(folder, database_url=own_database, redis_url=nothing, worker=False, **DETAILED) as site:
        yield site


def test_without_a_broker_the_503_comes_quickly(brokerless: Endpoint, live: Endpoint) -> None:
    answers = [brokerless.analyze("Good morning to everybody.", live.key) for _turn in range(5)]
    assert {(answer.status_code, reason(answer)) for answer in answers} == {(503, "SCORING_UNAVAILABLE")}
    assert median(answer.elapsed.total_seconds() for answer in answers) < 2


def children(site: Endpoint) -> set[int]:
    """The pool processes of its ask worker."""
    found = psutil.Process(site.processes["ask"]).children()
    return {process.pid for process in found if process.status() != psutil.STATUS_ZOMBIE}


def test_after_its_model_process_was_killed_the_worker_scores_again(live: Endpoint) -> None:
    before = children(live)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    scoring(live, live.key)
    assert before
    assert not before & children(live)
