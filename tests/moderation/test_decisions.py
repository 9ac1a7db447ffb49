"""Decisions by people: one per version, with every effect, and the way back."""

from __future__ import annotations

import os
import threading
from uuid import uuid4

import pytest
from django.db import connection

from discussions import posting, reports
from discussions.models import Article, Comment, Notice, Reader, Report, State, User
from moderation import bulk, decisions, queue, roles, tallies
from moderation.models import Decision, Escalation, QueueItem, Review
from tests.factories.discussions import ArticleFactory
from tests.factories.moderation import first_policy, judged
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import RUDE, staff

pytestmark = pytest.mark.django_db
RACES = int(os.environ.get("PARLEY_RACES", "50"))  # `make race` runs a thousand


def approve(comment: Comment, by: User) -> Decision:
    return decisions.by_person(comment_id=comment.pk, action="approve", by=by, version_seen=comment.version)


def refuse(comment: Comment, by: User, **more: str) -> Decision:
    more = {"reason_code": "insult"} | more
    return decisions.by_person(
        comment_id=comment.pk,
        action="reject",
        by=by,
        version_seen=comment.version,
        **({"reason_code": "insult"} | more),
    )


def test_approving_publishes_empties_the_queue_and_counts_as_looked_at(held: Comment, moderator: User) -> None:
    approve(held, moderator)
    held.refresh_from_db()
    assert (held.state, held.shown_revision) == (State.PUBLISHED, 1)
    assert not QueueItem.objects.exists()
    assert Review.objects.get(comment=held).approved


def test_refusing_needs_a_known_reason(held: Comment, moderator: User) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        refuse(held, moderator, reason_code="because")
    held.refresh_from_db()
    assert held.state == State.HELD


def test_the_author_reads_the_reason_and_the_moderators_own_words(held: Comment, moderator: User) -> None:
    refuse(held, moderator, words="Please leave out the second half.")
    notice = Notice.objects.get(comment=held, outcome="rejected")
    assert notice.reason_code == "insult"
    assert notice.words.splitlines() == [
        "It insults somebody. Say what you think of the matter, not of the person.",
        "Please leave out the second half.",
    ]


def test_whoever_comes_second_learns_what_the_first_one_did(held: Comment, moderator: User, colleague: User) -> None:
    approve(held, moderator)
    with pytest.raises(decisions.Conflict) as conflict:
        refuse(held, colleague)
    assert conflict.value.latest is not None
    assert conflict.value.latest.actor_name == str(moderator)
    assert Decision.objects.filter(actor="person").count() == 1


def test_undoing_puts_back_place_queue_reports_notice_and_question(held: Comment, moderator: User) -> None:
    Escalation.objects.create(comment=held, by=moderator, by_name="Mo", words="Is this too much?")
    rank = QueueItem.objects.get().rank
    made = refuse(held, moderator)
    decisions.undo(decision_id=made.pk, by=moderator)
    held.refresh_from_db()
    assert (held.state, held.refused_by_person) == (State.HELD, False)
    assert QueueItem.objects.get().rank == rank
    assert Notice.objects.get(outcome="rejected").withdrawn_at is not None
    assert Notice.objects.get(outcome="held").withdrawn_at is None
    assert Escalation.objects.get().closed_at is None
    assert not Review.objects.exists()


def test_an_undo_can_be_undone(held: Comment, moderator: User) -> None:
    made = refuse(held, moderator)
    back = decisions.undo(decision_id=made.pk, by=moderator)
    decisions.undo(decision_id=back.pk, by=moderator)
    held.refresh_from_db()
    assert held.state == State.REJECTED
    assert Review.objects.get().approved is False


def test_an_undo_that_is_undone_answers_again_what_it_had_opened(
    held: Comment, moderator: User, author: Reader, colleague: User
) -> None:
    approve(held, moderator)
    held.refresh_from_db()
    report = Report.objects.create(comment=held, reader=author, revision=1, reason=Report.Reason.ILLEGAL)
    queue.take_reports()
    question = Escalation.objects.create(comment=held, by=colleague, by_name="Cleo")
    made = refuse(held, moderator)
    back = decisions.undo(decision_id=made.pk, by=moderator)
    report.refresh_from_db()
    question.refresh_from_db()
    assert (report.handled_at, question.closed_at) == (None, None)
    again = decisions.undo(decision_id=back.pk, by=moderator)
    for each in (report, question):
        each.refresh_from_db()
    assert report.handled_at is not None
    assert question.closed_at is not None
    assert not QueueItem.objects.exists()
    decisions.undo(decision_id=again.pk, by=moderator)
    for each in (report, question):
        each.refresh_from_db()
    assert (report.handled_at, question.closed_at) == (None, None)
    assert QueueItem.objects.get().kind == queue.Kind.REPORTED


