"""The desk on a phone, without scripts, and what axe finds at it."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions import posting, reports
from discussions.models import Article, Comment, Reader, Report, State, User
from moderation import decisions, queue
from tests.browser.conftest import log_in
from tests.browser.desk import *  # noqa: F403
from tests.browser.desk import HATE, card_says, done, is_now
from tests.browser.test_accessible import RULES
from tests.factories.moderation import judged

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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


def test_a_phone_shows_which_queue_is_open_and_charts_one_can_read(
    page: Page, live_server: LiveServer, moderator: User, waiting: list[Comment]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page.context, live_server.url, moderator)
    page.goto(f"{live_server.url}/desk/queue/rejected/")
    expect(page.locator(".queues [aria-current]")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("link", name="To the site")).to_be_in_viewport(ratio=1)
    page.goto(f"{live_server.url}/desk/insight/")
    texts = page.locator(".chart text").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(texts) > 11
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_record_breaks_no_name_within_a_word(
    page: Page, live_server: LiveServer, moderator: User, waiting: list[Comment]
) -> None:
    Reader.objects.filter(pk=waiting[0].reader_id).update(name="Bartholomew Featherstonehaugh")
    words = "Argue the matter and not the person, as it says above every thread of this paper. " * 4
    decisions.by_person(
        comment_id=waiting[0].pk, action="reject", by=moderator, version_seen=waiting[0].version,
        reason_code="insult", words=words,
    )  # fmt: skip
    page.set_viewport_size({"width": 1280, "height": 900})
    log_in(page.context, live_server.url, moderator)
    page.goto(f"{live_server.url}/desk/record/")
    for cell in ("td:nth-child(2)", ".did", "td:nth-child(5) a", ".plainbutton"):
        broken = page.locator(f".record {cell}").first.evaluate(
            """e => { const text = e.firstChild, box = document.createRange();
            return [...text.data.matchAll(/\\S+/g)].filter(word => {
              box.setStart(text, word.index); box.setEnd(text, word.index + word[0].length);
              return box.getClientRects().length > 1 }).map(word => word[0]) }"""
        )
        assert broken == [], cell
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_decided_row_can_still_be_read(at_desk: Page, waiting: list[Comment]) -> None:
    card_says(at_desk, "number 0")
    at_desk.keyboard.press("a")
    expect(at_desk.locator(".row.gone")).to_have_count(1)
    who = at_desk.locator(".row.gone .who")
    seen = "e => { let o = 1; for (let p = e; p; p = p.parentElement) o *= getComputedStyle(p).opacity; return o }"
    assert who.evaluate(seen) == 1


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
    reports.save(comment=shown, by=None, reason=Report.Reason.INSULT, words="Is it?")
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
