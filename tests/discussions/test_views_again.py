"""A form whose token does not fit any more comes back filled in, and one press sends it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from discussions.models import Article, Comment, Reader, Report, Revision, State
from tests.factories.discussions import AccountFactory, post

pytestmark = pytest.mark.django_db

PERSON = {"name": "Ada Brook", "email": "ada@example.org"}
HOSTILE = 'Kept </textarea><script>alert("x")</script>'
HTMX = {"HX-Request": "true"}


class WritingForm(HTMLParser):
    """The form with a textarea as a browser would send it: its address and what is filled in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.address, self.filled = "", {}
        self._open: tuple[str, dict[str, str]] | None = None
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = (given.get("action", ""), {})
        elif self._open and tag == "input" and "name" in given:
            ticked = given.get("type") in {"radio", "checkbox"}
            if not ticked or "checked" in given:
                self._open[1][given["name"]] = given.get("value", "on" if ticked else "")
        elif self._open and tag == "textarea":
            self._area = given["name"]
            self._open[1][self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._open and self._area:
            self._open[1][self._area] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        if tag == "form" and self._open:
            if {"text", "words"} & set(self._open[1]):
                self.address, self.filled = self._open
            self._open = None


def logged_in(strict: Client) -> Reader:
    account = AccountFactory()
    strict.force_login(account.user)
    return account


def press_again(strict: Client, answer: Any) -> Any:
    """Send the form that an answer gives back, as it is."""
    form = WritingForm(answer.content.decode())
    return strict.post(form.address, form.filled)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_comment_is_one_press_away(strict: Client, article: Article, headers: dict[str, str]) -> None:
    sent = {"text": HOSTILE, "form_key": "7a3f63d0-55f0-4a51-9d0e-0a4c4b4d1c11", **PERSON}
    answer = strict.post(f"/articles/{article.slug}/comments/", sent, headers=headers)
    assert answer.status_code == 403
    assert "<script>alert" not in answer.content.decode()
    assert Comment.objects.count() == 0
    for _twice in range(2):
        press_again(strict, answer)
    assert Revision.objects.get().text == HOSTILE
    assert Comment.objects.get().reader.name == "Ada Brook"


def test_a_token_of_an_earlier_cookie_is_no_loss(strict: Client, article: Article) -> None:
    stale = WritingForm(strict.get(article.get_absolute_url()).content.decode())
    account = logged_in(strict)
    strict.cookies["csrftoken"] = "x" * 32
    answer = strict.post(stale.address, {**stale.filled, "text": "Written before logging in."})
    assert (answer.status_code, Comment.objects.count()) == (403, 0)
    press_again(strict, answer)
    assert Comment.objects.get().reader == account


def test_an_answer_still_answers(strict: Client, article: Article) -> None:
    root = post(article, "Who wants tea?")
    sent = {"text": "I do.", "parent": root.pk, **PERSON}
    press_again(strict, strict.post(f"/articles/{article.slug}/comments/", sent))
    assert Comment.objects.get(parent=root).state == State.PENDING


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_edit_is_one_press_away(strict: Client, article: Article, headers: dict[str, str]) -> None:
    comment = post(article, "The first wording.", reader=logged_in(strict))
    answer = strict.post(f"/comments/{comment.pk}/edit/", {"text": HOSTILE}, headers=headers)
    assert answer.status_code == 403
    assert "<script>alert" not in answer.content.decode()
    assert Revision.objects.count() == 1
    press_again(strict, answer)
    assert Revision.objects.get(comment=comment, number=2).text == HOSTILE


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_report_is_one_press_away(strict: Client, article: Article, headers: dict[str, str]) -> None:
    comment = post(article)
    sent = {"reason": "illegal", "words": HOSTILE, "honest": "on"}
    answer = strict.post(f"/comments/{comment.pk}/report/", sent, headers=headers)
    assert answer.status_code == 403
    assert "<script>alert" not in answer.content.decode()
    assert Report.objects.count() == 0
    press_again(strict, answer)
    report = Report.objects.get()
    assert (report.reason, report.words) == ("illegal", HOSTILE)


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_what_another_site_sends_is_not_made_ready_to_be_sent(
    strict: Client, article: Article, headers: dict[str, str]
) -> None:
    comment = post(article, reader=logged_in(strict))
    for address in (f"/articles/{article.slug}/comments/", f"/comments/{comment.pk}/edit/"):
        body = strict.post(address, {"text": "Press here."}, headers=headers).content.decode()
        assert "Press here." in body
        assert "csrfmiddlewaretoken" not in body
    said = strict.post(f"/comments/{comment.pk}/vote/", headers={**headers, "Accept": "application/json"})
    assert said.status_code == 403
    assert "token" not in said.content.decode().replace("csrftoken", "")


def test_a_button_of_an_old_page_gets_a_fresh_token(strict: Client, article: Article) -> None:
    comment = post(article)
    logged_in(strict)
    address, as_json = f"/comments/{comment.pk}/vote/", {"Accept": "application/json"}
    told = strict.post(address, headers=as_json)
    assert told.status_code == 403
    assert "Press once more" in told.json()["error"]
    assert strict.post(address, headers={**as_json, "X-CSRFToken": told.json()["token"]}).json()["voted"]


def test_a_form_whose_place_is_gone_gives_back_the_words_alone(strict: Client) -> None:
    answer = strict.post("/articles/never-printed/comments/", {"text": "Kept all the same."})
    assert answer.status_code == 403
    assert "Kept all the same." in answer.content.decode()


@pytest.mark.parametrize("strictly", [True, False])
@pytest.mark.parametrize("shown", [True, False])
def test_an_edit_after_the_session_has_ended_keeps_the_words(article: Article, shown: bool, strictly: bool) -> None:
    client = Client(enforce_csrf_checks=strictly)
    comment = post(article, reader=AccountFactory(), state=State.PUBLISHED if shown else State.HELD)
    answer = client.post(f"/comments/{comment.pk}/edit/", {"text": "An hour of work."})
    assert answer.status_code == 403
    body = answer.content.decode()
    assert "You are no longer logged in" in body
    assert f'href="/accounts/login/?next=%2Fcomments%2F{comment.pk}%2Fedit%2F"' in body
    client.force_login(comment.reader.user)
    press_again(client, answer)
    assert Revision.objects.get(comment=comment, number=2).text == "An hour of work."


@pytest.mark.parametrize("strictly", [True, False])
def test_an_accounts_comment_after_the_session_has_ended_waits_for_the_log_in(article: Article, strictly: bool) -> None:
    browser = Client(enforce_csrf_checks=strictly)
    answer = browser.post(f"/articles/{article.slug}/comments/", {"text": "An hour of work."})
    assert answer.status_code == 403
    assert "You are no longer logged in" in answer.content.decode()
    account = logged_in(browser)
    if strictly:  # logging in rotates the token
        browser.cookies["csrftoken"] = "x" * 32
        answer = press_again(browser, answer)
        assert answer.status_code == 403
    press_again(browser, answer)
    assert Comment.objects.get().reader == account
