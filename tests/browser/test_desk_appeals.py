"""Appeals from the keys, and what axe finds among appeals and where keys for other systems are made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Article, Comment, State, User
from moderation import appeals, decisions
from moderation.models import Appeal, Staff
from moderation.perspective import keys
from tests.browser.conftest import log_in
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import sit_down
from tests.browser.test_accessible import findings
from tests.factories.discussions import AccountFactory, UserFactory
from tests.factories.moderation import judged

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def colleague(name: str, role: Staff.Role) -> User:
    user = AccountFactory(name=name, user=UserFactory(email=f"{name.lower()}@example.org", is_staff=True)).user
    Staff.objects.create(user=user, role=role)
    return user


@pytest.fixture
def senior(transactional_db: None) -> User:
    return colleague("Sena", Staff.Role.SENIOR)


@pytest.fixture
def appealed(article: Article) -> list[Comment]:
    """Three refusals by a colleague, each with the author's words against it."""
    cleo, made = colleague("Cleo", Staff.Role.MODERATOR), []
    for n in range(3):
        comment = judged(article, f"Bloody tram number {n}.")
        decisions.by_person(
            comment_id=comment.pk, action="reject", by=cleo, version_seen=comment.version, reason_code="insult"
        )
        notice = comment.notices.get(outcome=State.REJECTED)
        appeals.file(notice, by=comment.reader, words=f"It is about tram {n}, not about anybody.")
        made.append(comment)
    return made


@pytest.fixture
def at_appeals(page: Page, live_server: LiveServer, senior: User, appealed: list[Comment]) -> Iterator[Page]:
    sit_down(page, live_server.url, senior)
    yield page
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")


def outcome(comment: Comment) -> tuple[str, str]:
    appeal = Appeal.objects.get(comment=comment)
    return appeal.outcome, appeal.answer


def test_appeals_are_reached_answered_and_taken_back_from_the_keys(at_appeals: Page, appealed: list[Comment]) -> None:
    keyboard = at_appeals.keyboard
    keyboard.press("g")
    keyboard.press("p")
    expect(at_appeals.locator("#card .appeal")).to_contain_text("about tram 0")
    keyboard.press("a")
    expect(at_appeals.locator("#last")).to_contain_text("The appeal was right")
    assert outcome(appealed[0]) == ("overturned", "")
    keyboard.press("j")
    expect(at_appeals.locator("#card .appeal")).to_contain_text("about tram 1")
    keyboard.press("r")
    answer = at_appeals.locator("#card .appeal textarea")
    expect(answer).to_be_focused()
    assert outcome(appealed[1]) == ("", "")
    keyboard.type("It is about the driver, too.")
    keyboard.press("Escape")
    keyboard.press("r")
    expect(at_appeals.locator("#last")).to_contain_text("The refusal stands")
    assert outcome(appealed[1]) == ("upheld", "It is about the driver, too.")
    keyboard.press("u")
    expect(at_appeals.locator("#last")).to_contain_text("the appeal is open again")
    assert outcome(appealed[1]) == ("", "")


def test_who_answers_an_appeal_is_not_offered_a_decision_that_leaves_it_open(
    at_appeals: Page, live_server: LiveServer, appealed: list[Comment]
) -> None:
    at_appeals.goto(f"{live_server.url}/desk/queue/appeals/")
    expect(at_appeals.get_by_role("button", name="The author is right")).to_have_count(1)
    expect(at_appeals.locator("#card [data-decide]")).to_have_count(0)
    Appeal.objects.filter(comment=appealed[0]).delete()
    at_appeals.goto(f"{live_server.url}/desk/comments/{appealed[0].pk}/?queue=all")
    expect(at_appeals.locator("#card [data-decide]")).to_have_count(2)


def narrow_or_wide(browser: Browser, scheme: str, width: int) -> BrowserContext:
    return browser.new_context(  # only for axe, which is put into the page as a script, the policy is bypassed
        bypass_csp=True,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
        locale="en-GB",
    )


SIZES = pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 360), ("light", 1280), ("dark", 1280)])


@SIZES
def test_axe_finds_nothing_among_appeals(  # noqa: PLR0917 - fixtures
    browser: Browser, live_server: LiveServer, senior: User, appealed: list[Comment], scheme: str, width: int
) -> None:
    answered = Appeal.objects.get(comment=appealed[1])
    appeals.answer(answered.pk, by=senior, outcome="upheld", words="Not the driver.")
    with narrow_or_wide(browser, scheme, width) as context:
        log_in(context, live_server.url, senior)
        page = context.new_page()
        for path, words in (
            ("/desk/queue/appeals/", "Bloody tram number 2"),
            (f"/desk/comments/{appealed[0].pk}/?queue=appeals", "The author is right"),
            (f"/desk/comments/{appealed[1].pk}/?queue=all", "Not the driver."),
        ):
            page.goto(live_server.url + path)
            expect(page.locator("main")).to_contain_text(words)
            page.evaluate("document.querySelectorAll('#card details').forEach(d => { d.open = true })")
            assert findings(page) == [], path
            assert page.locator("html").evaluate("e => e.scrollWidth") <= width, path


@SIZES
def test_axe_finds_nothing_where_keys_are_made(
    browser: Browser, live_server: LiveServer, article: Article, scheme: str, width: int
) -> None:
    keys.create(name="coral")
    keys.create(name="an old one with a rather long name")
    keys.revoke(name="an old one with a rather long name")
    with narrow_or_wide(browser, scheme, width) as context:
        log_in(context, live_server.url, colleague("Ada", Staff.Role.ADMIN))
        page = context.new_page()
        page.goto(f"{live_server.url}/desk/perspective/")
        expect(page.locator("main table")).to_contain_text("coral")
        named = page.locator("main td[data-of='30 days']").first.evaluate(
            "e => getComputedStyle(e, '::before').content"
        )
        assert named == ("none" if width > 960 else '"30 days: "')  # a phone shows no head of the table
        page.get_by_label("Who will use it").focus()
        page.keyboard.type("mine")
        page.keyboard.press("Enter")
        expect(page.locator("main .notice code")).to_contain_text("pk-")
        assert findings(page) == []
        assert page.locator("html").evaluate("e => e.scrollWidth") <= width
        rows = page.locator("main tr").filter(has_text="coral")
        rows.locator("summary", has_text="Revoke").focus()
        page.keyboard.press("Enter")
        sure = rows.get_by_role("button", name="Revoke the key")
        expect(sure).to_be_visible()
        expect(rows).not_to_contain_text("revoked")  # it asks first
        assert findings(page) == []
        sure.focus()
        page.keyboard.press("Enter")
        expect(rows).to_contain_text("revoked")
        page.get_by_role("link", name="Thresholds").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Translate thresholds")).to_be_visible()
        assert findings(page) == []
        assert page.locator("html").evaluate("e => e.scrollWidth") <= width
