"""What all tests share. Sockets reach this machine only: see `--allow-hosts` in pyproject.toml."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How long one example takes says how busy the machine is, not whether the code is right.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's synchronous API runs an event loop


@pytest.fixture(autouse=True)
def _broker_not_yet_known_to_be_down() -> None:
    """The breakers remember an outage for seconds; a test starts without such memories."""
    from config import cache
    from discussions import limits, wake
    from moderation.perspective import quota

    for each in (cache, wake, limits, quota):
        each.breaker.reset()


@pytest.fixture(autouse=True)
def _no_language_left_over() -> None:
    """A request through the test client leaves its language active; the next test starts in the site's own."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _tests_alone_may_empty_the_record() -> None:
    """A transactional test ends by emptying all tables, which the append-only ones refuse like anybody's TRUNCATE.

    So their own triggers rest, as the owner of a table may say, in the transaction of that flush and no longer.
    """
    from django.apps import apps
    from django.db.backends.postgresql.operations import DatabaseOperations

    guarded = [m._meta.db_table for m in apps.get_models() if getattr(m._meta, "triggers", [])]
    flush = DatabaseOperations.execute_sql_flush

    def at_the_end_of_a_test(self: DatabaseOperations, sql_list: Sequence[str]) -> Any:
        rest = [f'ALTER TABLE "{table}" DISABLE TRIGGER USER' for table in guarded]
        wake = [f'ALTER TABLE "{table}" ENABLE TRIGGER USER' for table in guarded]
        return flush(self, [*rest, *sql_list, *wake])

    DatabaseOperations.execute_sql_flush = at_the_end_of_a_test  # type: ignore[method-assign]
