"""Whose session ended while they wrote logs in in another tab, and presses once more: the token has changed by then."""

from __future__ import annotations

import pytest
from django.test import Client

from discussions.models import Comment, Reader, Revision, State
from tests.discussions.test_views_again import WritingForm
from tests.factories.discussions import AccountFactory, ArticleFactory, post

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def browser() -> Client:
    """A client that is held to the CSRF token."""
    return Client(enforce_csrf_checks=True)


def log_in_elsewhere(browser: Client, account: Reader) -> None:
    """As in another tab: logging in changes the token that the forms of this one hold."""
    browser.force_login(account.user)
    browser.cookies["csrftoken"] = "x" * 32


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_more_press_posts_the_comment(browser: Client, headers: dict[str, str]) -> None:
    article, account = ArticleFactory(), AccountFactory()
    address = f"/articles/{article.slug}/comments/"
    given_back = browser.post(address, {"text": "An hour of work."}, headers={**headers, **SAME_SITE})
    assert (given_back.status_code, Comment.objects.count()) == (403, 0)
    log_in_elsewhere(browser, account)
    form = WritingForm(given_back.content.decode())
    browser.post(form.address, form.filled, headers={**headers, **SAME_SITE})
    assert Comment.objects.get().reader == account
    assert Revision.objects.get().text == "An hour of work."


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_more_press_saves_the_edit(browser: Client, headers: dict[str, str]) -> None:
    comment = post(ArticleFactory(), reader=AccountFactory(), state=State.HELD)
    address = f"/comments/{comment.pk}/edit/"
    given_back = browser.post(address, {"text": "An hour of work."}, headers={**headers, **SAME_SITE})
    log_in_elsewhere(browser, comment.reader)
    form = WritingForm(given_back.content.decode())
    browser.post(form.address, form.filled, headers={**headers, **SAME_SITE})
    assert Revision.objects.get(comment=comment, number=2).text == "An hour of work."


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}],
)
def test_nothing_is_posted_for_a_form_that_no_browser_vouches_for(browser: Client, headers: dict[str, str]) -> None:
    article = ArticleFactory()
    log_in_elsewhere(browser, AccountFactory())
    sent = {"text": "Not my words.", "after_log_in": "1"}
    answer = browser.post(f"/articles/{article.slug}/comments/", sent, headers=headers)
    assert (answer.status_code, Comment.objects.count()) == (403, 0)


def test_another_origin_is_refused_whatever_else_it_claims(browser: Client) -> None:
    article = ArticleFactory()
    log_in_elsewhere(browser, AccountFactory())
    sent = {"text": "Not my words.", "after_log_in": "1"}
    headers = {**SAME_SITE, "Origin": "https://evil.example"}
    browser.post(f"/articles/{article.slug}/comments/", sent, headers=headers)
    assert Comment.objects.count() == 0


def test_no_other_form_goes_without_its_token(browser: Client) -> None:
    comment = post(ArticleFactory())
    account = AccountFactory()
    log_in_elsewhere(browser, account)
    for address in (f"/comments/{comment.pk}/report/", f"/comments/{comment.pk}/delete/", "/me/forget/"):
        sent = {"after_log_in": "1", "reason": "spam", "comments": "delete"}
        assert browser.post(address, sent, headers=SAME_SITE).status_code == 403
    assert not comment.reports.exists()
    assert Reader.objects.get(pk=account.pk).erased_at is None
