"""Deciding at the desk, one comment after another and mostly from the keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Article, Comment, Notice, State, User
from moderation import appeals, decisions, tallies
from moderation.models import Decision, Preset, Staff
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import card_says, done, is_now, sit_down
from tests.factories.discussions import UserFactory
from tests.factories.moderation import judged

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_eight_comments_are_decided_from_the_keys(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    for n, comment in enumerate(waiting):
        card_says(at_desk, f"number {n}")
        if n % 2:
            at_desk.keyboard.press("r")
            at_desk.keyboard.press("1")
            done(at_desk, "Insult")
        else:
            at_desk.keyboard.press("a")
            done(at_desk, "Approved")
        became = re.compile("to-rejected" if n % 2 else "to-published")
        expect(at_desk.locator(f'.row[data-id="{comment.pk}"]')).to_have_class(became)
    for n, comment in enumerate(waiting):
        is_now(comment, State.REJECTED if n % 2 else State.PUBLISHED)
    assert tallies.differences() == []


def test_the_next_card_needs_no_network(at_desk: Page) -> None:
    card_says(at_desk, "number 0")
    expect(at_desk.locator(".row.here")).to_have_count(1)
    with at_desk.expect_response("**/desk/comments/*/?queue=held"):
        at_desk.keyboard.press("j")
    card_says(at_desk, "number 1")
    at_desk.wait_for_load_state("networkidle")

    def cut(route: Route) -> None:
        route.abort()

    at_desk.route("**/desk/comments/**", cut)
    for n in (2, 3, 4):
        at_desk.keyboard.press("j")
        card_says(at_desk, f"number {n}")


def test_no_key_decides_on_the_card_before_while_the_next_is_on_its_way(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    at_desk.wait_for_load_state("networkidle")
    slow: list[Route] = []

    def hold_back(route: Route) -> None:
        slow.append(route)

    last = waiting[-1]
    at_desk.route(f"**/desk/comments/{last.pk}/?queue=held", hold_back)
    at_desk.locator(f'.row[data-id="{last.pk}"] a').click()
    expect(at_desk.locator("#card[inert]")).to_have_count(1)
    for key in ("a", "r", "1", "e"):
        at_desk.keyboard.press(key)
    slow[0].continue_()
    card_says(at_desk, "number 7")
    expect(at_desk.locator("#card[inert]")).to_have_count(0)
    assert not Decision.objects.filter(actor="person").exists()
    at_desk.keyboard.press("a")
    done(at_desk, "Approved")
    is_now(last, State.PUBLISHED)


def test_words_questions_and_notes_are_written_and_sent_without_the_mouse(
    at_desk: Page, waiting: list[Comment]
) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("e")
    at_desk.keyboard.type("Is this too much?")
    at_desk.keyboard.press("Control+Enter")
    expect(at_desk.locator("#card .ask")).to_contain_text("Is this too much?")
    at_desk.keyboard.press("n")
    at_desk.keyboard.type("Quotes the mayor.")
    at_desk.keyboard.press("Control+Enter")
    expect(at_desk.locator("#card .note")).to_contain_text("Quotes the mayor.")
    at_desk.keyboard.press("r")
    at_desk.keyboard.press("w")
    at_desk.keyboard.type("Calmly, please: 1 word less.")
    at_desk.keyboard.press("Escape")
    at_desk.keyboard.press("9")
    done(at_desk, "Other")
    assert Decision.objects.get(actor="person").reason_words == "Calmly, please: 1 word less."


def test_a_macro_brings_its_words_and_its_reason(
    page: Page, live_server: LiveServer, moderator: User, waiting: list[Comment]
) -> None:
    Preset.objects.create(reason_code="off_topic", words="This belongs under the article on the budget.")
    sit_down(page, live_server.url, moderator)
    page.keyboard.press("r")
    page.get_by_role("button", name="This belongs under").click()
    page.keyboard.press("Enter")
    done(page, "Beside the point")
    assert Decision.objects.get(actor="person").reason_words == "This belongs under the article on the budget."


def test_where_a_refusal_is_not_open_its_key_says_why(
    page: Page, live_server: LiveServer, moderator: User, waiting: list[Comment]
) -> None:
    comment = waiting[0]
    made = decisions.by_person(
        comment_id=comment.pk, action="reject", by=moderator, version_seen=comment.version, reason_code="insult"
    )
    notice = Notice.objects.get(decision_id=made.pk)
    filed = appeals.file(notice, by=comment.reader, words="A quotation.")
    senior = UserFactory(email="sena@example.org", is_staff=True)
    Staff.objects.create(user=senior, role=Staff.Role.SENIOR)
    appeals.answer(filed.pk, by=senior, outcome="overturned")
    sit_down(page, live_server.url, moderator, f"/desk/comments/{comment.pk}/?queue=approved")
    card_says(page, "number 0")
    page.keyboard.press("r")
    expect(page.locator(".last.error")).to_contain_text("Your refusal of these words was overturned on appeal")
    expect(page.locator("#card [data-digit]")).to_have_count(0)
    page.goto("about:blank")


def test_a_lost_connection_is_said_and_nothing_is_pretended(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    at_desk.route("**/decide/", lambda route: route.abort())
    at_desk.keyboard.press("a")
    expect(at_desk.locator(".last.error")).to_contain_text("Not saved")
    expect(at_desk.locator(f'.row[data-id="{waiting[0].pk}"]')).not_to_have_class("gone")
    is_now(waiting[0], State.HELD)


def test_what_went_wrong_stays_in_view_when_an_earlier_answer_comes_late(at_desk: Page, waiting: list[Comment]) -> None:
    late: list[Route] = []
    card_says(at_desk, "number 0")
    at_desk.route("**/decide/", lambda route: late.append(route) if not late else route.abort())
    at_desk.keyboard.press("a")
    card_says(at_desk, "number 1")
    at_desk.keyboard.press("a")
    expect(at_desk.locator(".last.error")).to_contain_text("Not saved")
    late[0].continue_()
    expect(at_desk.locator(".row.gone")).to_have_count(1)
    expect(at_desk.locator(".last.error")).to_contain_text("Not saved")
    is_now(waiting[0], State.PUBLISHED)
    at_desk.unroute("**/decide/")
    at_desk.keyboard.press("u")
    expect(at_desk.locator("#last .last.fresh")).to_contain_text("Took it back")
    is_now(waiting[0], State.HELD)


def test_a_card_from_elsewhere_leads_back_to_what_waits(
    at_desk: Page, waiting: list[Comment], moderator: User, article: Article
) -> None:
    earlier = judged(article, "Long since published, you fool.", labels={"toxicity": 0.8})
    decisions.by_person(comment_id=earlier.pk, action="approve", by=moderator, version_seen=earlier.version)
    at_desk.goto(f"{at_desk.url.partition('/desk/')[0]}/desk/comments/{earlier.pk}/?queue=held")
    card_says(at_desk, "Long since published")
    at_desk.keyboard.press("r")
    at_desk.keyboard.press("1")
    done(at_desk, "Refused")
    card_says(at_desk, "number 0")
    is_now(earlier, State.REJECTED)


def test_letters_can_be_switched_off_and_stay_so(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("?")
    at_desk.get_by_label("Letters act at once").uncheck()
    at_desk.keyboard.press("Escape")
    at_desk.keyboard.press("a")
    at_desk.keyboard.press("j")
    at_desk.reload()
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("a")
    expect(at_desk.locator(".row.gone")).to_have_count(0)
    is_now(waiting[0], State.HELD)
    at_desk.locator("[data-help]").first.click()
    at_desk.get_by_label("Letters act at once").check()
    at_desk.keyboard.press("Escape")
    at_desk.keyboard.press("a")
    done(at_desk, "Approved")


def test_the_next_card_has_the_focus_and_not_the_top_of_the_page(at_desk: Page) -> None:
    at_desk.locator("#card form[data-decide='approve'] button").focus()
    at_desk.keyboard.press("Enter")
    card_says(at_desk, "number 1")
    expect(at_desk.locator("#cardpane")).to_be_focused()
