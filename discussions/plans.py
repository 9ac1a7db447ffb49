"""When PostgreSQL is to plan a question for what it asks, and not keep a plan for all of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def planned_anew() -> Iterator[None]:
    """Questions asked within are planned for the very words and numbers they ask for, each time.

    Elsewhere PostgreSQL keeps the plans of what is asked often, for whatever may be asked. That does not go with a
    search or a filter, where one word stands in every comment and another in none.
    """
    connection.ensure_connection()
    asked = connection.connection
    kept, asked.prepare_threshold = asked.prepare_threshold, None
    try:
        yield
    finally:
        asked.prepare_threshold = kept
