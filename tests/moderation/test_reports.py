"""Reports reach the desk, whether or not the wake-up that should have brought them got lost."""

from __future__ import annotations

import pytest

from discussions import reports
from discussions.models import Report
from moderation import queue, reconcile
from moderation.models import QueueItem
from tests.factories.discussions import ReaderFactory
from tests.moderation.conftest import Say

pytestmark = pytest.mark.django_db


def reported() -> list[tuple[int, int]]:
    items = QueueItem.objects.filter(kind="reported").order_by("comment_id")
    return [(item.comment_id, item.why["reports"]) for item in items]


def test_only_what_was_reported_is_queued(settled: Say) -> None:
    quiet, loud = settled("A fair point about the bench."), settled("Another point, less fair.")
    reports.save(comment=loud, by=ReaderFactory(), reason="insult")
    assert queue.take_reports() == 1
    assert reported() == [(loud.pk, 1)]
    assert quiet.pk != loud.pk


def test_a_second_look_changes_nothing_and_a_second_report_counts(settled: Say) -> None:
    comment = settled("A point about the bench.")
    reports.save(comment=comment, by=ReaderFactory(), reason="insult")
    assert (queue.take_reports(), queue.take_reports()) == (1, 0)
    reports.save(comment=comment, by=ReaderFactory(), reason="spam")
    assert queue.take_reports() == 1
    assert reported() == [(comment.pk, 2)]


def test_an_answered_report_does_not_come_back(settled: Say) -> None:
    comment = settled("A point about the bench.")
    reports.save(comment=comment, by=ReaderFactory(), reason="insult")
    queue.take_reports()
    queue.leave(comment)
    Report.objects.update(handled_at=comment.created_at)
    assert queue.take_reports() == 0
    assert reported() == []


def test_the_sweep_brings_a_report_whose_wake_up_was_lost(settled: Say) -> None:
    comment = settled("A point about the bench.")
    reports.save(comment=comment, by=ReaderFactory(), reason="insult")
    reconcile.reconcile()
    assert reported() == [(comment.pk, 1)]
