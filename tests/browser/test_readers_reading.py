"""A reader reads, recommends and reports in a browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions import posting
from discussions.models import Article, Comment, Report, State, Vote
from tests.browser.conftest import log_in
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, move, post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def article() -> Article:
    return ArticleFactory(title="The library opens at night")


def test_recommending_and_taking_it_back(page: Page, live_server: LiveServer, article: Article) -> None:
    comment = post(article)
    log_in(page.context, live_server.url, AccountFactory().user)
    page.goto(live_server.url + article.get_absolute_url())
    button = page.locator(f"#c{comment.pk} .v")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button.locator("b")).to_have_text("1")
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert Vote.objects.count() == 0
    for pressed in ("true", "false"):  # the focus stays where it was
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", pressed)
        expect(button).not_to_have_attribute("aria-busy", "true")
        expect(button).to_be_focused()


def test_a_stranger_who_recommends_is_told_what_to_do(page: Page, live_server: LiveServer, article: Article) -> None:
    comment = post(article)
    page.goto(live_server.url + article.get_absolute_url())
    page.locator(f"#c{comment.pk} .v").click()
    said = page.locator(f"#c{comment.pk} .said")
    expect(said).to_contain_text("Log in, or post once under a name, to recommend comments.")
    said.get_by_role("link", name="post once under a name").click()
    expect(page.locator("#write")).to_be_in_viewport()
    said.get_by_role("link", name="Log in").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_reporting_illegal_content_asks_for_what_the_law_asks(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    comment = post(article)
    page.goto(live_server.url + article.get_absolute_url())
    page.locator(f"#c{comment.pk}").get_by_role("link", name="Report").click()
    expect(page.get_by_label("I believe in good faith")).to_be_hidden()
    page.get_by_label("illegal content").check()
    page.get_by_role("button", name="Send report").click()
    expect(page.locator(".report .error")).to_have_count(2)
    expect(page.get_by_label("In your words")).to_be_focused()
    page.get_by_label("In your words").fill("It calls for a crime.")
    page.locator(".report").get_by_label("Your name").fill("Ada Marsh")
    page.get_by_label("I believe in good faith").check()
    page.get_by_role("button", name="Send report").click()
    expect(page.locator(".notice", has_text="Thank you. A person will look at it.")).to_be_focused()
    assert Report.objects.values_list("reason", "notifier_name").get() == ("illegal", "Ada Marsh")


def test_two_reports_are_written_side_by_side_and_kept_when_closed(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    one, other = post(article), post(article)
    page.goto(live_server.url + article.get_absolute_url())
    for comment in (one, other):
        page.locator(f"#c{comment.pk}").get_by_role("link", name="Report").click()
        expect(page.locator(f"#c{comment.pk} form.report")).to_be_visible()
    second = page.locator(f"#c{other.pk}")
    second.locator("label", has_text="beside the point").click()
    second.locator("label", has_text="In your words").click()
    page.keyboard.type("It is about the weather.")
    assert page.locator(f"#c{one.pk} :checked").count() == 0
    expect(page.locator(f"#c{one.pk} textarea")).to_have_value("")
    second.get_by_role("link", name="Report").click()
    expect(second.locator("form.report")).to_have_count(0)
    second.get_by_role("link", name="Report").click()
    expect(second.locator("textarea")).to_have_value("It is about the weather.")
    second.locator("label", has_text="beside the point").click()
    second.get_by_role("button", name="Send report").click()
    expect(second.get_by_text("Thank you. A person will look at it.")).to_be_visible()
    assert Report.objects.values_list("comment", "words").get() == (other.pk, "It is about the weather.")
    assert page.evaluate("Object.keys(localStorage)") == []


def test_a_report_that_does_not_reach_the_site_says_so(page: Page, live_server: LiveServer, article: Article) -> None:
    comment = post(article)
    page.goto(live_server.url + article.get_absolute_url())
    page.locator(f"#c{comment.pk}").get_by_role("link", name="Report").click()
    page.get_by_label("beside the point").check()
    page.route("**/report/", lambda route: route.abort())
    page.get_by_role("button", name="Send report").click()
    expect(page.locator("form.report [role=alert]")).to_contain_text("The site does not answer")


def test_a_branch_folds_by_keyboard(page: Page, live_server: LiveServer, article: Article) -> None:
    root = post(article, "The root of it.")
    post(article, "A leaf of it.", parent=root)
    page.goto(live_server.url + article.get_absolute_url())
    fold = page.locator(f"#c{root.pk} > .fold")
    fold.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("A leaf of it.")).to_be_hidden()
    expect(fold).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A leaf of it.")).to_be_visible()


def test_a_folded_branch_says_how_much_it_holds_and_opens_at_its_head(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    root = post(article, "Soon gone.")
    post(article, "A leaf of it.", parent=root)
    move(root, State.REJECTED)
    page.goto(live_server.url + article.get_absolute_url())
    page.locator(f"#c{root.pk} > .fold").press("Enter")
    head = page.locator(f"#c{root.pk} > article > .gone")
    expect(head).to_have_attribute("data-folded", "2")
    head.click()
    expect(page.get_by_text("A leaf of it.")).to_be_visible()


def test_paper_shows_whole_dates(page: Page, live_server: LiveServer, article: Article) -> None:
    comment = post(article)
    page.goto(live_server.url + article.get_absolute_url())
    time = page.locator(f"#c{comment.pk} time")
    expect(time).to_have_text("now")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(time).to_contain_text(str(comment.created_at.year))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(time).to_have_text("now")


def test_more_replies_come_without_a_reload_and_only_once(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    root = post(article)
    kids = [post(article, parent=root) for _number in range(9)]
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.locator(f"#c{root.pk} .c")).to_have_count(5)
    page.get_by_role("link", name="4 more replies").click()
    expect(page.locator(f"#c{root.pk} .c")).to_have_count(9)
    expect(page.locator(f"#c{kids[5].pk}")).to_be_focused()
    expect(page.get_by_role("link", name=re.compile("more repl"))).to_have_count(0)


def test_new_comments_are_announced_and_put_in_their_places_on_request(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    root = post(article, "The first word.")
    held = post(article, "Held, and approved later.", state=State.HELD)
    last = post(article, "The last word.")
    page.clock.install()
    page.goto(live_server.url + article.get_absolute_url())
    post(article, "Hot off the press.", parent=root)
    move(held, State.PUBLISHED)
    page.clock.fast_forward(16_000)
    link = page.get_by_role("link", name="2 new comments")
    expect(link).to_be_visible()
    assert page.get_by_text("Hot off the press.").count() == 0
    link.click()
    expect(page.locator(f"#c{root.pk} > .r")).to_contain_text("Hot off the press.")
    order = page.locator("#thread > .c").evaluate_all("items => items.map(item => item.id)")
    assert order == [f"c{last.pk}", f"c{held.pk}", f"c{root.pk}"]
    expect(page.locator("#thread .badge", has_text="New")).to_have_count(2)
    expect(page.locator(f"#c{held.pk}")).to_be_focused()
    expect(page.locator(".talk-head .total")).to_have_text("4")
    expect(link).to_have_count(0)
    page.clock.fast_forward(16_000)
    expect(page.locator("#fresh a")).to_have_count(0)
    post(article, "The evening edition.")
    page.clock.fast_forward(16_000)
    page.get_by_role("link", name="1 new comment").click()
    expect(page.locator("#thread > .c").first).to_contain_text("The evening edition.")


def test_what_belongs_into_a_branch_that_is_not_on_the_page_is_named(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    below = post(article)
    for _level in range(5):
        below = post(article, parent=below)
    page.clock.install()
    page.goto(live_server.url + article.get_absolute_url())
    deep = post(article, "Far below.", parent=below)
    page.clock.fast_forward(16_000)
    page.get_by_role("link", name="1 new comment").click()
    link = page.locator("#fresh a")
    expect(link).to_have_attribute("href", f"/comments/{deep.pk}/")
    expect(link).to_be_focused()


def test_times_are_told_in_the_readers_words(page: Page, live_server: LiveServer, article: Article) -> None:
    comment = post(article)
    Comment.objects.update(created_at=timezone.now() - timedelta(hours=3))
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.locator(f"#c{comment.pk} time")).to_have_text("3 hours ago")


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "<svg/onload=alert(1)>",
        '![x](x" onerror="alert(1))',
        '"><iframe srcdoc="<script>alert(1)</script>">',
        "[a](data:text/html,<script>alert(1)</script>)",
        "`<img src=x onerror=alert(1)>`",
    ],
)
def test_hostile_words_run_nothing(page: Page, live_server: LiveServer, article: Article, text: str) -> None:
    opened: list[str] = []
    asked: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    post(article, text, reader=ReaderFactory(name="<b onmouseover=alert(1)>Bo</b>"))
    page.goto(live_server.url + article.get_absolute_url())
    for link in page.locator(".w a").all():
        link.hover()
    page.locator(".n").first.hover()
    assert opened == []
    assert [url for url in asked if not url.startswith(live_server.url)] == []
    assert page.locator("#thread script, #thread iframe, #thread img, #thread svg").count() == 0


def test_the_full_time_names_its_zone(page: Page, live_server: LiveServer, article: Article) -> None:
    comment = post(article)
    page.goto(live_server.url + article.get_absolute_url())
    time = page.locator(f"#c{comment.pk} time")
    expect(time).to_have_text("now")
    expect(time).to_have_attribute("title", re.compile(rf"{comment.created_at.year}.*\d:\d\d.* UTC$"))


def test_ones_own_edit_that_comes_with_more_answers_is_there_once(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    root = post(article)
    for _number in range(5):
        post(article, parent=root)
    mine = post(article, "The first wording.", parent=root, reader=AccountFactory())
    posting.edit(comment=mine, text="The second wording.", by=mine.reader)
    move(mine, State.HELD)
    log_in(page.context, live_server.url, mine.reader.user)
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.locator(f"#mine > #c{mine.pk}")).to_be_visible()
    page.get_by_role("link", name="1 more reply").click()
    expect(page.locator(f"#c{root.pk} #c{mine.pk}")).to_contain_text("The second wording.")
    expect(page.locator(f"#c{mine.pk}")).to_have_count(1)
