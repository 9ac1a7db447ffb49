"""What else a reader does in a browser: accounts, following, muting, the word before posting, languages."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from discussions.models import Article, Comment, Follow, Mail, Mute, State
from moderation import ask
from tests.browser.conftest import log_in
from tests.browser.test_accessible import findings
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, UserFactory, post
from tests.factories.moderation import first_policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def article() -> Article:
    return ArticleFactory(title="The library opens at night")


def link_in_the_last_mail(live_server: LiveServer) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", Mail.objects.latest("pk").body)
    assert found is not None
    return live_server.url + found[1]


def test_from_joining_to_the_first_comment(
    page: Page, live_server: LiveServer, article: Article, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "discussions.mail.OutboxBackend"
    cache.clear()  # allauth counts there how often an address is written to
    page.goto(live_server.url + article.get_absolute_url())
    page.get_by_role("link", name="Join").click()
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Public name").fill("Ada Brook")
    page.get_by_label("Password").fill("forty quiet evenings")
    page.locator("main button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Verify")
    page.goto(link_in_the_last_mail(live_server))
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(live_server.url + article.get_absolute_url())
    assert page.locator("#write [name=name]").count() == 0
    page.locator("#write textarea").fill("My first words here.")
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#mine")).to_contain_text("My first words here.")
    page.get_by_role("link", name="Your comments").click()
    expect(page.locator("main")).to_contain_text("Ada Brook")
    expect(page.locator("main")).to_contain_text("My first words here.")


def test_a_word_before_posting_stands_in_nobodys_way(
    page: Page, live_server: LiveServer, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scores(texts: list[str | ask.Question], **_kwargs: object) -> list[dict]:
        words = texts[0].text if isinstance(texts[0], ask.Question) else texts[0]
        rude = 0.99 if "fool" in words else 0.01
        begin = words.find("fool")
        return [{"labels": {"toxicity": rude, "insult": rude}, "spans": [[begin, begin + 4, 0.9]]}]

    first_policy()
    monkeypatch.setattr(ask, "scores", scores)
    page.goto(live_server.url + article.get_absolute_url())
    text = page.locator("#write textarea")
    text.fill("Only a fool reads at night.")
    expect(page.locator("#write .nudge mark")).to_have_text("fool")
    expect(text).to_have_value("Only a fool reads at night.")
    text.fill("Reading at night is not for me.")
    expect(page.locator("#write .nudge")).to_have_count(0)
    text.fill("And yet only a fool would.")
    expect(page.locator("#write .nudge")).to_be_visible()
    page.locator("#write [name=name]").fill("Ada Brook")
    page.locator("#write [name=email]").fill("ada@example.org")
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#mine")).to_contain_text("And yet only a fool would.")
    assert Comment.objects.get().state == State.PENDING


def test_muting_folds_the_words_away_and_back(page: Page, live_server: LiveServer, article: Article) -> None:
    noisy = ReaderFactory(name="Bo Lind")
    post(article, "A great deal of noise.", reader=noisy)
    log_in(page.context, live_server.url, AccountFactory().user)
    page.goto(live_server.url + article.get_absolute_url())
    page.get_by_role("link", name="Bo Lind").click()
    page.get_by_role("button", name="Mute: do not show me their words").click()
    expect(page.get_by_role("button", name="Muted: show their words again")).to_be_visible()
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.get_by_text("A great deal of noise.")).to_be_hidden()
    page.goto(live_server.url + "/me/")
    page.get_by_role("button", name="Unmute").click()
    expect(page).to_have_url(live_server.url + "/me/")
    expect(page.get_by_role("button", name="Unmute")).to_have_count(0)
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.get_by_text("A great deal of noise.")).to_be_visible()
    assert Mute.objects.count() == 0


def test_following_changing_the_pace_and_stopping(page: Page, live_server: LiveServer, article: Article) -> None:
    log_in(page.context, live_server.url, AccountFactory().user)
    page.goto(live_server.url + article.get_absolute_url())
    page.get_by_text("Follow by e-mail").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="A mail at once")).to_be_hidden()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="A mail at once").click()
    page.get_by_text("Following", exact=True).click()
    expect(page.get_by_role("button", name="A mail at once")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("heading", name="Discussion").click()
    expect(page.get_by_role("button", name="A mail at once")).to_be_hidden()
    page.goto(live_server.url + "/me/")
    page.get_by_label("How often").select_option("daily")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("How often")).to_have_value("daily")
    assert Follow.objects.get().pace == "daily"
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_label("How often")).to_have_count(0)
    assert Follow.objects.count() == 0


def test_deleting_ones_own_leaves_the_answers(page: Page, live_server: LiveServer, article: Article) -> None:
    account = AccountFactory()
    mine = post(article, "Words I regret.", reader=account)
    post(article, "An answer that stays.", parent=mine)
    log_in(page.context, live_server.url, account.user)
    page.goto(live_server.url + article.get_absolute_url())
    page.locator(f"#c{mine.pk} > article").get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted by its author.")).to_be_visible()
    expect(page.get_by_text("An answer that stays.")).to_be_visible()
    expect(page.get_by_text("Words I regret.")).to_have_count(0)


def test_staff_lift_a_comment_above_the_thread(
    page: Page, live_server: LiveServer, article: Article, settings: Any
) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = False
    comment = post(article, "The best of them.")
    log_in(page.context, live_server.url, AccountFactory(user=UserFactory(is_staff=True)).user)
    page.goto(live_server.url + comment.get_absolute_url())
    page.get_by_role("button", name="Make it a pick").click()
    expect(page.get_by_role("button", name="No longer a pick")).to_be_visible()
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.locator(".picks")).to_contain_text("The best of them.")


def test_staff_pin_a_comment_to_the_top(page: Page, live_server: LiveServer, article: Article, settings: Any) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = False
    comment = post(article, "Please read this first.")
    newer = post(article, "A newer word.")
    log_in(page.context, live_server.url, AccountFactory(user=UserFactory(is_staff=True)).user)
    page.goto(live_server.url + comment.get_absolute_url())
    page.get_by_role("button", name="Pin to the top").click()
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.locator("#thread > .c").first).to_contain_text("Pinned")
    expect(page.locator("#thread > .c").first).to_contain_text("Please read this first.")
    expect(page.locator("#thread > .c").nth(1)).to_have_id(f"c{newer.pk}")


def test_far_too_much_is_not_sent_and_stays_in_the_form(
    page: Page, live_server: LiveServer, article: Article, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto(live_server.url + article.get_absolute_url())
    page.route("**/nudge/", lambda route: route.abort())
    page.get_by_label("Your comment").fill("Далеко " * 1000)
    page.get_by_label("Name").fill("Ada Brook")
    page.get_by_label("E-mail, never shown").fill("ada@example.org")
    page.get_by_role("button", name="Post comment").click()
    expect(page.get_by_role("alert")).to_contain_text("too much to be sent at once")
    assert page.get_by_label("Your comment").input_value().startswith("Далеко")
    assert [url for url in sent if "/comments/" in url] == []


def test_a_guest_is_forgotten(page: Page, live_server: LiveServer, article: Article) -> None:
    page.goto(live_server.url + article.get_absolute_url())
    page.get_by_label("Your comment").fill("Something I no longer stand by.")
    page.get_by_label("Name").fill("Ada Brook")
    page.get_by_label("E-mail, never shown").fill("ada@example.org")
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("#mine")).to_contain_text("Something I no longer stand by.")
    page.goto(live_server.url + "/me/")
    page.get_by_role("link", name="What is kept on you").click()
    expect(page.get_by_text("ada@example.org")).to_be_visible()
    page.get_by_label("They are deleted").check()
    page.get_by_role("button", name="Forget me").click()
    expect(page.get_by_text("You are forgotten here")).to_be_visible()
    assert "reader" not in {cookie["name"] for cookie in page.context.cookies()}
    assert Comment.objects.get().state == State.DELETED


def test_an_account_is_closed_by_its_owner(page: Page, live_server: LiveServer, article: Article) -> None:
    account = AccountFactory(name="Bo Lind")
    post(article, "Words that shall stay.", reader=account)
    log_in(page.context, live_server.url, account.user)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(live_server.url + "/me/")
    page.get_by_role("link", name="What is kept on you").click()
    expect(page.get_by_text(account.user.email)).to_be_visible()
    page.get_by_role("button", name="Close my account").click()
    page.get_by_label("Password").fill("a quiet evening")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status")).to_contain_text("Press the button below once more")
    expect(page.get_by_label("They stay, without my name")).to_be_checked()
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_text("Your account is closed")).to_be_visible()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    page.goto(live_server.url + article.get_absolute_url())
    expect(page.locator("#thread .n")).to_have_text("A former reader")


def test_the_page_of_addresses_fits_a_small_phone(page: Page, live_server: LiveServer) -> None:
    user = AccountFactory().user
    address = "a.rather.long.address.of.somebody@newsroom.example.org"
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    log_in(page.context, live_server.url, user)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(live_server.url + "/accounts/email/")
    expect(page.get_by_text(address)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("address", ["/", "/articles/{}/", "/comments/{}/"])
def test_a_long_word_in_a_headline_fits_a_phone(page: Page, live_server: LiveServer, address: str) -> None:
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    article = ArticleFactory(title=f"{long} tagt", standfirst=long)
    comment = post(article, long, reader=ReaderFactory(name=long[:60]))
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(live_server.url + address.format(comment.pk if "comments" in address else article.slug))
    expect(page.get_by_text(f"{long} tagt").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_pick_is_read_in_its_own_direction(page: Page, live_server: LiveServer, article: Article) -> None:
    post(article, "Short.")
    Comment.objects.update(picked_at=timezone.now())
    page.goto(live_server.url + "/language/ar/")
    page.goto(live_server.url + article.get_absolute_url())
    place = """() => {
        const box = document.querySelector(".pick .w"), range = document.createRange();
        range.selectNodeContents(box.firstElementChild);
        return range.getBoundingClientRect().left - box.getBoundingClientRect().left;
    }"""
    expect(page.locator(".pick .w")).to_have_text("Short.")
    assert page.evaluate(place) < 1


def test_the_language_is_changed_and_kept(page: Page, live_server: LiveServer, article: Article) -> None:
    page.goto(live_server.url + article.get_absolute_url())
    page.get_by_role("link", name="العربيّة").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.url == live_server.url + article.get_absolute_url()
    page.goto(live_server.url)
    expect(page.locator("html")).to_have_attribute("lang", "ar")


def test_on_paper_there_are_words_and_names_but_no_machinery(
    page: Page, live_server: LiveServer, article: Article
) -> None:
    comment = post(article, "Worth a clipping.", reader=ReaderFactory(name="Bo Lind"))
    page.goto(live_server.url + article.get_absolute_url())
    page.emulate_media(media="print")
    expect(page.get_by_text("Worth a clipping.")).to_be_visible()
    expect(page.locator(f"#c{comment.pk} .n")).to_be_visible()
    for machinery in ("#write", f"#c{comment.pk} .acts", ".masthead-nav", ".sorts", f"#c{comment.pk} > .fold"):
        expect(page.locator(machinery)).to_be_hidden()


def test_nothing_moves_for_those_who_asked_for_stillness(page: Page, live_server: LiveServer, article: Article) -> None:
    post(article)
    page.emulate_media(reduced_motion="reduce")
    page.goto(live_server.url + article.get_absolute_url())
    page.locator("#thread .c").first.evaluate("e => e.classList.add('new')")
    assert page.locator("#thread .c").first.evaluate("e => getComputedStyle(e).animationName") == "none"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_forms_come_back_and_accounts_are_closed(
    browser: Browser, live_server: LiveServer, article: Article, scheme: Literal["light", "dark"]
) -> None:
    user, comment = AccountFactory().user, post(article)
    viewport: ViewportSize = {"width": 320, "height": 640}
    with browser.new_context(bypass_csp=True, color_scheme=scheme, locale="de", viewport=viewport) as context:
        page = context.new_page()
        page.goto(live_server.url + article.get_absolute_url())
        page.locator(f"#c{comment.pk} .v").click()
        expect(page.locator(".said a")).to_have_count(2)
        context.clear_cookies()
        page.locator("#write textarea").fill("Nach dem Mittag.")
        page.locator("#write [name=name]").fill("Ada Brook")
        page.locator("#write [name=email]").fill("ada@example.org")
        page.locator("#write button.button").click()
        expect(page.locator("#write .wrong")).to_be_visible()
        assert findings(page) == []
        log_in(context, live_server.url, user)
        for address in ("/me/forget/?comments=delete", "/accounts/reauthenticate/?next=/me/forget/"):
            page.goto(live_server.url + address)
            assert findings(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
