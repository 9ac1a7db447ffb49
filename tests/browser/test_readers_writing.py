"""A reader writes, answers and edits in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Article, Comment, Notice, State, Vote
from tests.browser.conftest import log_in, write
from tests.factories.discussions import AccountFactory, ArticleFactory, move, post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def article() -> Article:
    return ArticleFactory(title="The library opens at night")


def test_a_kind_comment_is_posted_and_appears(page: Page, live_server: LiveServer, article: Article) -> None:
    page.goto(live_server.url)
    page.get_by_role("link", name="The library opens at night").click()
    write(page, "At last: *somewhere* to sit after nine.")
    mine = page.locator("#mine .c").first
    expect(mine).to_contain_text("Only you see this yet")
    expect(page.locator("#write textarea")).to_have_value("")
    expect(page.get_by_text("Nobody has said anything yet")).to_be_hidden()
    expect(mine).to_be_focused()
    move(Comment.objects.get(), State.PUBLISHED)
    expect(mine).not_to_contain_text("Only you see this yet")
    expect(mine).to_be_focused()
    expect(mine.locator("em")).to_have_text("somewhere")
    offered = mine.locator(".acts").inner_text()
    assert "Reply" in offered
    page.reload()
    expect(page.locator("#thread .c")).to_have_count(1)
    expect(page.locator("#mine .c")).to_have_count(0)
    assert page.locator("#thread .acts").inner_text() == offered


def test_what_is_over_the_limit_is_counted_in_red(page: Page, live_server: LiveServer, article: Article) -> None:
    page.goto(live_server.url + article.get_absolute_url())
    page.locator("#write textarea").fill("x" * 8000)
    expect(page.locator("#write .count")).to_have_text("8000 / 8000")
    expect(page.locator("#write .count.over")).to_have_count(0)
    page.locator("#write textarea").press("End")
    page.keyboard.type("y")
    expect(page.locator("#write .count.over")).to_have_text("8001 / 8000")


def test_a_held_comment_tells_why_and_can_be_repaired(page: Page, live_server: LiveServer, article: Article) -> None:
    page.goto(live_server.url + article.get_absolute_url())
    write(page, "Only a fool would read at night.")
    expect(page.locator("#mine .c")).to_contain_text("Being checked")
    comment = move(Comment.objects.get(), State.HELD)
    Notice.objects.create(reader=comment.reader, comment=comment, outcome="held", words="insult .83, held above .80")
    mine = page.locator(f"#c{comment.pk}")
    expect(mine).to_contain_text("insult .83, held above .80")
    mine.get_by_role("link", name="Edit").click()
    mine.locator("textarea").fill("Reading at night is not for me.")
    mine.get_by_role("button", name="Save").click()
    expect(mine).to_contain_text("Only you see this yet")
    comment.refresh_from_db()
    assert (comment.state, comment.revision) == (State.PENDING, 2)


def test_a_held_comment_is_repaired_from_the_page_of_ones_comments(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    account = AccountFactory()
    comment = post(article, "Only a fool would read at night.", reader=account, state=State.HELD)
    log_in(page.context, live_server.url, account.user)
    page.goto(f"{live_server.url}/me/")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Your comment").fill("Reading at night is not for me.")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(live_server.url + comment.get_absolute_url())
    expect(page.locator("main")).to_contain_text("Reading at night is not for me.")
    comment.refresh_from_db()
    assert (comment.state, comment.revision) == (State.PENDING, 2)


def test_an_edit_begun_before_the_comment_appears_stays_open(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    page.goto(live_server.url + article.get_absolute_url())
    write(page, "At last: somwhere to sit after nine.")
    mine = page.locator("#mine .c")
    mine.get_by_role("link", name="Edit").click()
    mine.locator("textarea").fill("At last: somewhere")
    move(Comment.objects.get(), State.PUBLISHED)
    expect(mine.get_by_role("link", name="Reply")).to_be_visible()
    expect(mine.get_by_role("link", name="Edit")).to_have_attribute("aria-expanded", "true")
    expect(mine.locator("textarea")).to_be_focused()
    page.keyboard.type(" to sit after nine.")
    mine.get_by_role("button", name="Save").click()
    expect(mine).to_contain_text("Only you see this yet")
    expect(mine.locator("textarea")).to_have_count(0)
    expect(mine.locator(".w")).to_have_text("At last: somewhere to sit after nine.")


@pytest.mark.parametrize("on", ["Edit", "Delete"])
def test_the_focus_stays_on_a_comment_that_appears_under_it(
    page: Page, live_server: LiveServer, article: Article, on: str
) -> None:
    page.goto(live_server.url + article.get_absolute_url())
    write(page, "At last: somewhere to sit after nine.")
    mine = page.locator("#mine .c")
    mine.get_by_role("link", name=on).focus()
    move(Comment.objects.get(), State.PUBLISHED)
    expect(mine.get_by_role("link", name="Reply")).to_be_visible()
    expect(mine).to_be_focused()


def test_an_answer_opens_in_place_and_keeps_the_focus(page: Page, live_server: LiveServer, article: Article) -> None:
    root = post(article, "Who wants tea?")
    page.goto(live_server.url + article.get_absolute_url())
    page.locator(f"#c{root.pk}").get_by_role("link", name="Reply").press("Enter")
    form = f"#reply-{root.pk}"
    expect(page.locator(f"{form} textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(form)).to_have_count(0)
    expect(page.locator(f"#c{root.pk}").get_by_role("link", name="Reply")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"{form} textarea")).to_be_focused()  # the form takes the focus once it stands
    write(page, "I do, please.", form)
    expect(page.locator(f"#c{root.pk} > .r > .own")).to_contain_text("I do, please.")
    expect(page.locator(f"#c{root.pk} > .r > .own")).to_be_focused()
    assert Comment.objects.get(parent=root).reader.name == "Ada Brook"


def test_an_answer_stays_where_forms_open_and_close(page: Page, live_server: LiveServer, article: Article) -> None:
    root = post(article, "Who wants tea?")
    page.goto(live_server.url + article.get_absolute_url())
    reply = page.locator(f"#c{root.pk} > article").get_by_role("link", name="Reply")
    for text in ("I do, please.", "And a biscuit."):
        reply.click()
        expect(page.locator(f"#reply-{root.pk} textarea")).to_be_focused()
        write(page, text, f"#reply-{root.pk}")
        expect(page.locator(f"#c{root.pk} > .r > .c").first).to_contain_text(text)
        expect(page.locator(f"#c{root.pk} > .r > .c").first).to_be_focused()
        expect(page.locator(f"#c{root.pk} > .r > .c time").first).to_have_text("now")
    expect(reply).to_have_attribute("aria-expanded", "false")
    expect(page.locator(f"#c{root.pk} > .r > .c")).to_have_count(2)


def test_mending_a_comment_in_place_keeps_the_answers_below_it(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    account = AccountFactory()
    mine = post(article, "Who wants teh?", reader=account)
    post(article, "I do, please.", parent=mine)
    log_in(page.context, live_server.url, account.user)
    page.goto(live_server.url + article.get_absolute_url())
    item = page.locator(f"#thread #c{mine.pk}")
    item.locator("> article").get_by_role("link", name="Edit").click()
    item.locator("textarea").fill("Who wants tea?")
    item.get_by_role("button", name="Save").click()
    expect(item.locator("> article")).to_contain_text("Only you see this yet")
    expect(item).to_contain_text("I do, please.")
    move(Comment.objects.get(pk=mine.pk), State.PUBLISHED)
    expect(item.locator("> article")).not_to_contain_text("Only you see this yet")
    expect(item).to_contain_text("I do, please.")
    expect(item.locator("> .fold")).to_have_count(1)


def test_ones_comment_is_asked_after_again_when_the_network_comes_back(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/mine/") else None)
    page.goto(live_server.url + article.get_absolute_url())
    page.clock.install()
    write(page, "Still there after the tunnel.")
    mine = page.locator("#mine .c")
    expect(mine).to_contain_text("Being checked")
    page.route("**/mine/", lambda route: route.abort())
    before = len(asked)
    for _turn in range(6):
        page.clock.run_for(8_000)
    assert len(asked) > before + 2
    page.unroute("**/mine/")
    move(Comment.objects.get(), State.PUBLISHED)
    page.clock.run_for(30_000)
    expect(mine).not_to_contain_text("Only you see this yet")


def test_nobody_asks_after_a_comment_for_ever_or_in_a_tab_that_is_not_looked_at(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/mine/") else None)
    page.goto(live_server.url + article.get_absolute_url())
    page.clock.install()
    write(page, "Nobody scores this.")
    expect(page.locator("#mine .c")).to_contain_text("Being checked")
    page.route("**/mine/", lambda route: route.abort())
    hide = "value => { Object.defineProperty(document, 'hidden', {value, configurable: true});"
    page.evaluate(hide + " document.dispatchEvent(new Event('visibilitychange')); }", True)
    before = len(asked)
    page.clock.run_for(60_000)
    assert len(asked) == before
    page.evaluate(hide + " document.dispatchEvent(new Event('visibilitychange')); }", False)
    for _turn in range(120):  # what a turn asked is answered before the next one
        page.clock.run_for(31_000)
        if "It takes longer than usual" in page.locator("#mine .c").inner_text():
            break
    expect(page.locator("#mine .c")).to_contain_text("It takes longer than usual")
    assert len(asked) <= 70
    ended = len(asked)
    page.clock.run_for(120_000)
    assert len(asked) == ended


def test_everything_works_without_javascript(browser: Browser, live_server: LiveServer, article: Article) -> None:
    root = post(article, "What shall we read first?")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(live_server.url + article.get_absolute_url())
        write(page, "Something short.")
        expect(page.locator("#mine")).to_contain_text("Something short.")
        page.locator(f"#c{root.pk} .v").click()
        assert Vote.objects.get().comment == root
        page.get_by_role("link", name="Reply").first.click()
        expect(page.locator(f"#reply-{root.pk} textarea")).to_be_focused()  # however much stands above
        write(page, "A story about trams.", f"#reply-{root.pk}")
        expect(page.get_by_text("A story about trams.")).to_be_visible()
        assert Comment.objects.filter(parent=root).exists()
