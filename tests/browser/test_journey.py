"""The whole way on a whole site: `make run`, its real worker and model, a reader, a stranger and a moderator."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chaos.product import Product, running
from tests.waiting import until

pytestmark = pytest.mark.browser

KIND = "Thank you for this report. My mother takes that tram every morning and she is delighted."
RUDE = "Only a stupid fool would write such nonsense about our tram."


@pytest.fixture(scope="module")
def site() -> Iterator[Product]:
    """A site as a newcomer starts it, demo and all."""
    folder = Path(tempfile.mkdtemp(prefix="parley-journey-"))
    try:
        with running(folder, demo=True) as product:
            until("the demo's comments are decided", product.drained, 120)
            yield product
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def moderators_login(site: Product) -> tuple[str, str]:
    found = re.search(r"Moderator: (\S+)\s+(\S+)", (site.folder / "demo_logins.txt").read_text())
    assert found
    return found[1], found[2]


def write(page: Page, words: str) -> None:
    """Post through the page's own form, as a guest the first time and by the remembered name after that."""
    form = page.locator("form:has(textarea)").first
    form.locator("textarea").fill(words)
    if form.locator("input[name=name]").count():
        form.locator("input[name=name]").fill("Rosalind Marsh")
        form.locator("input[name=email]").fill("rosalind@example.org")
    form.get_by_role("button", name="Post comment").click()
    expect(page.get_by_text(words)).to_be_visible()


def state_of(site: Product, words: str) -> str:
    rows = site.sql(
        "SELECT state FROM discussions_comment c JOIN discussions_revision r ON comment_id = c.id WHERE text = %s",
        words,
    )
    return str(rows[0][0]) if rows else "not there"


def seen_by_a_stranger(browser: Browser, address: str, words: str) -> bool:
    """Whether somebody who has never been here reads these words."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(address)
        return page.get_by_text(words).count() > 0
    finally:
        context.close()


def test_read_post_be_held_be_approved_and_taken_back(site: Product, page: Page, browser: Browser) -> None:
    page.goto(site.base + "/")
    page.get_by_role("link", name="The tram will come through the old town after all").click()
    expect(page.get_by_role("heading", name=re.compile("Discussion"))).to_be_visible()
    address = page.url.split("#")[0].split("?")[0] + "?sort=newest"
    page.goto(address)

    write(page, KIND)
    until("the kind comment is published", lambda: state_of(site, KIND) == "published", 30)
    assert seen_by_a_stranger(browser, address, KIND)

    page.goto(address)
    write(page, RUDE)
    until("the rude comment is held", lambda: state_of(site, RUDE) == "held", 30)
    page.goto(address)
    expect(page.get_by_text(RUDE)).to_be_visible()
    assert not seen_by_a_stranger(browser, address, RUDE)

    moderator = browser.new_context()
    desk = moderator.new_page()
    name, password = moderators_login(site)
    desk.goto(site.base + "/accounts/login/?next=/desk/")
    desk.locator("input[name=login]").fill(name)
    desk.locator("input[name=password]").fill(password)
    desk.get_by_role("button", name="Log in").click()
    desk.get_by_role("link", name=re.compile("Only a stupid fool")).first.click()
    card = desk.locator("article.card", has_text=RUDE)
    expect(card.get_by_text(re.compile(r"held from \d?\.\d\d")).first).to_be_visible()

    card.get_by_role("button", name=re.compile("^Approve")).click()
    until("it is approved", lambda: state_of(site, RUDE) == "published", 15)
    assert seen_by_a_stranger(browser, address, RUDE)
    desk.get_by_role("button", name=re.compile("^Undo")).first.click()
    until("the approval is taken back", lambda: state_of(site, RUDE) == "held", 15)
    assert not seen_by_a_stranger(browser, address, RUDE)
    moderator.close()
