"""The language a reader is written to in: kept when they take part, used for every mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone, translation

from discussions import following, forgetting, languages
from discussions.models import Article, Follow, Mail, Reader
from tests.factories.discussions import AccountFactory, ReaderFactory, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_in_the_database")]

GERMAN = {"Accept-Language": "de"}


def language_of(reader: Reader) -> str:
    return Reader.objects.values_list("language", flat=True).get(pk=reader.pk)


def test_a_guests_language_is_that_of_the_page_they_post_on(client: Client, article: Article) -> None:
    sent = {"text": "Guten Abend.", "name": "Ada", "email": "ada@example.org"}
    client.post(f"{article.get_absolute_url()}comments/", sent, headers=GERMAN)
    guest = Reader.objects.get(name="Ada")
    assert guest.language == "de"
    client.post(f"{article.get_absolute_url()}comments/", {"text": "Good evening.", "name": "Ada"})
    assert language_of(guest) == "en"


def test_following_and_choosing_a_language_are_remembered(client: Client, article: Article) -> None:
    account = AccountFactory()
    client.force_login(account.user)
    client.post(f"{article.get_absolute_url()}follow/", headers=GERMAN)
    assert language_of(account) == "de"
    client.get("/language/ar/")
    assert language_of(account) == "ar"


def test_editing_is_taking_part(client: Client, article: Article) -> None:
    account = AccountFactory()
    mine = post(article, "Good evening.", reader=account)
    client.force_login(account.user)
    client.post(f"/comments/{mine.pk}/edit/", {"text": "Guten Abend."}, headers=GERMAN)
    assert language_of(account) == "de"


def test_signing_up_is_remembered_and_answered_in_that_language(client: Client) -> None:
    sent = {"email": "bea@example.org", "password1": "a quiet evening", "name": "Bea"}
    client.post("/accounts/signup/", sent, headers=GERMAN)
    assert Reader.objects.get(name="Bea").language == "de"
    client.post("/accounts/password/reset/", {"email": "bea@example.org"}, headers={"Accept-Language": "en"})
    welcome, reset = Mail.objects.order_by("pk")
    assert "Um zu bestätigen" in welcome.body
    assert "Um eines zu wählen" in reset.body


@pytest.mark.parametrize(("language", "subject", "says"), [("de", "Neu in: ", "Sie"), ("ar", "جديد في: ", "طلبت")])
def test_news_is_told_in_the_followers_language(article: Article, language: str, subject: str, says: str) -> None:
    account = AccountFactory(language=language)
    following.follow(reader=account, article=article)
    post(article)
    Follow.objects.update(told_at=timezone.now() - timedelta(minutes=2))
    assert following.tell_due() == 1
    mail = Mail.objects.get()
    assert mail.subject == f"{subject}{article.title}"
    assert says in mail.body
    assert "You " not in mail.body


def test_the_questions_to_a_guest_are_in_their_language() -> None:
    guest = ReaderFactory(language="de", email_confirmed_at=timezone.now())
    following.ask_to_confirm(guest)
    forgetting.ask(guest, forgetting.KEEP)
    confirm, forget = Mail.objects.order_by("pk")
    assert (confirm.subject, forget.subject) == ("Ist das Ihre Adresse?", "Sollen wir Sie vergessen?")
    assert "Jemand, vermutlich Sie" in confirm.body
    assert "Jemand, wahrscheinlich Sie" in forget.body


@override_settings(LANGUAGE_CODE="de")
def test_a_language_that_is_not_known_is_the_sites() -> None:
    with translation.override("en"), languages.speaking_to(ReaderFactory()):
        assert translation.get_language() == "de"
    with languages.speaking_to(ReaderFactory(), otherwise="ar"):
        assert translation.get_language() == "ar"
    with languages.speaking_to(ReaderFactory(), otherwise="tlh"):
        assert translation.get_language() == "de"


def test_whoever_is_forgotten_leaves_no_language() -> None:
    guest = ReaderFactory(language="ar")
    forgetting.forget(guest, comments=forgetting.KEEP)
    assert language_of(guest) == ""
