"""A real Chromium, the system's own, against a live server on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=15_000)  # as the pages' own patience; a busy machine fails no test


def chromium() -> str:
    """The system's browser instead of one that Playwright would fetch."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "The browser tests need Chromium. On Debian and Ubuntu: apt-get install chromium"
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium(), "args": QUIET}


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page that fails its test when a script fails or the content security policy is broken."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    page.set_default_timeout(15_000)
    yield page
    assert wrong == []


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A reader in English whose clock stands in UTC."""
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "UTC"}


def log_in(context: BrowserContext, address: str, user: Any) -> None:
    """Give the browser a session of this account, without walking through the form each time."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])


def write(page: Page, text: str, form: str = "#write") -> None:
    """Fill in a form for a comment, with a guest's name where it asks for one, and send it."""
    page.locator(f"{form} textarea").fill(text)
    if page.locator(f"{form} [name=name]").count():
        page.locator(f"{form} [name=name]").fill("Ada Brook")
        page.locator(f"{form} [name=email]").fill("ada@example.org")
    page.locator(f"{form} button.button").click()
