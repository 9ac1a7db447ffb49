"""What a reader typed is kept and given back, whatever goes wrong on the way."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Article, Comment, Report, State
from tests.browser.conftest import log_in, write
from tests.factories.discussions import AccountFactory, ArticleFactory, move, post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def article() -> Article:
    return ArticleFactory(title="The library opens at night")


def test_what_is_typed_survives_a_reload(page: Page, live_server: LiveServer, article: Article) -> None:
    page.goto(live_server.url + article.get_absolute_url())
    page.locator("#write textarea").fill("Half a thought")
    page.reload()
    expect(page.locator("#write textarea")).to_have_value("Half a thought")


def test_an_edit_survives_its_form_and_is_gone_once_it_is_saved(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    account = AccountFactory()
    comment = post(article, "Who wants teh?", reader=account)
    log_in(page.context, live_server.url, account.user)
    page.goto(live_server.url + article.get_absolute_url())
    edit = page.locator(f"#c{comment.pk}").get_by_role("link", name="Edit")
    words = page.locator(f"#edit-{comment.pk}")
    edit.click()
    words.fill("Who wants tea?")
    words.press("Escape")
    edit.click()
    expect(words).to_have_value("Who wants tea?")
    page.goto(f"{live_server.url}/comments/{comment.pk}/edit/")
    expect(words).to_have_value("Who wants tea?")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(live_server.url + comment.get_absolute_url())
    assert page.evaluate("localStorage.length") == 0


def test_a_discussion_that_closes_meanwhile_keeps_the_words(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    page.goto(live_server.url + article.get_absolute_url())
    Article.objects.update(mode=Article.Mode.CLOSED)
    write(page, "A little too late.")
    expect(page.locator("#write .wrong")).to_contain_text("closed")
    expect(page.locator("#write textarea")).to_have_value("A little too late.")


def test_an_expired_form_is_given_back_and_one_press_sends_it(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    root = post(article, "Who wants tea?")
    page.goto(live_server.url + article.get_absolute_url())
    page.locator(f"#c{root.pk}").get_by_role("link", name="Reply").click()
    expect(page.locator(f"#reply-{root.pk} textarea")).to_be_focused()
    page.context.clear_cookies()
    write(page, "Long after lunch.")
    expect(page.locator("#write .wrong")).to_contain_text("Press the button once more")
    expect(page.locator("#write textarea")).to_have_value("Long after lunch.")
    expect(page.locator("#write textarea")).to_be_focused()
    assert Comment.objects.count() == 1
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#mine")).to_contain_text("Long after lunch.")
    write(page, "The other form is fresh, too.", f"#reply-{root.pk}")
    expect(page.locator(f"#c{root.pk} > .r")).to_contain_text("The other form is fresh, too.")


def test_an_expired_edit_and_report_are_given_back(page: Page, live_server: LiveServer, article: Article) -> None:
    account = AccountFactory()
    mine, other = post(article, "Who wants teh?", reader=account), post(article, "Words of another.")
    log_in(page.context, live_server.url, account.user)
    page.goto(live_server.url + article.get_absolute_url())
    page.locator(f"#c{mine.pk}").get_by_role("link", name="Edit").click()
    page.locator(f"#c{mine.pk} textarea").fill("Who wants tea?")
    page.locator(f"#c{other.pk}").get_by_role("link", name="Report").click()
    page.get_by_label("beside the point").check()
    page.get_by_label("In your words").fill("It is about the weather.")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Send report").click()
    expect(page.locator("form.report .notice")).to_contain_text("Press the button once more")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_text("Thank you. A person will look at it.")).to_be_visible()
    assert (Report.objects.get().reason, Report.objects.get().words) == ("off_topic", "It is about the weather.")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(f"#c{mine.pk} .wrong")).to_contain_text("Press the button once more")
    expect(page.locator(f"#c{mine.pk} > article > .w")).to_have_text("Who wants teh?")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(f"#c{mine.pk}")).to_contain_text("Only you see this yet")
    expect(page.locator(f"#c{mine.pk}")).to_contain_text("Who wants tea?")


def test_without_javascript_an_expired_form_is_given_back_too(
    browser: Browser, live_server: LiveServer, article: Article
) -> None:
    Article.objects.update(body="A long story.\n\n" * 60)
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(live_server.url + article.get_absolute_url())
        context.clear_cookies()
        write(page, "Long after lunch.")
        expect(page.locator("#write .wrong")).to_contain_text("Press the button once more")
        expect(page.locator("#write .wrong")).to_be_in_viewport()
        expect(page.locator("#write textarea")).to_have_value("Long after lunch.")
        page.get_by_role("button", name="Post comment").click()
        expect(page.locator("#mine")).to_contain_text("Long after lunch.")


def test_a_button_of_an_old_page_works_at_the_second_press(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    comment = post(article)
    log_in(page.context, live_server.url, AccountFactory().user)
    page.goto(live_server.url + article.get_absolute_url())
    page.context.clear_cookies(name="csrftoken")
    button = page.locator(f"#c{comment.pk} .v")
    button.click()
    expect(page.locator(f"#c{comment.pk} .said")).to_contain_text("Press once more")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def test_a_form_that_does_not_come_is_said_where_it_was_asked_for(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    comment = post(article)
    page.goto(live_server.url + article.get_absolute_url())
    item = page.locator(f"#c{comment.pk}")
    reply = item.get_by_role("link", name="Reply")
    page.context.set_offline(True)
    reply.click()
    expect(item.get_by_role("status")).to_contain_text("does not answer")
    expect(reply).to_have_attribute("aria-expanded", "false")
    page.context.set_offline(False)
    reply.click()
    expect(item.locator("textarea")).to_be_focused()
    reply.click()
    move(comment, State.REJECTED)
    reply.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


def test_what_was_begun_before_a_discussion_closed_is_shown_to_be_copied(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    root = post(article, "Who wants tea?")
    page.goto(live_server.url + article.get_absolute_url())
    page.locator("#write textarea").fill("Half a thought")
    page.locator(f"#c{root.pk}").get_by_role("link", name="Reply").click()
    page.locator(f"#reply-{root.pk} textarea").fill("Half an answer")
    Article.objects.update(mode=Article.Mode.CLOSED)
    page.reload()
    kept = page.get_by_role("textbox", name="What you had written")
    expect(kept).to_have_count(2)
    assert [area.input_value() for area in kept.all()] == ["Half a thought", "Half an answer"]
    page.get_by_role("button", name="Throw it away").first.click()
    page.goto(live_server.url + root.get_absolute_url())
    expect(kept).to_have_value("Half an answer")
    page.get_by_role("button", name="Throw it away").click()
    expect(page.get_by_text("You had begun to write this.")).to_be_hidden()
    assert page.evaluate("localStorage.length") == 0


def test_a_closed_discussion_that_nobody_began_to_write_in_shows_nothing_kept(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    Article.objects.update(mode=Article.Mode.CLOSED)
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.get_by_text("This discussion is closed.")).to_be_visible()
    expect(page.get_by_text("You had begun to write this.")).to_be_hidden()


def test_an_edit_begun_in_time_is_shown_when_the_time_is_over(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    comment = post(article, "Who wants teh?", reader=AccountFactory())
    log_in(page.context, live_server.url, comment.reader.user)
    page.goto(live_server.url + article.get_absolute_url())
    edit = page.locator(f"#c{comment.pk}").get_by_role("link", name="Edit")
    edit.click()
    page.locator(f"#edit-{comment.pk}").fill("Who wants tea?")
    edit.click()
    Comment.objects.update(created_at=timezone.now() - timedelta(days=1))
    edit.click()
    expect(page.locator(f"#c{comment.pk} .slot")).to_contain_text("The time to edit this comment is over.")
    expect(page.get_by_role("textbox", name="What you had written")).to_have_value("Who wants tea?")
    page.goto(f"{live_server.url}/comments/{comment.pk}/edit/")
    expect(page.get_by_role("textbox", name="What you had written")).to_have_value("Who wants tea?")


def test_a_session_that_ended_while_writing_costs_one_more_press(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    account = AccountFactory()
    EmailAddress.objects.create(user=account.user, email=account.user.email, verified=True, primary=True)
    log_in(page.context, live_server.url, account.user)
    page.goto(live_server.url + article.get_absolute_url())
    page.context.clear_cookies(name="sessionid")
    write(page, "An hour of work.")
    expect(page.locator("#write .wrong")).to_contain_text("You are no longer logged in")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in in another tab").click()
    door = opened.value
    door.get_by_label("E-mail").fill(account.user.email)
    door.get_by_label("Password").fill("a quiet evening")
    door.locator("main button").click()
    expect(door).to_have_url(re.compile(article.get_absolute_url()))
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#mine")).to_contain_text("An hour of work.")
    assert Comment.objects.get().reader == account
