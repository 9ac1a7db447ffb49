"""A guest sees what is kept on them, and has it taken away."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from discussions import following, forgetting, posting, threads
from discussions.models import Article, Comment, Follow, Mail, Mute, Reader, Revision, State
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, move, post

pytestmark = pytest.mark.django_db

PERSON = {"name": "Ada Brook", "email": "ada@example.org"}


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


@pytest.fixture
def guest(client: Client, article: Article) -> Reader:
    """Whoever `client` is after a first comment, seen by all."""
    client.post(f"/articles/{article.slug}/comments/", {"text": "My first words here.", **PERSON})
    return move(Comment.objects.get(), State.PUBLISHED).reader


def confirm(guest: Reader) -> None:
    Reader.objects.filter(pk=guest.pk).update(email_confirmed_at=timezone.now())


def test_a_guest_sees_what_is_kept(client: Client, guest: Reader, article: Article) -> None:
    following.follow(reader=guest, article=article)
    assert "/me/forget/" in client.get("/me/").content.decode()
    body = client.get("/me/forget/").content.decode()
    assert "ada@example.org" in body
    assert "Ada Brook" in body
    assert forgetting.kept_on(guest) == forgetting.Kept(comments=1, votes=0, reports=0, follows=1, mutes=0, mails=0)


def test_the_page_is_for_guests_alone(client: Client) -> None:
    assert client.get("/me/forget/").status_code == 404
    client.force_login(AccountFactory().user)
    assert client.get("/me/forget/").status_code == 404
    assert client.post("/me/forget/", {"comments": "delete"}).status_code == 404


def test_the_words_stay_without_the_name(client: Client, guest: Reader, article: Article) -> None:
    other = ReaderFactory()
    Mute.objects.create(reader=guest, muted=other)
    following.follow(reader=guest, article=article)
    Mail.objects.create(to=guest.email, subject="S", body="B", sender="x@example.org")
    assert "Ada Brook" in Client().get(article.get_absolute_url()).content.decode()
    answer = client.post("/me/forget/", {"comments": "keep"})
    assert answer.status_code == 302
    assert answer.cookies["reader"].value == ""
    body = Client().get(article.get_absolute_url()).content.decode()
    assert "My first words here." in body
    assert "Ada Brook" not in body
    assert "A former reader" in body
    assert f"/readers/{guest.pk}/" not in body
    guest.refresh_from_db()
    assert (guest.name, guest.email, guest.erased_at is None) == ("A former reader", "", False)
    assert [model.objects.count() for model in (Mute, Follow, Mail)] == [0, 0, 0]
    assert Client().get(f"/readers/{guest.pk}/").status_code == 404


def test_the_words_go_in_every_version_and_answers_stay(client: Client, guest: Reader, article: Article) -> None:
    mine = Comment.objects.get()
    answer = post(article, "An answer to it.", parent=mine)
    mine.refresh_from_db()
    posting.edit(comment=mine, text="Second thoughts.", by=guest)
    client.post("/me/forget/", {"comments": "delete"})
    body = Client().get(article.get_absolute_url()).content.decode()
    assert "An answer to it." in body
    assert "Deleted by its author." in body
    words = Revision.objects.exclude(comment=answer).values_list("text", "html")
    assert list(words) == [("", ""), ("", "")]


def test_the_old_cookie_is_nobody_any_more(client: Client, guest: Reader) -> None:
    old = client.cookies["reader"].value
    client.post("/me/forget/", {"comments": "keep"})
    again = Client()
    again.cookies["reader"] = old
    assert again.get("/me/").status_code == 302


def test_a_confirmed_address_has_to_agree(client: Client, guest: Reader) -> None:
    confirm(guest)
    body = client.post("/me/forget/", {"comments": "delete"}).content.decode()
    assert "We have sent a link to ada@example.org" in body
    assert not Reader.objects.exclude(erased_at=None).exists()
    found = re.search(r"https?://[^/\s]+(/forget/\S+)", mail.outbox[-1].body)
    assert found is not None
    anywhere = Client()
    assert "all comments under it go" in anywhere.get(found[1]).content.decode()
    assert not Reader.objects.exclude(erased_at=None).exists()
    assert anywhere.post(found[1]).status_code == 302
    assert Comment.objects.get().state == State.DELETED
    assert anywhere.get(found[1]).status_code == 404


def test_a_forged_link_forgets_nobody(client: Client, guest: Reader) -> None:
    assert client.post("/forget/1:forged:token/").status_code == 404
    assert not Reader.objects.exclude(erased_at=None).exists()


def test_what_becomes_of_the_comments_has_to_be_said(client: Client, guest: Reader) -> None:
    assert client.post("/me/forget/", {"comments": "whatever"}).status_code == 422
    assert threads.one(Comment.objects.get().pk).name == "Ada Brook"
