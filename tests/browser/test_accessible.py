"""Nothing that axe finds, on any page a reader meets; and every page fits a small screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import signing
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from discussions import following, picks
from discussions.models import Article, Comment, Follow, Notice, Section, State
from tests.browser.conftest import log_in
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, UserFactory, move, post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


class World:
    """One article with a comment in every state, and the account that wrote them."""

    def __init__(self) -> None:
        self.account = AccountFactory(name="Ada Brook")
        section = Section.objects.create(name="Town", slug="town")
        self.article: Article = ArticleFactory(section=section, standfirst="The lights stay on.", byline="Nell Varga")
        self.root: Comment = post(self.article, "A *first* word, with a [link](https://example.org/).")
        for _number in range(7):
            post(self.article, "> quoted\n\nand answered at some length, " * 3, parent=self.root)
        self.mine: Comment = post(self.article, "My own published words.", reader=self.account)
        for state in (State.PENDING, State.HELD, State.REJECTED):
            comment = post(self.article, f"Mine, {state}.", reader=self.account, state=state)
            if state != State.PENDING:
                Notice.objects.create(reader=self.account, comment=comment, outcome=state, words="Because of a rule.")
        picks.toggle(comment=self.root, by=UserFactory(is_staff=True))
        gone = post(self.article, "Soon gone.")
        post(self.article, "An answer that stays.", parent=gone)
        move(gone, State.REJECTED)

    def followed_daily(self) -> Follow:
        return following.follow(reader=self.account, article=self.article, pace=Follow.Pace.DAILY)

    def grown_old(self, comment: Comment) -> Comment:
        Comment.objects.filter(pk=comment.pk).update(created_at=timezone.now() - timedelta(days=1))
        return comment


PAGES: dict[str, Callable[[World], str]] = {
    "home": lambda w: "/",
    "article": lambda w: w.article.get_absolute_url(),
    "comment": lambda w: w.root.get_absolute_url(),
    "reply": lambda w: f"/comments/{w.root.pk}/reply/",
    "report": lambda w: f"/comments/{w.root.pk}/report/",
    "edit": lambda w: f"/comments/{w.mine.pk}/edit/",
    "delete": lambda w: f"/comments/{w.mine.pk}/delete/",
    "reader": lambda w: f"/readers/{w.root.reader_id}/",
    "me": lambda w: "/me/",
    "login": lambda w: "/accounts/login/",
    "signup": lambda w: "/accounts/signup/",
    "reset": lambda w: "/accounts/password/reset/",
    "email": lambda w: "/accounts/email/",
    "second factor": lambda w: "/accounts/2fa/",
    "mail sent": lambda w: "/accounts/confirm-email/",
    "mail of the day": lambda w: f"/digest/{following.digest_token(w.followed_daily().reader)}/",
    "time to edit over": lambda w: f"/comments/{w.grown_old(w.mine).pk}/edit/",
    "missing": lambda w: "/nowhere/",
}
STRANGERS = {"login", "signup", "reset", "mail sent"}


def findings(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def test_axe_does_find_what_is_wrong(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="x"><input></main>')
        assert {found.split(":")[0] for found in findings(page)} >= {"image-alt", "label"}


@pytest.mark.parametrize("name", list(PAGES))
def test_axe_finds_nothing(browser: Browser, live_server: LiveServer, name: str) -> None:
    world = World()
    for scheme in ("light", "dark"):
        # Only here may the policy be bypassed: axe is put into the page as a script.
        with browser.new_context(bypass_csp=True, color_scheme=scheme, locale="en-GB") as context:
            if name not in STRANGERS:
                log_in(context, live_server.url, world.account.user)
            page = context.new_page()
            page.goto(live_server.url + PAGES[name](world))
            assert findings(page) == [], scheme


@pytest.mark.parametrize("name", ["home", "article", "comment", "me", "signup"])
@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_every_page_fits_320_pixels(browser: Browser, live_server: LiveServer, name: str, language: str) -> None:
    world = World()
    with browser.new_context(viewport={"width": 320, "height": 640}, locale=language) as context:
        if name not in STRANGERS:
            log_in(context, live_server.url, world.account.user)
        page = context.new_page()
        page.goto(live_server.url + PAGES[name](world))
        assert page.locator("html").evaluate("e => e.scrollWidth") <= 320
        if name == "article":  # WCAG 2.5.8: names and times wrap close above each other here
            assert page.locator(".by a").evaluate_all("all => Math.min(...all.map(e => e.offsetHeight))") >= 24


def test_axe_finds_nothing_where_a_guest_is_forgotten(browser: Browser, live_server: LiveServer) -> None:
    guest = ReaderFactory()
    for scheme in ("light", "dark"):
        with browser.new_context(
            bypass_csp=True, color_scheme=scheme, locale="ar", viewport={"width": 320, "height": 640}
        ) as context:
            known = {"name": "reader", "value": signing.dumps(guest.pk, salt="parley.guest"), "url": live_server.url}
            context.add_cookies([known])
            page = context.new_page()
            page.goto(live_server.url + "/me/forget/")
            page.locator(".kept").wait_for()
            assert findings(page) == [], scheme
            assert page.locator("html").evaluate("e => e.scrollWidth") <= 320


def test_axe_finds_nothing_in_a_message(browser: Browser, live_server: LiveServer) -> None:
    world = World()
    with browser.new_context(bypass_csp=True, locale="en-GB") as context:
        log_in(context, live_server.url, world.account.user)
        page = context.new_page()
        page.goto(live_server.url + world.article.get_absolute_url())
        page.get_by_text("Follow by e-mail").click()
        assert findings(page) == []
        page.get_by_role("button", name="One mail a day").click()
        page.locator(".follow-said", has_text="You will get one mail a day").wait_for()
        assert findings(page) == []


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
def test_the_choices_of_follow_fit_a_small_phone(browser: Browser, live_server: LiveServer, locale: str) -> None:
    world = World()
    with browser.new_context(locale=locale, viewport={"width": 320, "height": 640}) as context:
        page = context.new_page()
        for address in (world.article.get_absolute_url(), world.root.get_absolute_url()):
            page.goto(live_server.url + address)
            page.locator("details.follow summary").click()
            page.locator("details.follow button").first.wait_for()
            assert page.locator("html").evaluate("e => e.scrollWidth") <= 320, address


def test_axe_finds_nothing_in_what_opens_in_place(browser: Browser, live_server: LiveServer) -> None:
    world = World()
    with browser.new_context(bypass_csp=True, locale="ar") as context:
        page = context.new_page()
        page.goto(live_server.url + world.article.get_absolute_url())
        here = page.locator(f"#c{world.root.pk} > article")
        here.locator("a.in").first.click()
        here.locator(".slot textarea").wait_for()
        assert findings(page) == []
        here.locator("a.in").last.click()
        here.locator(".slot .report").wait_for()
        assert findings(page) == []
