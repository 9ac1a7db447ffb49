"""The log shows what happened to readers, not every question of a monitor."""

from __future__ import annotations

import logging

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.test import Client
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from config.logs import DatabaseAway, NoProbes


def kept(message: object) -> bool:
    return bool(NoProbes().filter(logging.makeLogRecord({"msg": message, "levelno": logging.ERROR})))


def test_a_probe_that_finds_the_site_not_ready_leaves_no_line() -> None:
    assert not kept({"event": "request_finished", "request": "GET /healthz", "code": 503})


def test_every_other_line_stays() -> None:
    assert kept({"event": "request_finished", "request": "GET /articles/healthz-for-beginners/", "code": 500})
    assert kept({"event": "database_down", "path": "/healthz"})
    assert kept("a plain line about /healthz")


def traced(error: DatabaseError, cause: Exception | None) -> bool:
    """Whether a task that ends with this error leaves a traceback in the log."""
    error.__cause__ = cause
    record = logging.makeLogRecord({"msg": "Task raised unexpected", "exc_info": (type(error), error, None)})
    assert DatabaseAway().filter(record)
    return record.exc_info is not None


@pytest.mark.parametrize("cause", [psycopg.OperationalError("refused"), psycopg.errors.AdminShutdown("bye")])
def test_a_task_without_a_database_leaves_one_line(cause: Exception) -> None:
    assert not traced(OperationalError(str(cause)), cause)
    assert not traced(InterfaceError("the connection is closed"), None)


@pytest.mark.parametrize("cause", [psycopg.errors.DeadlockDetected("x"), psycopg.errors.QueryCanceled("y")])
def test_a_deadlock_and_a_time_limit_keep_their_traceback(cause: Exception) -> None:
    assert traced(OperationalError(str(cause)), cause)


def test_no_line_of_a_request_holds_the_readers_address(client: Client) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        client.get("/livez", REMOTE_ADDR="203.0.113.9")
    assert any("request" in line for line in lines)
    assert "203.0.113.9" not in str(lines)
