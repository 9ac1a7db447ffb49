"""A pytest plugin: private PostgreSQL and Redis-protocol servers for one test run.

Loaded with `-p tests.services` (see pyproject.toml), because the servers must answer before Django reads
its settings. DATABASE_URL and REDIS_URL, where set, are used instead.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.local.embedded import ephemeral

_running = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> Generator[None, object, object]:
    """Start what the environment does not name; a wrapper comes before pytest-django's own hook."""
    informing = {"--help", "-h", "--version", "-V", "--collect-only", "--fixtures", "--markers"}
    if not informing & set(args):
        _start()
    else:
        os.environ.setdefault("PARLEY_STATE_DIR", tempfile.gettempdir() + "/parley-collect")
    try:
        return (yield)
    except BaseException:
        _running.close()
        raise


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="parley-tests-"))
    _running.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PARLEY_STATE_DIR"] = str(folder)  # nothing of a site running from this checkout
    (folder / "static").mkdir()
    found = _running.enter_context(
        ephemeral(folder, postgres="DATABASE_URL" not in os.environ, valkey="REDIS_URL" not in os.environ)
    )
    for name, value in found.items():
        os.environ[name.upper()] = value


def pytest_unconfigure() -> None:
    """Stop them and remove their data."""
    _running.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that empty all tables run last: the others count on what the migrations put there.

    pytest-django orders them so, but pytest then groups tests by the browser they share and mixes them again.
    """
    items.sort(key=_empties_tables)


def _empties_tables(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    asked = marker is not None and bool(marker.kwargs.get("transaction") or marker.kwargs.get("reset_sequences"))
    return asked or not {"transactional_db", "live_server"}.isdisjoint(getattr(item, "fixturenames", ()))
