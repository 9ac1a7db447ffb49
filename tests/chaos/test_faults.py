"""Break one part while readers post. Afterwards nothing is lost, nothing unscored, nothing scored twice.

Short leases and short outages in `make test`; the full lengths in `make chaos`.
"""

from __future__ import annotations

import os
import signal
import threading

import psutil
import pytest

from tests.chaos.product import FULL, LEASE, Product
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900 if FULL else 300)]

OUTAGE = 60.0 if FULL else 4.0
KILLS = 60 if FULL else 4
DRAIN = LEASE + 30 + (60 if FULL else 30)
NOTHING_WRONG = {"lost": 0, "unscored": 0, "duplicates": 0}


@pytest.fixture(autouse=True)
def _healthy_before(site: Product) -> None:
    until("the site is healthy", site.healthy, 90)
    site.answers.clear()


def settle(site: Product) -> None:
    """Wait until everything is decided, then compare with what was acknowledged."""
    try:
        until("every comment is decided", site.drained, DRAIN)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{site.story()}") from None
    assert site.verdict() == NOTHING_WRONG
    assert site.half_written() == 0


def posting(site: Product) -> None:
    """Wait until this block's readers are at it."""
    before = len(site.acknowledged)
    until("readers are posting", lambda: len(site.acknowledged) > before + 5, 30)


def errors(site: Product) -> list[int]:
    return [status for status, _seconds in site.answers if status >= 500 or status == 0]


def slowest_but_1_in_100(site: Product) -> float:
    seconds = sorted(s for _status, s in site.answers)
    return seconds[int(len(seconds) * 0.99) - 1]


def test_killing_the_scoring_process_again_and_again_loses_nothing(site: Product) -> None:
    killed = 0
    with site.readers():
        for _ in range(KILLS):
            until("a comment is being scored", lambda: site.one("SELECT count(*) FROM discussions_outboxentry") > 0, 30)
            child = site.pool_child()
            if child is not None:
                killed += _kill(child.pid)
            threading.Event().wait(1.0)  # the fault's own rhythm: one kill a second
    assert killed > 0
    settle(site)


def test_killing_the_whole_worker_loses_nothing(site: Product) -> None:
    with site.readers():
        until("comments wait", lambda: site.one("SELECT count(*) FROM discussions_outboxentry") > 0, 30)
        before = site.pid("score")
        os.kill(before, signal.SIGKILL)
        until("the supervisor has started another", lambda: site.pid("score") != before, 60)
    settle(site)


def test_posting_goes_on_while_redis_is_dead(site: Product) -> None:
    with site.readers():
        posting(site)
        before = site.pid("valkey")
        psutil.Process(before).suspend()  # paused first: connections stay open and nobody answers
        posted = len(site.acknowledged)
        threading.Event().wait(min(OUTAGE, 10))  # the outage's own length
        os.kill(before, signal.SIGKILL)
        until("the supervisor has started another", lambda: site.pid("valkey") != before, 60)
        until("posting went on", lambda: len(site.acknowledged) > posted + 5, 60)
    assert errors(site) == []
    assert slowest_but_1_in_100(site) < 4.0
    settle(site)


def test_a_stopped_database_gives_clean_errors_and_comes_back(site: Product) -> None:
    with site.readers():
        posting(site)
        before = site.pid("postgres")
        os.kill(before, signal.SIGQUIT)  # immediate stop: no checkpoint, crash recovery at the next start
        until("the supervisor has started another", lambda: site.pid("postgres") != before, 90)
        until("the site is healthy", site.healthy, 90)
        posted = len(site.acknowledged)
        until("posting goes on", lambda: len(site.acknowledged) > posted + 3, 60)
    assert set(errors(site)) <= {503}
    settle(site)


def frozen_with_a_claim(site: Product) -> psutil.Process:
    """The scoring process, stopped while it holds a claim."""
    frozen: list[psutil.Process] = []

    def caught() -> bool:
        """Freeze it, and see that it holds a claim; otherwise let it go on."""
        child = site.pool_child()
        if child is None:
            return False
        child.suspend()
        if site.one("SELECT count(*) FROM discussions_outboxentry WHERE attempts > 0"):
            frozen.append(child)
            return True
        child.resume()
        return False

    until("the worker is frozen with a claim in its hands", caught, 60)
    return frozen[0]


def test_a_worker_frozen_beyond_its_lease_writes_nothing_late(site: Product) -> None:
    with site.readers():
        frozen = frozen_with_a_claim(site)
    threading.Event().wait(LEASE + 1)  # a lease ends by the clock alone, which nothing announces
    frozen.resume()
    settle(site)


def test_a_scoring_process_that_hangs_for_good_is_replaced(site: Product) -> None:
    before = site.pid("score")
    with site.readers():
        frozen = frozen_with_a_claim(site)
    settle(site)
    assert not frozen.is_running()
    assert site.pid("score") != before


def _kill(pid: int) -> int:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1
