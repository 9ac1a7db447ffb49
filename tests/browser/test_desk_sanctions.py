"""Sanctions from the reader's drawer: imposed, lifted, refused with a word."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from discussions.models import Comment, State
from moderation.models import Sanction
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import card_says, is_now

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_sanction_and_its_end_from_the_drawer(at_desk: Page, waiting: list[Comment]) -> None:
    at_desk.keyboard.press("s")
    at_desk.get_by_text("Impose a sanction", exact=True).click()
    at_desk.get_by_label("Ban: new comments are refused").check()
    at_desk.locator("#drawer select[name=existing]").select_option("refuse")
    at_desk.get_by_role("button", name="Impose").click()
    expect(at_desk.locator("#drawer .sanction")).to_contain_text("banned")
    is_now(waiting[0], State.REJECTED)
    at_desk.get_by_role("button", name="Lift it").click()
    expect(at_desk.locator("#drawer .sanction.over")).to_contain_text("lifted")
    is_now(waiting[0], State.HELD)


def test_a_sanction_sent_twice_is_imposed_once(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("s")
    at_desk.get_by_text("Impose a sanction").click()
    at_desk.get_by_label("Look at every comment first").check()
    at_desk.get_by_label("Words for the reader").press("Control+Enter")
    at_desk.keyboard.press("Control+Enter")
    expect(at_desk.locator("#drawer .sanction")).to_have_count(1)
    at_desk.wait_for_load_state("networkidle")
    assert Sanction.objects.count() == 1


def test_what_the_drawer_refuses_is_said_in_it_and_what_it_does_shows_on_the_card(
    at_desk: Page, waiting: list[Comment]
) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("s")
    at_desk.get_by_text("Impose a sanction", exact=True).click()
    at_desk.get_by_label("Suspend: new comments are refused").check()
    at_desk.get_by_role("button", name="Impose").click()
    problem = at_desk.get_by_text("A suspension needs an end")
    expect(problem).to_be_in_viewport()
    under = (
        "e => { const b = e.getBoundingClientRect(); return e.contains(document.elementFromPoint(b.x + 5, b.y + 5)) }"
    )
    assert problem.evaluate(under)
    at_desk.locator("#drawer select[name=days]").select_option("7")
    at_desk.get_by_role("button", name="Impose").click()
    expect(at_desk.locator("#drawer .sanction")).to_contain_text("suspended")
    at_desk.keyboard.press("Escape")
    expect(at_desk.locator("#card .card-head .tag.refuse")).to_contain_text("suspended")


def test_a_suspension_until_a_date_is_written_from_the_keys(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    keyboard = at_desk.keyboard
    keyboard.press("s")
    at_desk.get_by_text("Impose a sanction", exact=True).focus()
    keyboard.press("Enter")
    at_desk.get_by_label("Warn: a mail").focus()
    for _to_suspend in range(2):
        keyboard.press("ArrowDown")
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(at_desk.locator("#drawer select[name=days]")).to_be_focused()
    expect(at_desk.locator("#drawer input[name=until]")).to_be_hidden()
    keyboard.type("until")
    day = at_desk.locator("#drawer input[name=until]")
    expect(day).to_be_visible()
    keyboard.press("Tab")
    expect(day).to_be_focused()
    keyboard.press("Control+Enter")
    expect(at_desk.get_by_text("Say until which day")).to_be_in_viewport()
    last_day = date(timezone.localdate().year + 1, 5, 5)  # the same whether a browser asks for day or month first
    keyboard.type(f"{last_day:%d%m%Y}")
    expect(day).to_have_value(last_day.isoformat())
    keyboard.press("Control+Enter")
    expect(at_desk.locator("#drawer .sanction")).to_contain_text(f"until 5 May {last_day.year}")
