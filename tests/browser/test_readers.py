"""What a reader does in a browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Article, Comment, Notice, Report, State, Vote
from tests.browser.conftest import log_in
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, move, post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def article() -> Article:
    return ArticleFactory(title="The library opens at night")


def write(page: Page, text: str, form: str = "#write") -> None:
    page.locator(f"{form} textarea").fill(text)
    if page.locator(f"{form} [name=name]").count():
        page.locator(f"{form} [name=name]").fill("Ada Brook")
        page.locator(f"{form} [name=email]").fill("ada@example.org")
    page.locator(f"{form} button.button").click()


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


def test_times_are_told_in_the_readers_words(page: Page, live_server: LiveServer, article: Article) -> None:
    comment = post(article)
    Comment.objects.update(created_at=timezone.now() - timedelta(hours=3))
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.locator(f"#c{comment.pk} time")).to_have_text("3 hours ago")


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
