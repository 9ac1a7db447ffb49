"""A reader follows a discussion in a browser, and stays where they are."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Article, Follow
from tests.browser.conftest import log_in
from tests.factories.discussions import AccountFactory, ArticleFactory, post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def article() -> Article:
    return ArticleFactory(title="The library opens at night", body="A long story.\n\n" * 60)


def test_following_changes_the_choices_and_nothing_else(page: Page, live_server: LiveServer, article: Article) -> None:
    log_in(page.context, live_server.url, AccountFactory().user)
    page.goto(live_server.url + article.get_absolute_url())
    page.locator("#write textarea").fill("Half a thought")
    page.evaluate("window.stillHere = true")
    choices = page.locator("details.follow")
    choices.locator("summary").click()
    height = page.evaluate("scrollY")
    assert height > 500
    page.get_by_role("button", name="One mail a day").press("Enter")
    expect(choices.locator("summary")).to_have_text("Following")
    expect(choices.locator("summary")).to_be_focused()
    expect(page.locator(".follow-said")).to_contain_text("You will get one mail a day")
    assert Follow.objects.get().pace == "daily"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop following").click()
    expect(choices.locator("summary")).to_have_text("Follow by e-mail")
    expect(choices.locator("summary")).to_be_focused()
    assert Follow.objects.count() == 0
    assert page.evaluate("window.stillHere")
    assert abs(page.evaluate("scrollY") - height) < 60
    assert page.locator("#write textarea").input_value() == "Half a thought"


def test_who_is_nobody_here_is_told_what_to_do(page: Page, live_server: LiveServer, article: Article) -> None:
    page.goto(live_server.url + article.get_absolute_url())
    page.get_by_text("Follow by e-mail").click()
    page.get_by_role("button", name="A mail at once").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who are you?")


def test_no_answer_is_said_beside_the_choices(page: Page, live_server: LiveServer, article: Article) -> None:
    log_in(page.context, live_server.url, AccountFactory().user)
    page.goto(live_server.url + article.get_absolute_url())
    page.get_by_text("Follow by e-mail").click()
    page.context.set_offline(True)
    page.get_by_role("button", name="A mail at once").click()
    expect(page.locator(".follow-said")).to_contain_text("does not answer")


@pytest.mark.parametrize("on_the_comments_own_page", [False, True])
def test_without_javascript_the_choices_stay_in_view(
    browser: Browser, live_server: LiveServer, article: Article, on_the_comments_own_page: bool
) -> None:
    above = post(article, "Above it.\n\n" * 60)
    comment = post(article, "Below it.", parent=above)
    place = comment if on_the_comments_own_page else article
    with browser.new_context(java_script_enabled=False) as context:
        log_in(context, live_server.url, AccountFactory().user)
        page = context.new_page()
        page.goto(live_server.url + place.get_absolute_url())
        page.locator("details.follow summary").click()
        page.get_by_role("button", name="A mail at once").click()
        expect(page.locator("details.follow summary")).to_have_text("Following")
        expect(page.locator("details.follow summary")).to_be_in_viewport()
        expect(page.locator(".follow-said")).to_be_in_viewport()
        expect(page.locator(".follow-said")).to_contain_text("You will get a mail")
