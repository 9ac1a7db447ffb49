"""At the doors to the accounts: what is said, what is mailed, and where one comes out."""

from __future__ import annotations

import re

import pytest
from django.test import Client, override_settings

from discussions.models import Article, Mail
from tests.factories.discussions import AccountFactory, ArticleFactory

pytestmark = pytest.mark.django_db

PASSWORD = "forty quiet evenings"
SITE = "https://talk.example.org"


@pytest.fixture(autouse=True)
def _mail_in_the_database():
    with override_settings(EMAIL_BACKEND="discussions.mail.OutboxBackend", SITE_URL=SITE):
        yield


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


def sign_up(client: Client, *, email: str = "ada@example.org", language: str = "en", **more: str):
    filled = {"email": email, "password1": PASSWORD, "name": "Ada Brook", **more}
    return client.post("/accounts/signup/", filled, headers={"Accept-Language": language})


def link_in_the_last_mail() -> str:
    return re.search(rf"{SITE}(/\S+)", Mail.objects.latest("pk").body)[1]


def form_at(client: Client, address: str) -> dict[str, str]:
    """The hidden fields of the page at an address, as a browser sends them back."""
    page = client.get(address).content.decode()
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_joining_from_an_article_ends_at_the_article(client: Client, article: Article) -> None:
    page = article.get_absolute_url()
    door = re.search(r'href="(/accounts/signup/[^"]*)"', client.get(page).content.decode())[1]
    sign_up(client, **form_at(client, door))
    link = link_in_the_last_mail()
    answer = client.post(link, form_at(client, link))
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert "Ada Brook" in client.get("/me/").content.decode()


def test_a_link_opened_in_another_browser_asks_to_log_in_and_then_leads_there(client: Client, article: Article) -> None:
    page = article.get_absolute_url()
    sign_up(client, next=page)
    link, other = link_in_the_last_mail(), Client()
    answer = other.post(link, form_at(other, link))
    door = answer.headers["Location"]
    assert door.startswith("/accounts/login/?next=")
    assert other.get("/me/").status_code == 302, "the link alone logs nobody in"
    answer = other.post(door, {"login": "ada@example.org", "password": PASSWORD, **form_at(other, door)})
    assert answer.headers["Location"] == page


def test_nobody_is_led_to_another_site(client: Client) -> None:
    sign_up(client, next="https://evil.example/")
    assert "evil" not in Mail.objects.get().body


def test_an_address_with_an_account_is_told_so_even_right_after_another_mail(client: Client) -> None:
    sign_up(client)
    client.post(link_in_the_last_mail())
    sign_up(Client(), name="Somebody Else")
    told = Mail.objects.latest("pk")
    assert (Mail.objects.count(), told.subject) == (2, "You have an account already")
    assert f"{SITE}/accounts/login/" in told.body
    assert f"{SITE}/accounts/password/reset/" in told.body


def test_how_often_an_address_is_written_to_is_said_and_kept(client: Client) -> None:
    account = AccountFactory(user__email="ada@example.org")
    for _time in range(5):
        page = Client().post(
            "/accounts/signup/", {"email": account.user.email, "password1": PASSWORD, "name": "Ada Brook"}, follow=True
        )
        assert "three times in ten minutes" in page.content.decode()
    assert Mail.objects.count() == 3


@pytest.mark.parametrize(
    ("language", "subject", "says"),
    [("de", "Sie haben schon ein Konto", "Um sich anzumelden"), ("ar", "لديك حساب بالفعل", "لتسجيل الدخول")],
)
def test_the_mail_about_an_account_speaks_the_language_of_the_page(
    client: Client, language: str, subject: str, says: str
) -> None:
    AccountFactory(user__email="ada@example.org")
    sign_up(client, language=language)
    mail = Mail.objects.get()
    assert mail.subject == subject
    assert says in mail.body


def test_a_new_password_for_an_unknown_address_is_answered_in_our_words(client: Client) -> None:
    client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    mail = Mail.objects.get()
    assert mail.subject == "No account with this address"
    assert f"{SITE}/accounts/signup/" in mail.body
    assert "testserver" not in mail.body


@pytest.mark.parametrize("page", ["", "done/", "key/done/"])
def test_a_new_password_leads_back_to_the_log_in(client: Client, page: str) -> None:
    body = client.get(f"/accounts/password/reset/{page}").content.decode()
    main = body[body.index("<main") :]
    assert '<a href="/accounts/login/">Log in</a>' in main


def test_who_knocks_too_often_is_told_so_on_a_page_of_ours(client: Client) -> None:
    for _time in range(25):
        answer = client.post("/accounts/signup/", {}, headers={"Accept-Language": "de"})
    assert answer.status_code == 429
    body = answer.content.decode()
    assert "nameplate" in body
    assert "Warten Sie ein paar Minuten" in body
