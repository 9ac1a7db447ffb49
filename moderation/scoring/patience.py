"""How long an answer is of use. Long texts are many micro-batches, and between two of them one can still stop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float] = ContextVar("ends", default=math.inf)


class TooLate(Exception):
    """Whoever asked has stopped waiting; nothing was answered."""


@contextmanager
def until(ends: float) -> Iterator[None]:
    """Scoring in this block is given up at ``ends`` (``time.monotonic()``), by raising TooLate."""
    token = _ends.set(ends)
    try:
        yield
    finally:
        _ends.reset(token)


def ends() -> float:
    """When the answer ceases to be of use; infinity where nobody said so."""
    return _ends.get()


def check(ends: float) -> None:
    """Raise TooLate once ``ends`` has passed. Threads do not see each other's ``until``, hence the argument."""
    if time.monotonic() > ends:
        raise TooLate
