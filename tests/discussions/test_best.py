"""The order "best"."""

from __future__ import annotations

from datetime import timedelta
from math import isclose
from threading import Thread

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from discussions import best, reports, states, votes
from discussions.models import Comment, Report, Vote
from tests.factories.discussions import ArticleFactory, ReaderFactory, post
from tests.waiting import until


def test_the_bound_is_wilsons() -> None:
    # For 8 of 10 at 95 % the interval is 0.490 to 0.943 (Wilson's formula by hand).
    assert isclose(best.wilson(8, 2), 0.490, abs_tol=0.001)
    assert best.wilson(0, 0) == 0.0


def test_many_votes_beat_one() -> None:
    assert best.wilson(1, 0) < best.wilson(9, 1) < best.wilson(90, 10)


@pytest.mark.django_db
def test_votes_and_reports_move_a_comment() -> None:
    article = ArticleFactory()
    liked, doubted, quiet = (post(article) for _number in range(3))
    for _number in range(5):
        votes.add(comment=liked, by=ReaderFactory())
        votes.add(comment=doubted, by=ReaderFactory())
    reports.save(comment=doubted, by=ReaderFactory(), reason="insult")
    assert best.refresh() == 2
    found = dict(Comment.objects.values_list("pk", "best"))
    assert isclose(found[liked.pk], best.wilson(5, 0))
    assert isclose(found[doubted.pk], best.wilson(5, 1))
    assert found[quiet.pk] == 0.0
    assert best.refresh() == 0


@pytest.mark.django_db
def test_however_late_a_vote_is_counted_and_one_that_was_taken_back_is_not() -> None:
    comment, reader = post(ArticleFactory()), ReaderFactory()
    votes.add(comment=comment, by=reader)
    Vote.objects.update(created_at=timezone.now() - timedelta(hours=8))
    assert best.refresh() == 1
    votes.take_back(comment=comment, by=reader)
    assert best.refresh() == 1
    assert Comment.objects.get(pk=comment.pk).best == 0.0


@pytest.mark.django_db
def test_a_report_that_was_answered_no_longer_counts() -> None:
    comment = post(ArticleFactory())
    votes.add(comment=comment, by=ReaderFactory())
    report = reports.save(comment=comment, by=ReaderFactory(), reason="insult")
    best.refresh()
    Report.objects.filter(pk=report.pk).update(handled_at=timezone.now())
    assert best.refresh() == 1
    assert isclose(Comment.objects.get(pk=comment.pk).best, best.wilson(1, 0))


@pytest.mark.django_db(transaction=True)
def test_a_vote_that_is_saved_during_the_refresh_is_counted_by_the_next() -> None:
    first, second = post(ArticleFactory()), post(ArticleFactory())
    votes.add(comment=first, by=ReaderFactory())
    beside, moved = refresh_beside()
    with transaction.atomic():
        votes.add(comment=second, by=ReaderFactory())
        beside.start()
        beside.join(15)
    assert moved == [1]
    assert best.refresh() == 1


@pytest.mark.django_db(transaction=True)
def test_threads_that_somebody_is_changing_are_waited_for() -> None:
    """Rows of comments before those of articles, in the middle of a decision, was a deadlock."""
    comments = [post(ArticleFactory()) for _number in range(2)]
    for comment in comments:
        votes.add(comment=comment, by=ReaderFactory())
    beside, moved = refresh_beside()
    with transaction.atomic():
        states.lock_threads([comments[0].article_id])
        beside.start()
        until("the refresh waits for the thread", waits_for_a_lock)
        for comment in reversed(comments):
            Comment.objects.filter(pk=comment.pk).update(version=F("version") + 1)
    beside.join(15)
    assert moved == [2]


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0] == 1)


def refresh_beside() -> tuple[Thread, list[int]]:
    """A thread that refreshes once, not started yet, and where it puts how many moved."""
    moved: list[int] = []

    def refresh() -> None:
        try:
            moved.append(best.refresh())
        finally:
            connection.close()

    return Thread(target=refresh), moved
