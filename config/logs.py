"""What the log leaves out."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError

GONE = ("08", "57P")  # PostgreSQL's codes for a connection that failed or was ended


class NoProbes(logging.Filter):
    """A probe that finds the site not ready is the prober's business: its answer says all there is to say."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (isinstance(record.msg, dict) and str(record.msg.get("request", "")).endswith(" /healthz"))


class DatabaseAway(logging.Filter):
    """A task that finds no database says so in a line, not in fifty: every task says it, every few seconds.

    The task's name and the error's words stand in the message already; the way there tells nothing more.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(error, InterfaceError) or (isinstance(error, OperationalError) and _is_gone(error)):
            record.exc_info = record.exc_text = None
        return True


def _is_gone(error: OperationalError) -> bool:
    """Not a deadlock or a time limit, whose way there is worth knowing."""
    code = getattr(error.__cause__, "sqlstate", None)
    return code is None or code.startswith(GONE)
