"""Readers see what is kept on them, and have it taken away."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from discussions import following, forgetting, guests, posting, refusals, reports, threads, votes
from discussions.models import (
    Article,
    Comment,
    Follow,
    Mail,
    Mute,
    Reader,
    Report,
    Revision,
    State,
    User,
    Vote,
)
from tests.factories.discussions import AccountFactory, ReaderFactory, move, post

pytestmark = pytest.mark.django_db

PERSON = {"name": "Ada Brook", "email": "ada@example.org"}


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


def test_on_a_stranger_nothing_is_kept(client: Client) -> None:
    assert client.get("/me/forget/").status_code == 404
    assert client.post("/me/forget/", {"comments": "delete"}).status_code == 404


def test_the_words_stay_without_the_name(client: Client, guest: Reader, article: Article) -> None:
    other = ReaderFactory()
    own = Comment.objects.get(reader=guest)
    given = {"notifier_name": "Ada Brook", "notifier_email": guest.email}
    Report.objects.create(comment=own, reader=guest, reason="illegal", revision=1, **given)
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
    assert Report.objects.values_list("reader", *given).get() == (None, "", "")
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


@pytest.fixture
def account(client: Client, article: Article) -> Reader:
    """Whoever `client` is logged in as, with one comment that all can read."""
    made = AccountFactory(name="Bo Lind")
    EmailAddress.objects.create(user=made.user, email=made.user.email, verified=True, primary=True)
    client.force_login(made.user)
    post(article, "First words of an account.", reader=made)
    return made


def close(client: Client, comments: str) -> HttpResponse:
    """Ask for it, give the password that is asked for, and press once more."""
    asked = client.post("/me/forget/", {"comments": comments})
    assert asked.headers["Location"] == f"/accounts/reauthenticate/?next=%2Fme%2Fforget%2F%3Fcomments%3D{comments}"
    back = client.post(asked.headers["Location"], {"password": "a quiet evening"}).headers["Location"]
    assert 'value="delete" id="comments-delete" required checked' not in client.get("/me/forget/").content.decode()
    assert f'id="comments-{comments}" required checked' in client.get(back).content.decode()
    return client.post("/me/forget/", {"comments": comments})


def test_an_account_sees_what_is_kept(client: Client, account: Reader) -> None:
    EmailAddress.objects.create(user=account.user, email="bo.second@example.org")
    Mail.objects.create(to="bo.second@example.org", subject="S", body="B", sender="x@example.org")
    assert "/me/forget/" in client.get("/me/").content.decode()
    body = client.get("/me/forget/").content.decode()
    for said in (account.user.email, "bo.second@example.org", "Bo Lind", "Close my account"):
        assert said in body
    assert forgetting.kept_on(account).mails == 1


def test_an_account_is_closed_and_its_words_stay_without_the_name(
    client: Client, account: Reader, article: Article
) -> None:
    other = post(article, "Words of another.")
    votes.add(comment=other, by=account)
    reports.save(comment=other, by=account, reason="spam", words="Look at the end.")
    Mute.objects.create(reader=account, muted=other.reader)
    following.follow(reader=account, article=article)
    Mail.objects.create(to=account.user.email, subject="S", body="B", sender="x@example.org")
    elsewhere = Client()
    elsewhere.force_login(account.user)
    answer = close(client, "keep")
    assert "Your account is closed" in client.get(answer.headers["Location"]).content.decode()
    body = Client().get(article.get_absolute_url()).content.decode()
    assert "First words of an account." in body
    assert "Bo Lind" not in body
    assert "A former reader" in body
    account.refresh_from_db()
    assert (account.name, account.kind, account.user, account.erased_at is None) == (
        "A former reader", Reader.Kind.GUEST, None, False,
    )  # fmt: skip
    assert [m.objects.count() for m in (User, EmailAddress, Mute, Follow, Mail)] == [0, 0, 0, 0, 0]
    assert (Vote.objects.get().comment, Report.objects.get().reader) == (other, None)
    for browser in (client, elsewhere):
        assert browser.get("/me/").headers["Location"].startswith("/accounts/login/")


def test_an_account_is_closed_with_all_its_words(client: Client, account: Reader, article: Article) -> None:
    close(client, "delete")
    assert Comment.objects.get().state == State.DELETED
    assert list(Revision.objects.values_list("text", "html")) == [("", "")]


def test_the_name_and_the_address_of_a_closed_account_are_free_again(
    client: Client, account: Reader, article: Article
) -> None:
    email = account.user.email
    close(client, "keep")
    guests.check(name="Bo Lind", email=email)


def test_two_presses_at_once_close_an_account_once(account: Reader) -> None:
    for _press in range(2):
        forgetting.forget(account, comments="keep")
    assert Reader.objects.get(pk=account.pk).name == "A former reader"


def test_without_the_password_no_account_is_closed(client: Client, account: Reader) -> None:
    address = client.post("/me/forget/", {"comments": "delete"}).headers["Location"]
    wrong = client.post(address, {"password": "a loud morning"})
    assert wrong.status_code == 200
    client.post("/me/forget/", {"comments": "delete"})
    account.refresh_from_db()
    assert (account.erased_at, User.objects.count()) == (None, 1)


@pytest.mark.parametrize("office", ["is_staff", "is_superuser"])
def test_who_works_here_cannot_be_forgotten_meanwhile(client: Client, account: Reader, office: str) -> None:
    User.objects.filter(pk=account.user_id).update(**{office: True})
    body = client.get("/me/forget/").content.decode()
    assert "You work for this site" in body
    assert "Close my account" not in body
    refused = client.post("/me/forget/", {"comments": "keep"})
    assert refused.status_code == 403
    assert "your account cannot be closed yet" in refused.content.decode()
    account.refresh_from_db()
    with pytest.raises(refusals.Refused):
        forgetting.forget(account, comments="keep")
    assert User.objects.count() == 1
