"""Healing happens in small transactions that hold nothing of one another."""

from __future__ import annotations

import pytest
from django.db import connection

from discussions.models import OutboxEntry
from moderation import queue, reconcile
from tests.moderation.conftest import Say

pytestmark = pytest.mark.django_db


def test_any_number_of_lost_comments_is_found_slice_by_slice(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "SLICE", 2)
    for number in range(5):
        say(f"The bench by the river is fine, number {number}.")
    OutboxEntry.objects.all().delete()
    assert reconcile.reconcile() == 5
    assert OutboxEntry.objects.count() == 5
    assert reconcile.reconcile() == 0


def test_no_comment_is_locked_any_more_when_threads_are(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    say("The bench by the river is fine.")
    OutboxEntry.objects.all().delete()
    inside: list[int] = []
    monkeypatch.setattr(queue, "take_reports", lambda: inside.append(len(connection.savepoint_ids)))
    before = len(connection.savepoint_ids)
    reconcile.reconcile()
    assert inside == [before]
