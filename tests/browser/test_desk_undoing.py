"""Taking decisions back at the desk, by one key."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from discussions.models import Comment, State, User
from moderation import decisions
from moderation.models import Staff
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import card_says, done, is_now
from tests.factories.discussions import AccountFactory, UserFactory

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


def test_what_a_colleague_has_decided_since_stays_grey_after_the_undo_of_a_batch(
    at_desk: Page, waiting: list[Comment], moderator: User
) -> None:
    for number in range(2):
        at_desk.locator(f'.row[data-id="{waiting[number].pk}"] input').check()
    at_desk.locator("#bulk select").select_option("insult")
    at_desk.locator('#bulk button[value="reject"]').click()
    expect(at_desk.locator(".results")).to_contain_text("2 comments done")
    waiting[0].refresh_from_db()
    cleo = AccountFactory(name="cleo", user=UserFactory(email="c.quill@example.org", is_staff=True)).user
    Staff.objects.create(user=cleo)
    decisions.by_person(comment_id=waiting[0].pk, action="approve", by=cleo, version_seen=waiting[0].version)
    at_desk.keyboard.press("u")
    expect(at_desk.locator(".results")).to_contain_text("1 taken back, 1 not")
    expect(at_desk.locator(f'.row[data-id="{waiting[0].pk}"]')).to_have_class(re.compile("gone"))
    expect(at_desk.locator(f'.row[data-id="{waiting[1].pk}"]')).not_to_have_class(re.compile("gone"))
    is_now(waiting[0], State.PUBLISHED)


def test_undo_works_on_a_page_without_cards_and_goes_on(at_desk: Page, waiting: list[Comment]) -> None:
    for number in range(2):
        at_desk.locator(f'.row[data-id="{waiting[number].pk}"] input').check()
    at_desk.locator('#bulk button[value="approve"]').click()
    expect(at_desk.locator(".results")).to_contain_text("2 comments done")
    at_desk.goto(at_desk.url.partition("/desk/")[0] + "/desk/insight/")
    with at_desk.expect_navigation():
        at_desk.keyboard.press("u")
    is_now(waiting[0], State.HELD)
    is_now(waiting[1], State.HELD)
