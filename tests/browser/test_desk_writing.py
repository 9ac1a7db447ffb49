"""Words typed at the desk are there until they are sent, whatever is looked at meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Comment, State, User
from moderation import appeals, decisions
from moderation.models import Decision, Staff
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import card_says, done, is_now, sit_down
from tests.factories.discussions import AccountFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def there_and_back(page: Page) -> None:
    press(page, "j")
    card_says(page, "number 1")
    press(page, "k")
    card_says(page, "number 0")


def test_words_for_an_author_are_there_when_the_card_comes_back(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    press(at_desk, "r", "w")
    at_desk.keyboard.type("Argue, do not insult.")
    press(at_desk, "Escape")
    there_and_back(at_desk)
    words = at_desk.locator("#card .own-words textarea")
    expect(words).to_have_value("Argue, do not insult.")
    at_desk.reload()
    expect(words).to_have_value("Argue, do not insult.")
    press(at_desk, "j")
    card_says(at_desk, "number 1")
    expect(words).to_have_value("")
    press(at_desk, "k")
    card_says(at_desk, "number 0")
    press(at_desk, "r", "1")
    done(at_desk, "Insult")
    is_now(waiting[0], State.REJECTED)
    assert Decision.objects.get(comment_id=waiting[0].pk, actor="person").reason_words == "Argue, do not insult."
    press(at_desk, "u")
    card_says(at_desk, "number 0")
    expect(words).to_have_value("")


def test_a_note_and_a_question_are_there_when_the_card_comes_back(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    press(at_desk, "n")
    at_desk.keyboard.type("Quotes the mayor.")
    press(at_desk, "Escape", "e")
    at_desk.keyboard.type("Is this too much?")
    press(at_desk, "Escape")
    there_and_back(at_desk)
    note = at_desk.locator("#card .note-form textarea")
    expect(note).to_have_value("Quotes the mayor.")
    expect(note).to_be_visible()
    expect(at_desk.locator("#card .escalate textarea")).to_have_value("Is this too much?")
    note.press("Control+Enter")
    expect(at_desk.locator("#card .note")).to_contain_text("Quotes the mayor.")
    expect(note).to_have_value("")
    expect(at_desk.locator("#card .escalate textarea")).to_have_value("Is this too much?")


def test_esc_in_the_drawer_lets_go_of_the_words_and_only_then_closes_it(at_desk: Page) -> None:
    card_says(at_desk, "number 0")
    press(at_desk, "s")
    note = at_desk.locator("#drawer .note-form textarea")
    note.fill("Known from last year.")
    press(at_desk, "Escape")
    expect(at_desk.locator("#drawer")).to_be_visible()
    expect(note).not_to_be_focused()
    press(at_desk, "Escape")
    expect(at_desk.locator("#drawer")).to_be_hidden()
    press(at_desk, "s")
    expect(at_desk.locator("#drawer")).to_be_visible()
    expect(note).to_have_value("Known from last year.")
    note.press("Control+Enter")
    expect(at_desk.locator("#drawer .note")).to_contain_text("Known from last year.")
    expect(note).to_have_value("")


def test_the_answer_to_an_appeal_is_there_when_the_card_comes_back(
    page: Page, live_server: LiveServer, moderator: User, waiting: list[Comment]
) -> None:
    cleo = AccountFactory(name="Cleo", user=UserFactory(email="cleo@example.org", is_staff=True)).user
    Staff.objects.create(user=cleo, role=Staff.Role.MODERATOR)
    for comment in waiting[:2]:
        made = decisions.by_person(
            comment_id=comment.pk, action="reject", by=cleo, version_seen=comment.version, reason_code="insult"
        )
        appeals.file(comment.notices.get(decision_id=made.pk), by=comment.reader, words="About the tram.")
    sit_down(page, live_server.url, moderator, "/desk/queue/appeals/")
    card_says(page, "number 0")
    press(page, "w")
    page.keyboard.type("It names a person.")
    press(page, "Escape")
    there_and_back(page)
    expect(page.locator("#answer")).to_have_value("It names a person.")
    press(page, "r")
    expect(page.locator("#card .appeal.closed")).to_contain_text("It names a person.")
    page.goto("about:blank")
