"""Two at the desk: what a colleague decides, takes back and asks arrives while one works."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Comment, State, User
from moderation import decisions, rejudging, rules
from moderation.models import Decision, Escalation, Policy, QueueItem, Staff
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import card_says, done, is_now, sit_down
from tests.factories.discussions import AccountFactory, UserFactory
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_a_colleague_decides_turns_grey_and_cannot_be_overwritten(at_desk: Page, waiting: list[Comment]) -> None:
    cleo = UserFactory(email="c.quill@example.org")
    AccountFactory(user=cleo, name="cleo")
    Staff.objects.create(user=cleo, role=Staff.Role.MODERATOR)
    for comment in waiting[:2]:
        decisions.by_person(
            comment_id=comment.pk, action="reject", by=cleo, version_seen=comment.version, reason_code="spam"
        )
    at_desk.keyboard.press("a")
    expect(at_desk.locator(".last.error")).to_contain_text("cleo has decided meanwhile")
    is_now(waiting[0], State.REJECTED)
    expect(at_desk.locator(f'.row[data-id="{waiting[1].pk}"]')).to_contain_text("cleo", timeout=10_000)
    expect(at_desk.locator(".row.gone")).to_have_count(2)
    assert Decision.objects.filter(actor="person").count() == 2


def test_what_a_colleague_takes_back_is_there_again(at_desk: Page, waiting: list[Comment]) -> None:
    colleague = UserFactory(email="sasha@example.org", is_staff=True)
    Staff.objects.create(user=colleague)
    card_says(at_desk, "number 0")
    made = decisions.by_person(
        comment_id=waiting[1].pk, action="approve", by=colleague, version_seen=waiting[1].version
    )
    row = at_desk.locator(f'.row[data-id="{waiting[1].pk}"]')
    expect(row).to_have_class(re.compile("gone"), timeout=10_000)
    decisions.undo(decision_id=made.pk, by=colleague)
    expect(row).not_to_have_class(re.compile("gone"), timeout=10_000)
    at_desk.keyboard.press("j")
    card_says(at_desk, "number 1")
    at_desk.keyboard.press("a")
    done(at_desk, "Approved")
    is_now(waiting[1], State.PUBLISHED)


def test_an_empty_queue_says_when_something_has_come_in(at_desk: Page, waiting: list[Comment]) -> None:
    at_desk.keyboard.press("g")
    at_desk.keyboard.press("m")
    expect(at_desk.locator(".list .nothing")).to_contain_text("No colleague has asked")
    Escalation.objects.create(comment=waiting[0], by_name="sasha@example.org", words="Too much?")
    at_desk.get_by_role("link", name="More have come in").click(timeout=20_000)
    card_says(at_desk, "number 0")


def test_what_policy_judges_again_and_holds_again_can_still_be_decided(
    at_desk: Page, waiting: list[Comment], moderator: User
) -> None:
    card_says(at_desk, "number 0")
    until("the first card has its lease", lambda: QueueItem.objects.get(comment=waiting[0]).lease_by is not None)
    version = Policy.objects.in_force().version
    Staff.objects.update(role=Staff.Role.EDITOR)
    stricter = {"thresholds": {"toxicity": {"hold": 0.4, "reject": 1.0}}}
    rules.change(stricter, by=moderator, note="", seen_version=version)
    rejudging.ask(by=moderator, seen_version=version + 1)
    assert rejudging.run() == 7, "the one on the screen is in somebody's hands"
    row = at_desk.locator(f'.row[data-id="{waiting[3].pk}"]')
    expect(row).to_have_attribute("data-version", str(waiting[3].version + 1), timeout=10_000)
    expect(at_desk.locator(".row.gone")).to_have_count(0)
    at_desk.keyboard.press("j")
    card_says(at_desk, "number 1")
    at_desk.keyboard.press("a")
    done(at_desk, "Approved")
    is_now(waiting[1], State.PUBLISHED)


def test_whoever_sits_down_first_is_seen_by_the_next(
    at_desk: Page, waiting: list[Comment], live_server: LiveServer, browser: Browser
) -> None:
    card_says(at_desk, "number 0")
    until("the first card has its lease", lambda: QueueItem.objects.get(comment=waiting[0]).lease_by is not None)
    cleo = AccountFactory(name="cleo", user=UserFactory(email="c.quill@example.org", is_staff=True)).user
    Staff.objects.create(user=cleo)
    context = browser.new_context()
    other = context.new_page()
    sit_down(other, live_server.url, cleo)
    expect(other.locator("#card .state-line")).to_contain_text("Mo Lind is looking at it")
    other.goto("about:blank")
    context.close()