def test_undone_before_it_was_scored_a_comment_waits_among_the_held_too(
    article: Article, author: Reader, moderator: User
) -> None:
    first_policy()
    comment = posting.post(article=article, reader=author, text="I like the tram.")
    queue.enter(comment, queue.Kind.REPORTED, None)
    made = refuse(comment, moderator)
    decisions.undo(decision_id=made.pk, by=moderator)
    assert set(QueueItem.objects.values_list("kind", flat=True)) == {"held", "reported"}


def test_only_the_decision_that_stands_can_be_undone(held: Comment, moderator: User) -> None:
    first = approve(held, moderator)
    held.refresh_from_db()
    refuse(held, moderator)
    with pytest.raises(decisions.Conflict):
        decisions.undo(decision_id=first.pk, by=moderator)


def test_nobody_decides_on_their_own_comment(article: object, quick_engine: None, moderator: User) -> None:
    own = posting.post(article=article, reader=moderator.reader, text=RUDE)  # type: ignore[arg-type]
    with pytest.raises(roles.NotAllowed, match="own comment"):
        approve(own, moderator)


def test_a_report_on_an_approved_comment_brings_it_back(held: Comment, moderator: User, author: Reader) -> None:
    approve(held, moderator)
    held.refresh_from_db()
    reports.save(comment=held, by=None, reason=Report.Reason.INSULT)
    queue.take_reports()
    assert QueueItem.objects.get().kind == "reported"
    held.refresh_from_db()
    approve(held, moderator)
    assert Report.objects.get().handled_at is not None
    assert queue.take_reports() == 0


def test_an_edit_makes_an_approved_comment_new_again(held: Comment, moderator: User, author: Reader) -> None:
    approve(held, moderator)
    held.refresh_from_db()
    posting.edit(comment=held, text="Quite other words now.", by=author)
    assert not Review.objects.exists()


def test_a_batch_gives_each_item_its_own_result_and_can_be_sent_twice(
    settled: Say, held: Comment, moderator: User, colleague: User
) -> None:
    other = settled("Another idiot spoke at the council about the tram.")
    approve(other, colleague)
    batch = uuid4()
    items = [(held.pk, held.version), (other.pk, other.version), (999_999, 1)]
    for _time in range(2):
        results = bulk.act(items, action="reject", by=moderator, batch=batch, reason_code="insult")
        assert [r.done for r in results] == [True, False, False]
        assert "cleo was first" in results[1].words
    assert Decision.objects.filter(batch=batch).count() == 1
    assert [r.done for r in bulk.undo(batch, by=moderator)] == [True]
    held.refresh_from_db()
    assert held.state == State.HELD


def test_counts_follow_every_change(held: Comment, moderator: User) -> None:
    assert tallies.counts()["held"] == 1
    made = approve(held, moderator)
    assert (tallies.counts().get("held", 0), tallies.counts()["approved"]) == (0, 1)
    decisions.undo(decision_id=made.pk, by=moderator)
    assert (tallies.counts()["held"], tallies.counts().get("approved", 0)) == (1, 0)
    assert tallies.differences() == []
    assert tallies.fold()
    assert tallies.counts()["held"] == 1
    assert tallies.differences() == []


def test_the_checker_finds_and_repairs_a_wrong_count(held: Comment) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO moderation_tally (name, n) VALUES ('is_published', 7)")
    assert tallies.differences() == [("is_published", None, 7, 0)]
    assert tallies.repair() == 1
    assert tallies.differences() == []


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_the_same_moment_make_one_decision_each_time() -> None:
    """RACES comments, two people, the same moment: one decision and one conflict for each, nothing lost."""
    first_policy()
    people = [staff("mo@example.org"), staff("cleo@example.org")]
    article = ArticleFactory()
    waiting = [judged(article) for _n in range(RACES)]
    outcomes: list[list[str]] = [[], []]
    barrier = threading.Barrier(2)

    def act(who: int) -> None:
        for comment in waiting:
            barrier.wait(timeout=30)
            try:
                decisions.by_person(
                    comment_id=comment.pk, action=["approve", "reject"][who], by=people[who],
                    version_seen=comment.version, reason_code="insult",
                )  # fmt: skip
                outcomes[who].append("done")
            except decisions.Conflict:
                outcomes[who].append("conflict")
        connection.close()

    threads = [threading.Thread(target=act, args=(who,)) for who in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120 + RACES)
        assert not thread.is_alive()
    assert [sorted(pair) for pair in zip(*outcomes, strict=True)] == [["conflict", "done"]] * RACES
    assert Decision.objects.filter(actor="person").count() == RACES
    assert not QueueItem.objects.exists()
    for comment in waiting:
        comment.refresh_from_db()
        approved = Review.objects.get(comment=comment).approved
        assert comment.state == (State.PUBLISHED if approved else State.REJECTED)
        told = Notice.objects.filter(comment=comment, withdrawn_at__isnull=True).values_list("outcome", flat=True)
        assert list(told) == ([] if approved else ["rejected"])
    assert tallies.differences() == []
