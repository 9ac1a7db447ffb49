"""manage.py load_demo: the demo goes the way of all comments, once, and only where it belongs."""

from __future__ import annotations

import stat
from io import StringIO
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from discussions.models import Article, Comment, OutboxEntry, Reader, State, User
from moderation import pipeline, reconcile, roles
from moderation.models import QueueItem

pytestmark = pytest.mark.django_db


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
    assert "215 demo comments wait to be scored." in said
    assert all(article.standfirst and article.author and article.section for article in Article.objects.all())


def test_every_comment_but_the_deleted_waits_to_be_scored(local: Path) -> None:
    run()
    states = set(Comment.objects.values_list("state", flat=True))
    assert states == {State.PENDING, State.DELETED}
    waiting = Comment.objects.filter(state=State.PENDING)
    assert set(OutboxEntry.objects.values_list("comment_id", "revision")) == set(waiting.values_list("id", "revision"))


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
    assert reported == set(Comment.objects.readable().filter(reports__isnull=False).values_list("pk", flat=True))
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
