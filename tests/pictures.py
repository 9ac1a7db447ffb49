"""The documentation's pictures, taken anew: `make pictures`, or `URL=http://127.0.0.1:8123 make pictures`.

Wants a demo that nobody has worked in yet, started from this checkout with `make run`. All of them are made by one run,
in the order below: what only looks comes first, and the one comment that is posted comes last. It stays there, held.
How they look depends on the machine's fonts; those in the repository were taken with Liberation and Noto (Debian:
fonts-liberation, fonts-noto-core).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, Locator, Page, StorageState, expect, sync_playwright

from config.local.state import CHECKOUT, State
from tests.browser.conftest import QUIET, chromium
from tests.waiting import until

TRAM = "/articles/tram-through-the-old-town/"
RUDE = "Whoever drew this line is a complete idiot."

Arrange = Callable[[Page], None]


@dataclass(frozen=True)
class Picture:
    """One file: what arranges the page, its size in pixels, and who looks at it ("" is a stranger) and how."""

    name: str
    arrange: Arrange
    size: tuple[int, int]
    who: str
    dark: bool
    locale: str


PICTURES: list[Picture] = []


def picture(
    name: str, width: int, height: int, *, who: str = "", dark: bool = False, locale: str = "en-GB"
) -> Callable[[Arrange], Arrange]:
    """Mark a function that brings a page to where its picture is taken; one function may be marked several times."""

    def keep(arrange: Arrange) -> Arrange:
        PICTURES.append(Picture(name, arrange, (width, height), who, dark, locale))
        return arrange

    return keep


# --- readers --------------------------------------------------------------------------------------------


@picture("reader-article", 1280, 800)
def article(page: Page) -> None:
    page.goto(TRAM)


@picture("reader-arabic", 360, 720, locale="ar")
@picture("discussion", 1280, 900)
def discussion(page: Page) -> None:
    page.goto(f"{TRAM}?sort=best")
    to_top(page.locator(".talk-head"))


@picture("reader-pins", 1280, 800)
def pins(page: Page) -> None:
    page.goto(f"{TRAM}?sort=best")
    to_top(page.locator(".sorts"))
    expect(page.locator("#thread .badge.pin").first).to_be_in_viewport()


@picture("reader-phone", 360, 720)
@picture("reader-thread-dark", 1280, 800, dark=True)
def thread(page: Page) -> None:
    page.goto(f"{TRAM}?sort=best")
    to_top(page.locator("#thread > .c", has_text="I am a nurse on Larkhill"), above=8)


@picture("reader-forget", 1100, 1010, who="Reader")
def what_is_kept(page: Page) -> None:
    page.goto("/me/forget/")
    expect(page.get_by_role("button", name="Close my account")).to_be_in_viewport()


# --- the desk -------------------------------------------------------------------------------------------


@picture("desk", 1280, 860, who="Moderator")
def desk(page: Page) -> None:
    open_card(page, "You are a complete idiot, mate")
    expect(page.locator("#card .text mark").first).to_be_visible()  # a moment later than the words


@picture("desk-phone", 390, 844, who="Moderator")
def under_the_thumbs(page: Page) -> None:
    open_card(page, "Speak English or go back")  # longer than the screen: the buttons stay at its lower edge
    expect(page.locator("#card .text mark").first).to_be_attached()
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_be_in_viewport()


@picture("desk-refuse-dark", 1280, 860, who="Moderator", dark=True)
def refusing(page: Page) -> None:
    desk(page)
    page.keyboard.press("r")
    expect(page.locator("#card .own-words textarea")).to_be_in_viewport(ratio=1)


@picture("desk-many", 1280, 860, who="Moderator")
def three_selected(page: Page) -> None:
    page.goto("/desk/", wait_until="networkidle")
    for box in page.locator("#rows .choose input").all()[:3]:
        box.check()
    expect(page.locator("#bulk [data-selected]")).to_have_text("3")
    page.mouse.move(0, 0)


@picture("desk-reader", 1280, 860, who="Moderator")
def reader(page: Page) -> None:
    open_card(page, "y0u s3lfish 0ld 1d10t")
    page.keyboard.press("s")
    expect(page.locator("#drawer .their-comments")).to_contain_text("y0u s3lfish 0ld 1d10t")


@picture("desk-appeal", 1280, 860, who="Moderator")
def appeal(page: Page) -> None:
    page.goto("/desk/queue/appeals/", wait_until="networkidle")
    expect(page.get_by_role("button", name="The author is right")).to_be_in_viewport()


@picture("desk-numbers", 1280, 980, who="Moderator")
def numbers(page: Page) -> None:
    page.goto("/desk/")
    page.get_by_role("link", name="Numbers").click()
    expect(page.get_by_role("heading", name="Who decided")).to_be_visible()


# --- a guest posts --------------------------------------------------------------------------------------


@picture("reader-nudge", 1100, 760)
def word_before_posting(page: Page) -> None:
    page.goto(f"{TRAM}?sort=newest")
    form = page.locator("#write")
    form.get_by_label("Name").fill("Hazel Thorne")
    form.get_by_label("E-mail").fill("hazel@example.net")
    form.locator("textarea").press_sequentially(RUDE)
    expect(form.locator(".nudge mark").first).to_be_visible()
    to_top(page.locator(".talk-head"))


@picture("reader-held", 1100, 760)
def held(page: Page) -> None:
    word_before_posting(page)
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#mine .c")).to_contain_text("A person will look at it", timeout=60_000)
    to_top(page.locator(".sorts"))


# --- taking them ----------------------------------------------------------------------------------------


def to_top(part: Locator, *, above: int = 24) -> None:
    """Scroll until so many pixels are left above a part of the page."""
    part.evaluate("(part, above) => scrollTo(0, part.getBoundingClientRect().top + scrollY - above)", above)


def open_card(page: Page, words: str) -> None:
    """Open the held comment with these words at its own address, beside the list."""
    page.goto("/desk/")
    page.goto(page.locator("#rows .row", has_text=words).locator("> a").get_attribute("href") or "/desk/")
    expect(page.locator("#card .text")).to_contain_text(words)


def take(browser: Browser, url: str, one: Picture, session: StorageState | None, into: Path) -> None:
    """Arrange one page in a browser of its own, and save what is seen of it."""
    width, height = one.size
    with browser.new_context(
        base_url=url, storage_state=session, viewport={"width": width, "height": height}, locale=one.locale,
        timezone_id="UTC", color_scheme="dark" if one.dark else "light", reduced_motion="reduce",
    ) as context:  # fmt: skip
        page = context.new_page()
        one.arrange(page)
        page.screenshot(path=into / f"{one.name}.png", animations="disabled")


def log_in(browser: Browser, url: str, login: tuple[str, str]) -> StorageState:
    """Go through the form once; every picture of this person is taken with the cookies."""
    with browser.new_context(base_url=url) as context:
        page = context.new_page()
        page.goto("/accounts/login/?next=/me/")
        page.locator("input[name=login]").fill(login[0])
        page.locator("input[name=password]").fill(login[1])
        page.get_by_role("button", name="Log in").click()
        expect(page, f"{login[0]} cannot log in: is {url} the demo of this checkout?").to_have_url(f"{url}/me/")
        return context.storage_state()


def logins() -> dict[str, tuple[str, str]]:
    """Who → address and password, as `make run` wrote them down."""
    file = State().folder / "demo_logins.txt"
    if not file.is_file():
        sys.exit(f"{file} is missing: the demo has to run from this checkout (make run).")
    lines = re.findall(r"^(\w+): (\S+)  (\S+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {who: (address, password) for who, address, password in lines}


def wait_for_scores(url: str) -> None:
    """Return once every comment of the demo has been decided; end with a sentence when nobody is there."""

    def health() -> dict[str, Any]:
        return dict(requests.get(f"{url}/healthz", timeout=30).json())

    try:
        until("the site is ready", lambda: bool(health()["status"] == "ok"), 180)
        until("the demo's comments are decided", lambda: not health().get("oldest_pending_seconds"), 180)
    except requests.RequestException:
        sys.exit(f"No Parley answers at {url}. Start the demo with `make run`, or name its address: URL=…")
    except AssertionError as error:
        sys.exit(f"{url}: {error}")


def main() -> None:
    options = argparse.ArgumentParser(description="Take the documentation's pictures from a fresh demo.")
    options.add_argument("url", help="where the demo answers, such as http://127.0.0.1:8000")
    options.add_argument("--into", type=Path, default=CHECKOUT / "docs" / "images", help="a folder")
    given = options.parse_args()
    url = given.url.rstrip("/")
    known = logins()
    wait_for_scores(url)
    given.into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        sessions = {who: log_in(browser, url, known[who]) for who in sorted({one.who for one in PICTURES} - {""})}
        for one in PICTURES:
            take(browser, url, one, sessions.get(one.who), given.into)
            print(given.into / f"{one.name}.png", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
