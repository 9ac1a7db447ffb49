"""Addresses are kept no longer than the settings say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from discussions import following, retention
from discussions.models import Article, Comment, Mail, Reader
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, post

pytestmark = pytest.mark.django_db


def long_ago(days: int) -> None:
    """As if all readers, comments and mails were so many days old."""
    then = timezone.now() - timedelta(days=days)
    Reader.objects.update(created_at=then)
    Comment.objects.update(created_at=then)
    Mail.objects.update(sent_at=then)


@override_settings(GUEST_EMAIL_DAYS=10)
def test_a_guests_address_is_erased_after_its_time_and_the_words_stay() -> None:
    comment = post(ArticleFactory(), "Still here.")
    long_ago(9)
    assert retention.forget()[0] == 0
    long_ago(11)
    assert retention.forget()[0] == 1
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
    assert retention.forget()[0] == 0


@override_settings(GUEST_EMAIL_DAYS=0, SENT_MAIL_DAYS=0)
def test_zero_keeps_everything() -> None:
    post(ArticleFactory())
    Mail.objects.create(to="a@example.org", subject="S", body="B", sender="x@example.org")
    long_ago(1000)
    assert retention.forget() == (0, 0)


@override_settings(SENT_MAIL_DAYS=10)
def test_sent_mail_goes_and_waiting_mail_stays() -> None:
    for sent_at in (timezone.now() - timedelta(days=11), timezone.now(), None):
        Mail.objects.create(to="a@example.org", subject="S", body="B", sender="x@example.org", sent_at=sent_at)
    assert retention.forget()[1] == 1
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
