"""manage.py score_pending [--loop]: score what waits, without Celery or Redis."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, close_old_connections, connections

from moderation import pipeline, scoring


class Command(BaseCommand):
    help = "Score waiting comments from the database, without Celery or Redis."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on until stopped (Ctrl-C)")
        parser.add_argument("--every", type=seconds, default=1.0, help="seconds between looks in a loop (default 1)")

    def handle(self, *_args: Any, loop: bool, every: float, **_options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        try:
            while True:
                done = self.once(stop, loop=loop)
                if done or not loop:
                    self.stdout.write(f"{done} comments scored")
                # Looked again at intervals: the wake-up for new comments goes through Redis, which may not be there.
                if not loop or stop.wait(every):
                    return
        except scoring.CheckpointError as error:
            raise CommandError(str(error)) from error

    def once(self, stop: threading.Event, *, loop: bool) -> int:
        close_old_connections()
        try:
            return pipeline.run(should_stop=stop.is_set)
        except OperationalError as error:
            if not loop:
                raise
            self.stderr.write(f"The database does not answer, trying again: {str(error).strip().splitlines()[0]}")
            connections.close_all()
            return 0


def seconds(words: str) -> float:
    """A pause from a hundredth of a second to a day. Raises ArgumentTypeError."""
    try:
        found = float(words)
    except ValueError:
        found = 0.0
    if not 0.01 <= found <= 86_400:
        raise ArgumentTypeError(f"{words!r} is no number of seconds from 0.01 to 86400.")
    return found
