"""A worker that is stuck notices it and goes; one that is idle, or busy with one message after another, stays."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from config import watchdog
from config.local.state import CHECKOUT


class Worker:
    """What the watchdog sees of a worker, and the time."""

    def __init__(self) -> None:
        self.now, self.begun, self.waiting = 0.0, 0, 0
        self.in_hand: list[str] = []
        self.at_work: list[str] = []
        self.dog: watchdog.Watchdog

    def after(self, seconds: float) -> bool:
        """So many seconds later: is it stuck?"""
        self.now += seconds
        return self.dog.stuck() is not None


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    it = Worker()
    clock: Callable[[], float] = lambda: it.now  # noqa: E731 - a clock in one line
    monkeypatch.setattr(watchdog.time, "monotonic", clock)
    it.dog = watchdog.Watchdog(
        60, in_hand=lambda: it.in_hand, at_work=lambda: it.at_work, moved=lambda: it.begun, waiting=lambda: it.waiting
    )
    it.after(0)
    return it


def test_without_work_a_worker_may_wait_for_ever(worker: Worker) -> None:
    assert not any(worker.after(59) for _ in range(5))


def test_messages_that_nobody_fetches(worker: Worker) -> None:
    worker.waiting = 3
    assert not worker.after(60)
    assert worker.after(1)


def test_a_message_in_hand_that_never_ends(worker: Worker) -> None:
    worker.in_hand = ["a"]
    assert not worker.after(30)
    assert not worker.after(60)
    assert worker.dog.stuck() is None
    worker.now += 1
    assert worker.dog.stuck() == {"in_hand": ["a"], "seconds": 61}


def test_one_child_hangs_while_the_other_works(worker: Worker) -> None:
    for begun in range(1, 4):
        worker.begun, worker.in_hand, worker.at_work = begun, ["hangs", f"{begun}"], ["hangs", f"{begun}"]
        assert not worker.after(20)
    worker.begun, worker.in_hand, worker.at_work = 4, ["hangs"], ["hangs"]
    assert not worker.after(20)
    assert worker.after(1)


def test_messages_that_come_and_go_are_no_hang(worker: Worker) -> None:
    for begun in range(10):
        worker.begun, worker.in_hand, worker.at_work = begun, [f"{begun}", f"{begun + 1}"], [f"{begun}"]
        assert not worker.after(50)


def test_a_backlog_that_is_being_worked_on(worker: Worker) -> None:
    worker.waiting = 1000
    for _ in range(10):
        worker.begun += 1
        assert not worker.after(59)


def test_after_a_rest_the_time_starts_anew(worker: Worker) -> None:
    worker.waiting = 1
    assert not worker.after(50)
    worker.waiting = 0
    assert not worker.after(50)
    worker.waiting = 1
    assert not worker.after(50)
    assert worker.after(11)


_A_LOOP_THAT_HANGS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["PARLEY_STALE_SECONDS"] = "0.5"
import subprocess, django
django.setup()
from config import watchdog
watchdog._Waiting = lambda names: lambda: 1
child = subprocess.Popen(["sleep", "600"])
print(child.pid, flush=True)
watchdog.watch(["score"])
while True:
    pass
"""


def test_it_sees_even_a_loop_that_never_comes_back_and_takes_its_children_along() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _A_LOOP_THAT_HANGS],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == watchdog.EXIT_STATUS
    assert "worker_stuck" in done.stdout + done.stderr
    assert not _runs(int(done.stdout.split()[0]))


def _runs(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
