"""Bounded waits on other processes and threads, and acts of several at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def until(what: str, condition: Callable[[], bool], seconds: float = 15.0) -> float:
    """Return as soon as `condition` holds, with the seconds it took; fail the test when it takes longer than `seconds`.

    Asked again and again, because what is waited on lies in another process, a database or a page that sends no sign;
    fifty times a second, so that a test of many waits is not held up, and a dear condition is not all the machine does.
    """
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - begun


def at_once(acts: Sequence[Callable[[], T]], seconds: float = 60.0) -> list[T]:
    """Do all of them at the same moment, each in a thread of its own; what they returned, in order, or the first error.

    A thread's database connections end with it, or the test's database could not be emptied.
    """
    from django.db import connections

    together = threading.Barrier(len(acts))

    def one(act: Callable[[], T]) -> T:
        try:
            together.wait(seconds)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        begun = [pool.submit(one, act) for act in acts]
        return [each.result(seconds) for each in begun]
