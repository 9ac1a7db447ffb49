"""The log shows what happened to readers, not every question of a monitor."""

from __future__ import annotations

import logging

from config.logs import NoProbes


def kept(message: object) -> bool:
    return bool(NoProbes().filter(logging.makeLogRecord({"msg": message, "levelno": logging.ERROR})))


def test_a_probe_that_finds_the_site_not_ready_leaves_no_line() -> None:
    assert not kept({"event": "request_finished", "request": "GET /healthz", "code": 503})


def test_every_other_line_stays() -> None:
    assert kept({"event": "request_finished", "request": "GET /articles/healthz-for-beginners/", "code": 500})
    assert kept({"event": "database_down", "path": "/healthz"})
    assert kept("a plain line about /healthz")
