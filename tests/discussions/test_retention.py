"""Addresses are kept no longer than the settings say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.test import override_settings
from django.utils import timezone

from discussions import following, retention, votes
from discussions.mail import MAX_ATTEMPTS
from discussions.models import Article, Comment, Mail, Reader, Report, User, Vote
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, post

pytestmark = pytest.mark.django_db


def long_ago(days: int) -> None:
    """As if all readers, comments and mails were so many days old."""
    then = timezone.now() - timedelta(days=days)
    Reader.objects.update(created_at=then)
    Comment.objects.update(created_at=then)
    Mail.objects.update(sent_at=then)


def _signed_up(*, days_ago: int, verified: bool = False, **fields: Any) -> User:
    """An account as sign-up leaves it, so many days ago."""
    user: User = AccountFactory().user
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
    User.objects.filter(pk=user.pk).update(date_joined=timezone.now() - timedelta(days=days_ago), **fields)
    return user


@override_settings(GUEST_EMAIL_DAYS=10)
def test_a_guests_address_is_erased_after_its_time_and_the_words_stay() -> None:
    comment = post(ArticleFactory(), "Still here.")
    long_ago(9)
    assert retention.forget().addresses == 0
    long_ago(11)
    assert retention.forget().addresses == 1
    assert Reader.objects.get().email == ""
    comment.refresh_from_db()
    assert comment.shown_revision == 1


@override_settings(GUEST_EMAIL_DAYS=10)
def test_who_still_writes_or_wants_mails_keeps_the_address() -> None:
    article = ArticleFactory()
    writes, follows = ReaderFactory(), ReaderFactory()
    following.follow(reader=follows, article=article)
    long_ago(11)
    post(article, reader=writes)
    assert retention.forget().addresses == 0


@override_settings(GUEST_EMAIL_DAYS=0, SENT_MAIL_DAYS=0, UNCONFIRMED_DAYS=0)
def test_zero_keeps_everything() -> None:
    post(ArticleFactory())
    Mail.objects.create(to="a@example.org", subject="S", body="B", sender="x@example.org")
    long_ago(1000)
    _signed_up(days_ago=1000)
    assert set(retention.forget()) == {0}


@override_settings(SENT_MAIL_DAYS=10)
def test_sent_mail_goes_and_waiting_mail_stays() -> None:
    for sent_at in (timezone.now() - timedelta(days=11), timezone.now(), None):
        Mail.objects.create(to="a@example.org", subject="S", body="B", sender="x@example.org", sent_at=sent_at)
    assert retention.forget().mails == 1
    assert Mail.objects.count() == 2


@override_settings(CLOSE_AFTER_DAYS=7)
def test_a_discussion_closes_by_itself_unless_the_article_says_otherwise() -> None:
    now = timezone.now()
    old: Article = ArticleFactory(published_at=now - timedelta(days=8))
    longer: Article = ArticleFactory(published_at=now - timedelta(days=8), closes_at=now + timedelta(days=1))
    assert [old.is_open(), longer.is_open(), ArticleFactory().is_open()] == [False, True, True]


def test_accounts_are_never_touched() -> None:
    account = AccountFactory()
    long_ago(10_000)
    retention.forget()
    account.user.refresh_from_db()
    assert account.user.email


@override_settings(UNCONFIRMED_DAYS=3)
def test_an_account_that_nobody_confirms_gives_its_name_back() -> None:
    old = _signed_up(days_ago=4)
    name = old.reader.name
    kept = [
        _signed_up(days_ago=2),
        _signed_up(days_ago=4, verified=True),
        _signed_up(days_ago=4, last_login=timezone.now()),
        _signed_up(days_ago=4, is_staff=True),
        _signed_up(days_ago=4),
        AccountFactory().user,
    ]
    User.objects.filter(pk=kept[-1].pk).update(date_joined=timezone.now() - timedelta(days=400))
    post(ArticleFactory(), reader=kept[-2].reader)
    assert retention.forget().accounts == 1
    assert set(User.objects.all()) == set(kept)
    assert not Reader.objects.filter(name=name).exists()


def test_ended_sessions_go() -> None:
    now = timezone.now()
    for number, ends in enumerate((now - timedelta(days=1), now + timedelta(days=1))):
        Session.objects.create(session_key=f"key{number}", session_data="", expire_date=ends)
    assert retention.forget().sessions == 1
    assert Session.objects.get().session_key == "key1"


@override_settings(SIGNAL_DAYS=10)
def test_votes_forget_where_they_came_from_and_go_on_counting() -> None:
    comment = post(ArticleFactory())
    for _number in range(2):
        votes.add(comment=comment, by=ReaderFactory(), origin="a" * 32)
    assert retention.forget().origins == 0
    Vote.objects.update(created_at=timezone.now() - timedelta(days=11))
    assert retention.forget().origins == 2
    votes.add(comment=comment, by=ReaderFactory(), origin="b" * 32)
    assert Vote.objects.filter(origin="").count() == 2
    assert comment.upvotes == 2


@override_settings(SENT_MAIL_DAYS=10)
def test_a_mail_that_never_could_be_sent_goes_too() -> None:
    then = timezone.now() - timedelta(days=11)
    for attempts in (MAX_ATTEMPTS, 3):
        Mail.objects.create(to="a@example.org", subject="S", body="B", attempts=attempts, available_at=then)
    assert retention.forget().mails == 1
    assert Mail.objects.get().attempts == 3


@override_settings(GUEST_EMAIL_DAYS=10)
def test_who_signed_a_notice_is_erased_so_long_after_it_was_decided() -> None:
    comment = post(ArticleFactory())
    for days in (None, 9, 11):
        handled = None if days is None else timezone.now() - timedelta(days=days)
        Report.objects.create(comment=comment, revision=1, reason="illegal", words="See the law.",
                              notifier_name="A Lawyer", notifier_email="a@example.org", handled_at=handled)  # fmt: skip
    assert retention.forget().notifiers == 1
    left = Report.objects.order_by("pk").values_list("notifier_name", "notifier_email", "words")
    signed, erased = ("A Lawyer", "a@example.org", "See the law."), ("", "", "See the law.")
    assert list(left) == [signed, signed, erased]
