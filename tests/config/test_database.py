"""Whether a connection is asked if it still lives."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection

from config.database import base
from config.database.base import DatabaseWrapper
from discussions.models import Reader

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Every time the server is really asked, and what it said."""
    said: list[bool] = []
    real = base.base.DatabaseWrapper.is_usable

    def is_usable(self: DatabaseWrapper) -> bool:
        said.append(real(self))
        return said[-1]

    monkeypatch.setattr(base.base.DatabaseWrapper, "is_usable", is_usable)
    monkeypatch.setattr(connection, "_answered", float("-inf"))
    return said


def test_a_connection_that_has_just_answered_is_not_asked_again(
    asked: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.ensure_connection()
    now = 100.0
    monkeypatch.setattr(base, "monotonic", lambda: now)
    assert connection.is_usable()
    now += base.FRESH_SECONDS / 2
    assert connection.is_usable()
    assert asked == [True]
    now += base.FRESH_SECONDS
    assert connection.is_usable()
    assert asked == [True, True]


def test_one_that_failed_is_always_asked_and_replaced(asked: list[bool]) -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close_if_unusable_or_obsolete()  # what Django does at the beginning of every request
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != pid
    assert asked == [True, False]


def test_a_question_that_is_asked_often_is_planned_once() -> None:
    connection.close()
    for number in range(8):
        assert not Reader.objects.filter(name=f"Nobody {number}").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        planned = [row[0] for row in cursor.fetchall()]
    assert any("discussions_reader" in statement and "$1" in statement for statement in planned), planned
