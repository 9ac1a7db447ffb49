"""manage.py load_demo: the demo goes the way of all comments, once, and only where it belongs."""

from __future__ import annotations

import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from discussions.models import Article, Comment, OutboxEntry, Reader, Report, State, User
from moderation import answering, insight, pipeline, reconcile, record, roles, scoring, tallies
from moderation.models import Action, Appeal, Decision, Escalation, Note, QueueItem, Sanction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_engine")]


COLLEAGUES = ("moderator", "editor", "sasha")


@pytest.fixture
def local(settings: Settings, tmp_path: Path) -> Path:
    settings.PARLEY_LOCAL = True
    settings.STATE_DIR = tmp_path
    return tmp_path / "demo_logins.txt"


def run(*options: str) -> str:
    out = StringIO()
    call_command("load_demo", *options, stdout=out)
    return out.getvalue()


def test_three_articles_and_their_readers_are_there(local: Path) -> None:
    said = run()
    assert Article.objects.count() == 3
    assert f"215 demo comments are there, {OutboxEntry.objects.count()} of them wait to be scored." in said
    assert all(article.standfirst and article.author and article.section for article in Article.objects.all())


def test_whatever_the_desk_has_not_seen_waits_to_be_scored(local: Path) -> None:
    run()
    waiting = Comment.objects.filter(state=State.PENDING)
    assert waiting.count() > 190
    assert set(OutboxEntry.objects.values_list("comment_id", "revision")) == set(waiting.values_list("id", "revision"))
    decided = set(Decision.objects.values_list("comment_id", flat=True))
    others = Comment.objects.exclude(pk__in=decided).values_list("state", flat=True)
    assert set(others) == {State.PENDING, State.DELETED}


def test_the_desk_has_a_past_to_look_at(local: Path) -> None:
    run()
    by_people = Decision.objects.filter(actor=Decision.Actor.PERSON)
    assert set(by_people.values_list("actor_name", flat=True)) == {f"{who}@parley.example" for who in COLLEAGUES}
    assert set(by_people.values_list("action", flat=True)) == {Action.APPROVE, Action.REJECT, Action.UNDO}
    assert by_people.filter(batch__isnull=False).count() == 2
    assert Sanction.objects.in_force().count() == 2
    assert Note.objects.count() == 2
    assert Escalation.objects.get(closed_at=None).to == User.objects.get(email="moderator@parley.example")
    assert not Decision.objects.filter(created_at__lt=timezone.now() - timedelta(minutes=5)).exists()


def test_appeals_wait_for_the_demos_moderator_and_one_was_granted(local: Path) -> None:
    run()
    moderator = User.objects.get(email="moderator@parley.example")
    waiting = Appeal.objects.filter(closed_at=None)
    assert [answering.why_not(one, moderator) for one in waiting] == ["", ""]
    granted = Appeal.objects.get(outcome=Appeal.Outcome.OVERTURNED)
    assert granted.comment.state == State.PUBLISHED


def test_the_past_keeps_the_record_and_the_counts_true(local: Path) -> None:
    run()
    pipeline.run()
    reconcile.reconcile()
    assert record.verify_database().problems == []
    assert tallies.differences() == []
    shown = insight.of("week")
    assert not any(one.is_empty for one in (shown.volume, shown.outcomes, shown.by_reason, shown.people))


def test_the_past_is_told_where_only_machines_have_decided_and_never_over_peoples_work(local: Path) -> None:
    run()
    pipeline.run()
    before = Decision.objects.count(), Appeal.objects.count(), Note.objects.count(), Sanction.objects.count()
    run()
    after = Decision.objects.count(), Appeal.objects.count(), Note.objects.count(), Sanction.objects.count()
    assert before == after


def test_without_a_model_the_demo_comes_without_a_past(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise scoring.CheckpointError("no model")

    monkeypatch.setattr(scoring, "score", broken)
    run()
    assert Comment.objects.filter(state=State.PENDING).count() == OutboxEntry.objects.count() > 200
    assert not Decision.objects.exists()


def test_comments_lie_in_the_past_in_the_order_they_were_written(local: Path) -> None:
    run()
    for article in Article.objects.all():
        times = list(article.comments.order_by("id").values_list("created_at", flat=True))
        assert times == sorted(times)
        assert article.published_at < times[0]
        assert times[-1] < timezone.now()
    assert not Comment.objects.filter(created_at__lt=F("reader__created_at")).exists()


def test_after_scoring_the_page_the_queues_and_the_tombstones_have_content(local: Path, quick_engine: None) -> None:
    run()
    pipeline.run()
    reconcile.reconcile()
    assert Comment.objects.filter(state=State.PUBLISHED).count() > 150
    assert QueueItem.objects.filter(kind="held").count() >= 3
    reported = set(QueueItem.objects.filter(kind="reported").values_list("comment_id", flat=True))
    assert len(reported) >= 10
    open_reports = Report.objects.filter(handled_at=None, comment__in=Comment.objects.readable())
    assert reported == set(open_reports.values_list("comment_id", flat=True))
    assert Comment.objects.filter(state=State.DELETED, shown=True).count() == 3
    assert Comment.objects.filter(picked_at__isnull=False, state=State.PUBLISHED).exists()
    assert Comment.objects.filter(shown_revision=2).exists()
    assert Comment.objects.filter(best__gt=0).exists()
    for article in Article.objects.all():
        assert article.comment_count == article.comments.readable().count()


def test_votes_are_counted_once_a_reader(local: Path) -> None:
    run()
    for comment in Comment.objects.filter(upvotes__gt=0):
        assert comment.votes.count() == comment.upvotes
        assert not comment.votes.filter(reader=comment.reader).exists()


def test_the_logins_work_and_are_for_nobody_else_to_read(local: Path) -> None:
    run()
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    for line in local.read_text(encoding="utf-8").splitlines():
        email, password = line.split()[-2:]
        user = User.objects.get(email=email)
        assert user.check_password(password)
        assert user.is_demo
        assert EmailAddress.objects.get(user=user).verified
    assert roles.may(User.objects.get(email="moderator@parley.example"), roles.DECIDE)
    assert roles.may(User.objects.get(email="editor@parley.example"), roles.EDIT_POLICY)
    assert roles.may(User.objects.get(email="admin@parley.example"), roles.ADMINISTER)
    assert not roles.may(User.objects.get(email="dev@parley.example"), roles.SEE_DESK)


def test_nobody_else_in_the_demo_can_log_in(local: Path) -> None:
    run()
    able = [user.email for user in User.objects.all() if user.has_usable_password()]
    assert sorted(able) == [f"{name}@parley.example" for name in ("admin", "dev", "editor", "moderator")]


def test_a_second_time_changes_nothing(local: Path) -> None:
    first = run()
    before = local.read_text(encoding="utf-8"), Comment.objects.count(), Reader.objects.count(), User.objects.count()
    second = run()
    after = local.read_text(encoding="utf-8"), Comment.objects.count(), Reader.objects.count(), User.objects.count()
    assert before == after
    assert second.startswith("The demo is there already.")
    assert first.splitlines()[1:] == second.splitlines()[1:]


def test_lost_logins_are_made_anew(local: Path) -> None:
    run()
    local.unlink()
    run()
    email, password = local.read_text(encoding="utf-8").splitlines()[0].split()[-2:]
    assert User.objects.get(email=email).check_password(password)


def test_a_site_with_a_database_of_its_own_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    settings.PARLEY_LOCAL = False
    settings.STATE_DIR = tmp_path
    with pytest.raises(CommandError, match="add --force"):
        run()
    assert Article.objects.count() == 0
    assert "demo comments" in run("--force")
