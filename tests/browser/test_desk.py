"""The desk in a real browser, mostly from the keys."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import APIResponse, Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from discussions import posting
from discussions.models import Article, Comment, Notice, Report, State, User
from moderation import appeals, decisions, insight, queue, tallies
from moderation.models import Decision, Escalation, Preset, Sanction, Staff
from tests.browser.conftest import log_in
from tests.browser.test_accessible import RULES
from tests.factories.discussions import AccountFactory, ArticleFactory, UserFactory
from tests.factories.moderation import first_policy, judged

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HATE = {"toxicity": 0.95, "identity_attack": 0.8, "insult": 0.8}


@pytest.fixture(autouse=True)
def one_factor_will_do(settings: Any) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = False


@pytest.fixture
def moderator(transactional_db: None) -> User:
    account = AccountFactory(name="Mo Lind", user=UserFactory(email="mo@example.org", is_staff=True))
    Staff.objects.create(user=account.user, role=Staff.Role.SENIOR)
    return account.user


@pytest.fixture
def article(transactional_db: None) -> Article:
    first_policy()
    return ArticleFactory(title="The tram comes back")


@pytest.fixture
def waiting(article: Article) -> list[Comment]:
    """Eight comments on the held queue, in the queue's order."""
    return [judged(article, f"Insult number {n}, you fool.", labels={"toxicity": 0.9 - n / 50}) for n in range(8)]


@pytest.fixture
def at_desk(page: Page, live_server: LiveServer, moderator: User, waiting: list[Comment]) -> Iterator[Page]:
    page.set_viewport_size({"width": 1400, "height": 900})
    log_in(page.context, live_server.url, moderator)
    page.goto(f"{live_server.url}/desk/")
    yield page
    page.unroute_all()
    page.wait_for_load_state("networkidle")  # the desk keeps asking for news; not while the tables are emptied
    page.goto("about:blank")


def card_says(page: Page, words: str) -> None:
    expect(page.locator("#card .text")).to_contain_text(words)


def is_now(comment: Comment, state: State) -> None:
    comment.refresh_from_db()
    assert comment.state == state


def done(page: Page, words: str) -> None:
    """The last action is in view."""
    expect(page.locator("#last .last.fresh")).to_contain_text(words)


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


def test_a_fetched_card_and_the_drawer_tell_their_times_as_the_page_does(at_desk: Page) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("j")
    card_says(at_desk, "number 1")
    expect(at_desk.locator("#card .card-head time")).to_have_text("now")
    at_desk.locator("#card a[data-reader]").click()
    first = at_desk.locator("#drawer-body time").first
    expect(first).to_have_attribute("title", re.compile(r"\d{4}"))


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
    page.set_viewport_size({"width": 1400, "height": 900})
    log_in(page.context, live_server.url, moderator)
    page.goto(f"{live_server.url}/desk/")
    page.keyboard.press("r")
    page.get_by_role("button", name="This belongs under").click()
    page.keyboard.press("Enter")
    done(page, "Beside the point")
    assert Decision.objects.get(actor="person").reason_words == "This belongs under the article on the budget."


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


