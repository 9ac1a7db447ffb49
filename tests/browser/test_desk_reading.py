"""Finding the way and reading at the desk, and being spared what nobody should read all day."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Article, Comment, User
from moderation import exposure
from tests.browser.conftest import log_in
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import HATE, card_says, done, sit_down
from tests.factories.moderation import judged

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_keys_lead_to_queues_search_help_reader_and_question(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("?")
    expect(at_desk.locator("#help")).to_be_visible()
    at_desk.keyboard.press("Escape")
    at_desk.keyboard.press("s")
    expect(at_desk.locator("#drawer")).to_contain_text("Impose a sanction")
    at_desk.locator("#drawer textarea[name=text]").fill("Known from last year.")
    at_desk.get_by_role("button", name="Keep the note").click()
    expect(at_desk.locator("#drawer .note")).to_contain_text("Known from last year.")
    with at_desk.expect_response("**/desk/comments/*/?queue=held"):  # the card is fetched anew, with the note
        at_desk.keyboard.press("Escape")
    expect(at_desk.locator("#card[inert]")).to_have_count(0)
    at_desk.keyboard.press("e")
    at_desk.locator("#card details.escalate textarea").fill("Is this too much?")
    at_desk.locator("#card details.escalate").get_by_role("button", name="Ask").click()
    expect(at_desk.locator("#card .ask")).to_contain_text("Is this too much?")
    at_desk.keyboard.press("/")
    at_desk.keyboard.type('"number 5"')
    at_desk.keyboard.press("Enter")
    expect(at_desk.locator(".rows .row")).to_have_count(1)
    at_desk.keyboard.press("g")
    at_desk.keyboard.press("m")
    expect(at_desk.get_by_role("heading", name="For me")).to_be_visible()
    card_says(at_desk, "number 0")


def test_a_fetched_card_and_the_drawer_tell_their_times_as_the_page_does(at_desk: Page) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("j")
    card_says(at_desk, "number 1")
    expect(at_desk.locator("#card .card-head time")).to_have_text("now")
    at_desk.locator("#card a[data-reader]").click()
    first = at_desk.locator("#drawer-body time").first
    expect(first).to_have_attribute("title", re.compile(r"\d{4}"))


def test_hateful_words_stay_blurred_until_asked_for(
    page: Page, live_server: LiveServer, moderator: User, article: Article
) -> None:
    judged(article, "Something hateful.", labels=HATE)
    log_in(page.context, live_server.url, moderator)
    page.goto(f"{live_server.url}/desk/")
    words = page.locator("#words")
    assert "blur" in words.evaluate("e => getComputedStyle(e).filter")
    page.keyboard.press("v")
    expect(words).to_have_css("filter", "none")


def test_a_break_is_suggested_and_stays_until_it_is_closed(
    page: Page, live_server: LiveServer, moderator: User, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposure, "PAUSE_AFTER", 2)
    for n in range(4):
        judged(article, f"Hateful {n}.", labels=HATE)
    sit_down(page, live_server.url, moderator)
    suggestion = page.locator("#pause")
    for n in range(3):
        card_says(page, f"Hateful {n}")
        expect(suggestion.get_by_text("Take a break")).to_be_visible(visible=n == 2)
        page.keyboard.press("a")
        expect(page.locator(".row.gone")).to_have_count(n + 1)
        done(page, "Approved")
    expect(suggestion).to_contain_text("2 hateful comments today")
    suggestion.get_by_role("button", name="Close").click()
    expect(suggestion).to_be_empty()
    page.goto("about:blank")
