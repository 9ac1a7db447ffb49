"""From a pending comment to a verdict: exactly once, whoever dies on the way."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from discussions import guests, posting
from discussions.models import Article, Comment, Notice, OutboxEntry, State
from moderation import pipeline, reconcile, scoring
from moderation.models import Decision, Policy, QueueItem, Score, Worker
from moderation.policy import DEFAULT_RULES
from tests.doubles import scoring as double
from tests.moderation.conftest import Say

pytestmark = pytest.mark.django_db

KIND = "Thank you for the careful report about the tram."
RUDE = "You are an idiot and everyone in this town knows it."


def lease_over() -> None:
    """As if the lease of every claimed row had run out."""
    OutboxEntry.objects.update(available_at=timezone.now() - timedelta(seconds=1))


def set_rules(**changed: object) -> None:
    version = Policy.objects.in_force().version + 1
    Policy.objects.create(version=version, rules=DEFAULT_RULES | changed)


def test_a_kind_comment_appears_with_score_provenance_and_reasons(settled: Say) -> None:
    comment = settled(KIND)
    score = Score.objects.get(comment=comment)
    decision = Decision.objects.get(comment_id=comment.pk)
    assert (comment.state, comment.shown_revision) == (State.PUBLISHED, 1)
    assert score.weights
    assert score.checkpoint
    assert decision.policy_version == Policy.objects.in_force().version
    assert decision.reasons[0]["rule"] == "clear"
    assert not OutboxEntry.objects.exists()


def test_a_doubtful_comment_waits_on_the_queue(settled: Say) -> None:
    set_rules(thresholds={"toxicity": {"hold": 0.5, "reject": 1.0}})
    comment = settled(RUDE)
    assert (comment.state, comment.shown_revision) == (State.HELD, None)
    assert QueueItem.objects.get(comment=comment).kind == "held"


def test_a_clear_refusal_tells_the_author_why(settled: Say) -> None:
    set_rules(banned_words=["idiot"])
    comment = settled(RUDE)
    assert comment.state == State.REJECTED
    assert Notice.objects.get(comment=comment).outcome == "rejected"


def test_running_again_changes_nothing(settled: Say) -> None:
    comment = settled(KIND)
    version = comment.version
    pipeline.run()
    comment.refresh_from_db()
    assert comment.version == version
    assert Score.objects.count() == Decision.objects.count() == 1


def test_a_premoderated_article_holds_even_the_kind(settled: Say, article: Article) -> None:
    Article.objects.update(mode=Article.Mode.PREMODERATED)
    article.refresh_from_db()
    assert settled(KIND).state == State.HELD


def test_an_edit_during_scoring_leaves_the_final_score_to_the_final_words(say: Say, quick_engine: None) -> None:
    comment = say(RUDE)
    token = uuid4()
    claimed = pipeline.claim(token)
    stale = double.score([RUDE])
    posting.edit(comment=comment, text=KIND, by=comment.reader)
    assert pipeline.settle(claimed, token, stale) == 0
    pipeline.run()
    comment.refresh_from_db()
    assert (comment.state, comment.revision, comment.shown_revision) == (State.PUBLISHED, 2, 2)
    assert Score.objects.get(comment=comment, revision=2).labels["toxicity"] < 0.5


def test_a_late_write_after_the_lease_has_no_effect(say: Say, quick_engine: None) -> None:
    comment = say(KIND)
    late_token = uuid4()
    late = pipeline.claim(late_token)
    lease_over()
    pipeline.run()
    assert pipeline.settle(late, late_token, double.score([KIND])) == 0
    assert Score.objects.filter(comment=comment).count() == 1
    assert Decision.objects.filter(comment_id=comment.pk).count() == 1


def test_a_row_under_lease_is_not_claimed_again(say: Say) -> None:
    say(KIND)
    assert len(pipeline.claim(uuid4())) == 1
    assert pipeline.claim(uuid4()) == []


def test_under_a_lasting_backlog_what_failed_before_has_its_turn(say: Say) -> None:
    first, second = say("One."), say("Two.")
    OutboxEntry.objects.filter(comment=first).update(attempts=2, token=uuid4())
    usual, now_and_then = UUID(int=1), UUID(int=pipeline.FAILED_FIRST)
    assert [entry.comment_id for entry in pipeline.claim(now_and_then)] == [first.pk]
    assert [entry.comment_id for entry in pipeline.claim(usual)] == [second.pk]
    third = say("Three.")
    assert [entry.comment_id for entry in pipeline.claim(now_and_then)] == [third.pk], "nothing failed waits any more"


def test_what_failed_before_is_claimed_alone(say: Say) -> None:
    for number in range(3):
        say(f"{KIND} {number}")
    assert len(pipeline.claim(uuid4())) == 3
    lease_over()
    assert [len(pipeline.claim(uuid4())) for _ in range(4)] == [1, 1, 1, 0]


def test_rows_given_back_are_as_if_never_claimed(say: Say) -> None:
    say(KIND)
    token = uuid4()
    pipeline.give_back(pipeline.claim(token), token)
    entry = OutboxEntry.objects.get()
    assert (entry.attempts, entry.token) == (0, None)


def test_a_text_that_breaks_the_engine_is_held_alone(
    say: Say, quick_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = say("poison pill")
    others = [say(f"{KIND} {number}") for number in range(5)]

    def fragile(texts: list[str], **more: object) -> list[scoring.Scores]:
        if any("poison" in text for text in texts):
            raise RuntimeError("the model fell over")
        return double.score(texts, **more)

    monkeypatch.setattr(scoring, "score", fragile)
    for _ in range(6):
        pipeline.run()
        lease_over()
    poison.refresh_from_db()
    assert poison.state == State.HELD
    assert Decision.objects.get(comment_id=poison.pk).reasons[0]["rule"] == "unscorable"
    assert {c.state for c in Comment.objects.filter(pk__in=[o.pk for o in others])} == {State.PUBLISHED}
    assert not OutboxEntry.objects.exists()


def test_what_kills_workers_is_held_even_where_unscored_comments_are_published(say: Say, quick_engine: None) -> None:
    set_rules(publish_unscored=True)
    comment = say(KIND)
    OutboxEntry.objects.update(attempts=5, token=uuid4())
    pipeline.run()
    comment.refresh_from_db()
    assert comment.state == State.HELD


def test_an_edit_after_a_persons_refusal_reaches_held_at_best(settled: Say) -> None:
    comment = settled(KIND)
    Comment.objects.filter(pk=comment.pk).update(
        state="rejected", shown_revision=None, shown=False, refused_by_person=True
    )
    comment.refresh_from_db()
    posting.edit(comment=comment, text=KIND + " Again.", by=comment.reader)
    pipeline.run()
    comment.refresh_from_db()
    assert comment.state == State.HELD


def test_a_rude_edit_is_held_while_the_earlier_words_stay(settled: Say) -> None:
    set_rules(thresholds={"toxicity": {"hold": 0.5, "reject": 1.0}})
    comment = settled(KIND)
    posting.edit(comment=comment, text=RUDE, by=comment.reader)
    pipeline.run()
    comment.refresh_from_db()
    assert (comment.state, comment.shown_revision, comment.shown) == (State.HELD, 1, True)


def test_the_same_long_words_by_another_reader_are_held(settled: Say) -> None:
    text = "Buy the finest tram models in town at a price that will surprise you."
    assert settled(text).state == State.PUBLISHED
    other = guests.add(name="Bo", email="bo@example.org")
    assert settled(text, reader=other).state == State.HELD


def test_stopping_leaves_no_lease_behind(say: Say, quick_engine: None) -> None:
    say(KIND)
    answers = iter([False, True])
    pipeline.run(should_stop=lambda: next(answers, True))
    entry = OutboxEntry.objects.get()
    assert (entry.attempts, entry.token) == (0, None)


def test_a_worker_that_lost_the_database_leaves_no_lease_behind(
    say: Say, quick_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = [say(f"{KIND} Number {n}, {'and on ' * 300 * n}") for n in range(3)]  # more than one micro-batch
    with monkeypatch.context() as cut:
        cut.setattr(pipeline, "_texts", mock.Mock(side_effect=OperationalError("the server went away")))
        with pytest.raises(OperationalError):
            pipeline.run()
    assert not OutboxEntry.objects.filter(available_at__lte=timezone.now()).exists()
    other = uuid4()  # meanwhile somebody else has taken one of them
    OutboxEntry.objects.filter(comment=comments[0]).update(token=other)
    assert pipeline.run() == 2
    assert OutboxEntry.objects.get().token == other
    assert pipeline._cut_off == []


def test_a_pending_comment_without_an_outbox_row_is_found_and_scored(say: Say, quick_engine: None) -> None:
    comment = say(KIND)
    OutboxEntry.objects.all().delete()
    assert reconcile.reconcile() == 1
    assert reconcile.reconcile() == 0
    pipeline.run()
    comment.refresh_from_db()
    assert comment.state == State.PUBLISHED


def test_a_comment_that_waits_too_long_raises_an_alarm(say: Say) -> None:
    say(KIND)
    OutboxEntry.objects.update(created_at=timezone.now() - timedelta(seconds=50))
    with override_settings(SCORING_STALE_SECONDS=60), mock.patch.object(reconcile, "log") as log:
        reconcile.reconcile()
    log.error.assert_not_called()
    with override_settings(SCORING_STALE_SECONDS=40), mock.patch.object(reconcile, "log") as log:
        reconcile.reconcile()
    assert [call.args for call in log.error.call_args_list] == [("scoring_is_late",)]


def test_a_scoring_process_reports_itself(settled: Say) -> None:
    settled(KIND)
    assert [worker.scored for worker in Worker.objects.ready()] == [1]


@override_settings(SCORING_STALE_SECONDS=0)
def test_a_process_that_fell_silent_is_not_ready(settled: Say) -> None:
    settled(KIND)
    assert Worker.objects.ready() == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE moderation_decision SET actor_name = 'x'", "DELETE FROM moderation_decision"],
)
def test_the_record_cannot_be_changed_or_deleted(settled: Say, statement: str) -> None:
    settled(KIND)
    with pytest.raises(DatabaseError, match="decision_is_append_only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert Decision.objects.get().actor_name == ""


def test_a_policy_version_never_changes() -> None:
    first = Policy.objects.in_force()
    first.rules = {"thresholds": {}}
    with pytest.raises(DatabaseError, match="policy_rules_never_change"), transaction.atomic():
        first.save()
