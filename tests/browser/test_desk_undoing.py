"""Taking decisions back at the desk, by one key."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from discussions.models import Comment, State
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import card_says, done, is_now

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_undo_takes_back_and_shows_the_comment_again(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("a")
    done(at_desk, "Approved")
    card_says(at_desk, "number 1")
    at_desk.keyboard.press("u")
    done(at_desk, "Took it back")
    card_says(at_desk, "number 0")
    is_now(waiting[0], State.HELD)
    at_desk.keyboard.press("r")
    at_desk.keyboard.press("2")
    done(at_desk, "Hate")
    is_now(waiting[0], State.REJECTED)


def test_undo_goes_back_further_and_a_message_does_not_bar_it(at_desk: Page, waiting: list[Comment]) -> None:
    for n in (0, 1, 2):
        card_says(at_desk, f"number {n}")
        at_desk.keyboard.press("a")
        done(at_desk, "Approved")
    card_says(at_desk, "number 3")
    at_desk.route("**/decide/", lambda route: route.abort())
    at_desk.keyboard.press("a")
    expect(at_desk.locator(".last.error")).to_contain_text("Not saved")
    for n in (2, 1, 0):
        at_desk.keyboard.press("u")
        card_says(at_desk, f"number {n}")
        expect(at_desk.locator("#last .last.fresh")).to_contain_text("Took it back")
        expect(at_desk.locator(".row.gone")).to_have_count(n)
    for comment in waiting:
        is_now(comment, State.HELD)


def test_undo_waits_for_the_decision_that_is_on_its_way(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("a")
    done(at_desk, "Approved")
    card_says(at_desk, "number 1")
    at_desk.keyboard.press("a")
    at_desk.keyboard.press("u")
    done(at_desk, "Took it back")
    is_now(waiting[0], State.PUBLISHED)
    is_now(waiting[1], State.HELD)


def test_news_of_before_an_undo_does_not_take_the_comment_away_again(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    with at_desk.expect_response("**/live/**"):  # asked after every decision
        at_desk.keyboard.press("a")
        done(at_desk, "Approved")
    held: list[tuple[Route, APIResponse]] = []

    def later(route: Route) -> None:
        """The answer as it is now, given back when the test says so."""
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    card_says(at_desk, "number 1")
    at_desk.route("**/live/**", later)
    at_desk.keyboard.press("a")
    expect(at_desk.locator(".row.gone")).to_have_count(2)
    until_held = time.monotonic() + 15
    while not held:
        assert time.monotonic() < until_held, "the desk asked for no news"
        at_desk.wait_for_timeout(20)  # a route's handler runs only while the page is waited on, so briefly and again
    at_desk.keyboard.press("u")
    expect(at_desk.locator("#last .last.fresh")).to_contain_text("Took it back")
    expect(at_desk.locator(".row.gone")).to_have_count(1)
    route, answer = held[0]
    with at_desk.expect_response(answer.url):
        route.fulfill(response=answer)
    at_desk.evaluate("() => new Promise((done) => setTimeout(done, 0))")  # the script has read it by then
    expect(at_desk.locator(".row.gone")).to_have_count(1)
    is_now(waiting[1], State.HELD)
