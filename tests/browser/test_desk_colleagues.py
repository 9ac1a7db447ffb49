"""Two at the desk: what a colleague decides, takes back and asks arrives while one works."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from discussions.models import Comment, State
from moderation import decisions
from moderation.models import Decision, Escalation, Staff
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import card_says, done, is_now
from tests.factories.discussions import AccountFactory, UserFactory

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
