"""What the tests of the desk share: a moderator in front of it, comments that wait, and looks at what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Article, Comment, State, User
from moderation.models import Staff
from tests.browser.conftest import log_in
from tests.factories.discussions import AccountFactory, ArticleFactory, UserFactory
from tests.factories.moderation import first_policy, judged

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


def sit_down(page: Page, address: str, user: User, at: str = "/desk/") -> None:
    """Log in and open the desk in a window wide enough for list and card."""
    page.set_viewport_size({"width": 1400, "height": 900})
    log_in(page.context, address, user)
    page.goto(address + at)


@pytest.fixture
def at_desk(page: Page, live_server: LiveServer, moderator: User, waiting: list[Comment]) -> Iterator[Page]:
    sit_down(page, live_server.url, moderator)
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
