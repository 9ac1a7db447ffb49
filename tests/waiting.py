"""Bounded waits on conditions of other processes and threads."""

from __future__ import annotations

import time
from collections.abc import Callable


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
