"""What a list's lines show: in order, from few queries, whatever has gone meanwhile."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from discussions import posting, reports
from discussions.models import Comment, Report, User
from moderation import decisions, lines, lists, queue, rows
from moderation.models import QueueItem, Score
from tests.factories.discussions import AccountFactory
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403

pytestmark = pytest.mark.django_db


def test_lines_come_in_the_order_asked_for_and_what_has_gone_is_left_out(
    settled: Say, held: Comment, moderator: User
) -> None:
    other = settled("A calm word about the tram.")
    shown = lines.of([other.pk, 10**9, held.pk], moderator)
    assert [(line.id, line.state) for line in shown] == [(other.pk, "published"), (held.pk, "held")]
    assert lines.of([], moderator) == []


def test_forty_lines_cost_as_many_queries_as_one(
    settled: Say, held: Comment, moderator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more = [settled(f"A calm word about the tram, number {n}.").pk for n in range(3)]
    for ids in ([held.pk], [held.pk, *more]):
        with django_assert_num_queries(5):
            lines.of(ids, moderator)


def test_after_an_undo_a_line_tells_the_reason_the_comment_came_with(held: Comment, moderator: User) -> None:
    [before] = lines.of([held.pk], moderator)
    made = decisions.by_person(
        comment_id=held.pk, action="reject", by=moderator, version_seen=held.version, reason_code="insult"
    )
    [refused] = lines.of([held.pk], moderator)
    assert refused.why == "Insult · mo"
    decisions.undo(decision_id=made.pk, by=moderator)
    [after] = lines.of([held.pk], moderator)
    assert after.why == before.why != refused.why


def test_open_reports_are_told_answered_ones_are_not(settled: Say, moderator: User) -> None:
    comment = settled("A calm word about the tram.")
    for _reader in range(2):
        reports.save(comment=comment, by=AccountFactory(), reason=Report.Reason.INSULT)
    queue.take_reports()
    [line] = lines.of([comment.pk], moderator)
    assert (line.reports, line.reported, line.why) == (2, "2 reports", "2 reports")
    Report.objects.update(handled_at=timezone.now())
    [line] = lines.of([comment.pk], moderator)
    assert (line.reports, line.reported) == (0, "")


def test_ages_are_of_waiting_where_something_waits_and_of_the_comments_elsewhere(
    held: Comment, moderator: User
) -> None:
    Comment.objects.filter(pk=held.pk).update(created_at=timezone.now() - timedelta(days=3))
    QueueItem.objects.update(entered_at=timezone.now() - timedelta(hours=2))
    shown = lines.of([held.pk], moderator)
    for name in lists.NAMES:
        age = re.findall(r'class="age"[^>]*>([^<]+)<', rows.html(shown, name=name))
        assert age == ["2 h" if name in {"held", "reported", "appeals", "mine"} else "3 d"], name


def test_words_that_are_cut_say_so(settled: Say, moderator: User, settings: Any) -> None:
    comment = settled("A calm word about the tram, and a threat at its very end.")
    assert lines.of([comment.pk], moderator)[0].words.endswith("very end.")
    settings.COMMENT_MAX_CHARS = 27
    assert lines.of([comment.pk], moderator)[0].words == "A calm word about the tram, … (cut: open it to read all)"


def test_words_are_blurred_by_the_score_of_the_revision_that_is_shown(held: Comment, moderator: User) -> None:
    score = Score.objects.get(comment=held)
    Score.objects.filter(pk=score.pk).update(labels={"toxicity": 0.95})
    assert lines.of([held.pk], moderator)[0].hateful
    posting.edit(comment=held, text="I disagree with you.", by=held.reader)
    score.pk, score.revision, score.labels = None, 2, {"toxicity": 0.01}
    score.save()
    assert not lines.of([held.pk], moderator)[0].hateful
    score.pk, score.revision, score.labels, score.weights = None, 1, {"toxicity": 0.95}, "0" * 64
    score.save()  # the first version, scored anew
    assert not lines.of([held.pk], moderator)[0].hateful


def test_somebody_elses_lease_is_named_ones_own_is_not(held: Comment, moderator: User, colleague: User) -> None:
    queue.claim(QueueItem.objects.get(comment=held), by=colleague)
    assert lines.of([held.pk], moderator)[0].lease == "cleo"
    assert lines.of([held.pk], colleague)[0].lease == ""
