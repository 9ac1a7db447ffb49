"""Deciding on many comments at once, and taking that back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from discussions.models import Comment, State
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import card_says, done, is_now

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_selected_comments_are_refused_together_and_brought_back(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    for _step in range(3):
        at_desk.keyboard.press("x")
        at_desk.keyboard.press("j")
    expect(at_desk.locator("[data-selected]")).to_have_text("3")
    at_desk.locator("#bulk select").select_option("spam")
    at_desk.locator('#bulk button[value="reject"]').click()
    expect(at_desk.locator("#card .results")).to_contain_text("3 comments done")
    for comment in waiting[:3]:
        is_now(comment, State.REJECTED)
    at_desk.locator("#card h2").click()
    at_desk.keyboard.press("u")
    expect(at_desk.locator(".row.gone")).to_have_count(0)
    for comment in waiting[:3]:
        is_now(comment, State.HELD)


def test_a_batch_is_refused_by_shift_r_and_digit_again_after_its_undo(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    for _time in range(2):
        for _step in range(2):
            at_desk.keyboard.press("x")
            at_desk.keyboard.press("j")
        at_desk.keyboard.press("Shift+R")
        at_desk.keyboard.press("5")
        expect(at_desk.locator("#card .results")).to_contain_text("2 comments done")
        for comment in waiting[:2]:
            is_now(comment, State.REJECTED)
        at_desk.keyboard.press("u")
        done(at_desk, "2 comments are where they were")
        for comment in waiting[:2]:
            is_now(comment, State.HELD)
        at_desk.keyboard.press("k")
        at_desk.keyboard.press("k")
        card_says(at_desk, "number 0")