def test_a_lost_connection_is_said_and_nothing_is_pretended(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    at_desk.route("**/decide/", lambda route: route.abort())
    at_desk.keyboard.press("a")
    expect(at_desk.locator(".last.error")).to_contain_text("Not saved")
    expect(at_desk.locator(f'.row[data-id="{waiting[0].pk}"]')).not_to_have_class("gone")
    is_now(waiting[0], State.HELD)


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
    monkeypatch.setattr(insight, "PAUSE_AFTER", 2)
    for n in range(4):
        judged(article, f"Hateful {n}.", labels=HATE)
    page.set_viewport_size({"width": 1400, "height": 900})
    log_in(page.context, live_server.url, moderator)
    page.goto(f"{live_server.url}/desk/")
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
    page.set_viewport_size({"width": 1400, "height": 900})
    log_in(page.context, live_server.url, moderator)
    page.goto(f"{live_server.url}/desk/comments/{comment.pk}/?queue=approved")
    card_says(page, "number 0")
    page.keyboard.press("r")
    expect(page.locator(".last.error")).to_contain_text("Your refusal of these words was overturned on appeal")
    expect(page.locator("#card [data-digit]")).to_have_count(0)
    page.goto("about:blank")


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


def test_a_phone_shows_one_pane_and_decides_without_keys(
    page: Page, live_server: LiveServer, moderator: User, waiting: list[Comment]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page.context, live_server.url, moderator)
    page.goto(f"{live_server.url}/desk/")
    expect(page.locator("#cardpane")).to_be_hidden()
    page.locator(".row a").first.click()
    expect(page.locator(".list")).to_be_hidden()
    approve = page.get_by_role("button", name="Approve")
    expect(approve).to_be_in_viewport()
    approve.click()
    done(page, "Approved")
    is_now(waiting[0], State.PUBLISHED)
    card_says(page, "number 1")
    approve.click()  # what is said of the last one does not lie over it
    expect(page.locator(f'.row[data-id="{waiting[1].pk}"]')).to_have_class(re.compile("to-published"))
    refuse = page.locator("#card .acts-desk > details.refuse > summary")
    refuse.click()
    expect(page.get_by_role("button", name="Threat")).to_be_in_viewport()
    page.locator("#card .told").scroll_into_view_if_needed()
    refuse.click()
    expect(page.get_by_role("button", name="Threat")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_desk_works_without_scripts(
    browser: Browser, live_server: LiveServer, moderator: User, waiting: list[Comment]
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1400, "height": 900})
    try:
        log_in(context, live_server.url, moderator)
        page = context.new_page()
        page.goto(f"{live_server.url}/desk/")
        page.locator("#card summary", has_text="Refuse").click()
        page.get_by_role("button", name="3 Threat").click()
        expect(page.locator("#last")).to_contain_text("Threat")
        is_now(waiting[0], State.REJECTED)
        card_says(page, "number 1")
        page.get_by_role("button", name="Undo").click()
        is_now(waiting[0], State.HELD)
    finally:
        context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 390), ("light", 1400), ("dark", 1400)])
def test_axe_finds_nothing_at_the_desk(  # noqa: PLR0917 - fixtures
    browser: Browser, live_server: LiveServer, moderator: User, article: Article, scheme: str, width: int
) -> None:
    first = judged(article, "You fool.", labels=HATE, suspect=["fool"])
    posting.edit(comment=first, text="You silly fool.", by=first.reader)
    shown = judged(article, "A calm word.", labels={"toxicity": 0.01, "insult": 0.01})
    judged(article, "An answer, you fool.", parent=shown)
    posting.report(comment=shown, by=None, reason=Report.Reason.INSULT, words="Is it?")
    queue.take_reports()
    settled = judged(article, "A fool's errand.")
    decisions.by_person(comment_id=settled.pk, action="approve", by=moderator, version_seen=settled.version)
    context = browser.new_context(
        bypass_csp=True, color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900}
    )
    try:
        log_in(context, live_server.url, moderator)
        page = context.new_page()
        for path in (
            "/desk/", "/desk/queue/reported/", "/desk/queue/mine/", f"/desk/comments/{first.pk}/?queue=all",
            f"/desk/readers/{first.reader_id}/", "/desk/record/?who=all", "/desk/insight/", "/desk/policy/",
        ):  # fmt: skip
            page.goto(live_server.url + path)
            page.evaluate("document.querySelectorAll('#card details, .chart details').forEach(d => { d.open = true })")
            found = Axe().run(page, options=RULES).response["violations"]
            assert [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in found] == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    finally:
        context.close()


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
        at_desk.wait_for_timeout(20)
    at_desk.keyboard.press("u")
    expect(at_desk.locator("#last .last.fresh")).to_contain_text("Took it back")
    expect(at_desk.locator(".row.gone")).to_have_count(1)
    route, answer = held[0]
    with at_desk.expect_response(answer.url):
        route.fulfill(response=answer)
    at_desk.evaluate("() => new Promise((done) => setTimeout(done, 0))")  # the script has read it by then
    expect(at_desk.locator(".row.gone")).to_have_count(1)
    is_now(waiting[1], State.HELD)
