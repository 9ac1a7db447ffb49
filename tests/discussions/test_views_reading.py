"""What everybody reads, over HTTP."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import urlencode

from discussions import posting
from discussions.models import Article, Comment, Section, State
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, move, post

pytestmark = pytest.mark.django_db


def test_the_front_page_lists_articles_newest_first(client: Client) -> None:
    now = timezone.now()
    ArticleFactory(title="Yesterday's", published_at=now - timedelta(days=1))
    ArticleFactory(title="Today's", published_at=now)
    ArticleFactory(title="Tomorrow's", published_at=now + timedelta(days=1))
    page = client.get("/").content.decode()
    assert page.index("Today&#x27;s") < page.index("Yesterday&#x27;s")
    assert "Tomorrow" not in page


def test_the_front_page_goes_on_with_older_articles(client: Client) -> None:
    now = timezone.now()
    for number in range(25):
        ArticleFactory(title=f"Article {number:02d}", published_at=now - timedelta(hours=number))
    first = client.get("/")
    older = client.get("/", {"before": first.context["older"]})
    titles = [a.title for a in [*first.context["articles"], *older.context["articles"]]]
    assert titles == [f"Article {number:02d}" for number in range(25)]


def test_a_section_is_named_once_something_has_been_published_in_it(client: Client) -> None:
    for name, days in (("Past", -1), ("Future", 1)):
        section = Section.objects.create(name=name, slug=name.lower())
        for _number in range(2):
            ArticleFactory(section=section, published_at=timezone.now() + timedelta(days=days))
    page = client.get("/").content.decode()
    named = page[page.index('class="sections"') :].partition("</nav>")[0]
    assert named.count('href="/sections/past/"') == 1
    assert "future" not in named


def test_a_section_has_only_its_own_articles(client: Client) -> None:
    town = Section.objects.create(name="Town", slug="town")
    ArticleFactory(title="In town", section=town)
    ArticleFactory(title="Elsewhere")
    page = client.get("/sections/town/").content.decode()
    assert "In town" in page
    assert "Elsewhere" not in page


def test_an_article_shows_its_text_and_its_comments(client: Client, article: Article) -> None:
    post(article, "I like the *lights*.")
    page = client.get(article.get_absolute_url())
    assert page.status_code == 200
    body = page.content.decode()
    assert "Nobody is asked to buy anything." in body
    assert "I like the <em>lights</em>." in body


def test_an_unknown_article_is_a_page_that_says_so(client: Client) -> None:
    answer = client.get("/articles/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_stranger_costs_at_most_eight_queries_at_any_size(client: Client, article: Article) -> None:
    asked = []
    for more in (3, 30):
        for _number in range(more):
            post(article)
        with CaptureQueriesContext(connection) as queries:
            client.get(article.get_absolute_url())
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 8


def test_a_known_reader_costs_at_most_eight_queries(client: Client, article: Article) -> None:
    account = AccountFactory()
    post(article, reader=account, state=State.HELD)
    post(article)
    client.force_login(account.user)
    with CaptureQueriesContext(connection) as asked:
        client.get(article.get_absolute_url())
    assert len(asked) <= 8


@pytest.mark.parametrize("state", [State.PENDING, State.HELD, State.REJECTED])
def test_only_its_author_sees_a_comment_that_is_not_published(client: Client, article: Article, state: State) -> None:
    account = AccountFactory()
    comment = post(article, "Only mine so far.", reader=account, state=state)
    assert "Only mine so far." not in client.get(article.get_absolute_url()).content.decode()
    assert client.get(comment.get_absolute_url()).status_code == 404
    client.force_login(account.user)
    assert "Only mine so far." in client.get(article.get_absolute_url()).content.decode()
    assert "Only mine so far." in client.get(comment.get_absolute_url()).content.decode()


def test_a_comments_own_page_shows_what_it_answers(client: Client, article: Article) -> None:
    root = post(article, "What it began with.")
    kid = post(article, "The answer.", parent=root)
    post(article, "And what came of it.", parent=kid)
    page = client.get(kid.get_absolute_url()).content.decode()
    assert page.index("What it began with.") < page.index("The answer.") < page.index("And what came of it.")


def test_a_tombstone_says_no_name(client: Client, article: Article) -> None:
    from tests.factories.discussions import move

    root = post(article, "Words that go.", reader=ReaderFactory(name="Somebody Gone"))
    post(article, parent=root)
    move(root, State.REJECTED)
    for address in (article.get_absolute_url(), root.get_absolute_url()):
        page = client.get(address).content.decode()
        assert "This comment is not shown." in page
        assert "Somebody Gone" not in page
        assert "Words that go." not in page


@pytest.mark.parametrize("pk", [0, 2**63 - 1, 2**63, 10**30])
def test_a_comment_that_never_was_is_not_found(client: Client, pk: int) -> None:
    assert client.get(f"/comments/{pk}/").status_code == 404
    assert client.get(f"/readers/{pk}/").status_code == 404


def test_more_replies_come_as_a_fragment_or_as_a_page(client: Client, article: Article) -> None:
    root = post(article)
    kids = [post(article, parent=root) for _number in range(7)]
    whole = client.get(f"/comments/{root.pk}/replies/").content.decode()
    assert "<html" in whole
    part = client.get(f"/comments/{root.pk}/replies/", {"after": kids[4].pk}, headers={"HX-Request": "true"})
    body = part.content.decode()
    assert "<html" not in body
    assert [f'id="c{kid.pk}"' in body for kid in kids] == [False] * 5 + [True] * 2


def version_on(client: Client, article: Article) -> int:
    """Which version of the thread the page knows that a reader has before them."""
    return int(re.search(r'data-since="(\d+)"', client.get(article.get_absolute_url()).content.decode())[1])


def test_news_counts_what_appeared_since_the_page_was_made(client: Client, article: Article) -> None:
    news = f"/articles/{article.slug}/new/"
    post(article)
    held, pending = post(article, state=State.HELD), post(article, state=State.PENDING)
    seen = {"since": version_on(client, article)}
    assert client.get(news, seen).json() == {"new": 0}
    fresh = post(article, reader=AccountFactory())
    assert client.get(news, seen).json() == {"new": 1}
    move(held, State.PUBLISHED)  # written before the page was made, and seen only now
    move(pending, State.PUBLISHED)
    assert client.get(news, seen).json() == {"new": 3}
    move(held, State.REJECTED)
    assert client.get(news, seen).json() == {"new": 2}
    client.force_login(fresh.reader.user)
    assert client.get(news, seen).json() == {"new": 1}
    assert client.get(news, {"since": "x"}).json() == {"new": 0}
    assert client.get(news, {"since": version_on(client, article)}).json() == {"new": 0}


def test_an_edit_is_no_new_comment(client: Client, article: Article) -> None:
    comment = post(article)
    since = version_on(client, article)
    posting.edit(comment=comment, text="Quite other words.", by=comment.reader)
    move(comment, State.PUBLISHED)
    assert client.get(f"/articles/{article.slug}/new/", {"since": since}).json() == {"new": 0}


def test_news_for_the_script_holds_the_comments_and_what_they_answer(client: Client, article: Article) -> None:
    root = post(article)
    since = version_on(client, article)
    answer, other = post(article, "An answer.", parent=root), post(article, "A root.")
    address = f"/articles/{article.slug}/new/"
    body = client.get(address, {"since": since}, headers={"HX-Request": "true"}).content.decode()
    assert f'data-since="{version_on(client, article)}"' in body
    assert f'<ol data-parent="{root.pk}" data-name="{answer.reader.name}"><li class="c new"' in body
    assert f'<ol data-parent="" data-name="{other.reader.name}"><li class="c new"' in body
    assert f'id="c{root.pk}"' not in body


def test_nothing_tells_of_an_article_before_its_time(client: Client) -> None:
    soon = ArticleFactory(published_at=timezone.now() + timedelta(days=1), url="https://paper.example/soon")
    for page in ("", "new/", "feed/"):
        tag = f'"{soon.pk}-{soon.thread_version}"'
        assert client.get(soon.get_absolute_url() + page, headers={"If-None-Match": tag}).status_code == 404
    assert client.get("/counts/", {"article": [soon.slug, soon.url]}).json() == {"counts": {}}


def test_a_readers_page_shows_only_what_all_may_read(client: Client, article: Article) -> None:
    reader = ReaderFactory()
    post(article, "Said openly.", reader=reader)
    post(article, "Held back.", reader=reader, state=State.HELD)
    page = client.get(f"/readers/{reader.pk}/").content.decode()
    assert "Said openly." in page
    assert "Held back." not in page


def test_no_page_has_inline_script_or_style(client: Client, article: Article) -> None:
    comment = post(article)
    for address in ("/", article.get_absolute_url(), comment.get_absolute_url(), f"/comments/{comment.pk}/report/"):
        answer = client.get(address)
        body = answer.content.decode()
        assert " style=" not in body
        assert "<style" not in body
        assert "onclick" not in body
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_every_language_has_its_direction(client: Client) -> None:
    assert 'dir="rtl"' in client.get("/", headers={"Accept-Language": "ar"}).content.decode()
    assert 'lang="de"' in client.get("/", headers={"Accept-Language": "de"}).content.decode()


def test_choosing_a_language_leads_back_only_to_this_site(client: Client) -> None:
    away = client.get("/language/de/", headers={"Referer": "https://evil.example/x"})
    assert away.headers["Location"] == "/"
    back = client.get("/language/de/", headers={"Referer": "http://testserver/articles/x/"})
    assert back.headers["Location"] == "http://testserver/articles/x/"
    assert back.cookies["django_language"].value == "de"


def test_a_comment_of_two_articles_never_mixes(client: Client, article: Article) -> None:
    other = ArticleFactory()
    post(other, "Belongs elsewhere.")
    assert Comment.objects.count() == 1
    assert "Belongs elsewhere." not in client.get(article.get_absolute_url()).content.decode()


def test_a_guest_whose_words_were_never_published_has_no_page(client: Client) -> None:
    comment = post(ArticleFactory(), reader=ReaderFactory(name="Buy at pills.example"), state=State.HELD)
    assert client.get(f"/readers/{comment.reader_id}/").status_code == 404
    move(comment, State.PUBLISHED)
    assert client.get(f"/readers/{comment.reader_id}/").status_code == 200


def test_the_form_to_answer_does_not_tell_who_wrote_what_is_gone(client: Client) -> None:
    article = ArticleFactory()
    gone = post(article, reader=ReaderFactory(name="Somebody Refused"))
    post(article, "An answer that stays.", parent=gone)
    move(gone, State.REJECTED)
    assert client.get(gone.get_absolute_url()).status_code == 200
    assert client.get(f"/comments/{gone.pk}/reply/").status_code == 404


def test_an_article_is_not_read_before_it_is_published(client: Client) -> None:
    article = ArticleFactory(published_at=timezone.now() + timedelta(hours=1))
    for address in (article.get_absolute_url(), f"/articles/{article.slug}/feed/"):
        assert client.get(address).status_code == 404
    Article.objects.update(published_at=timezone.now())
    assert client.get(article.get_absolute_url()).status_code == 200


def test_logging_in_leads_back_to_what_was_read(client: Client, article: Article) -> None:
    comment = post(article)
    for page in (article.get_absolute_url(), comment.get_absolute_url()):
        read = client.get(f"{page}?sort=best&other=1").content.decode()
        for door in ("login", "signup"):
            assert f'href="/accounts/{door}/?{urlencode({"next": page})}"' in read
    assert 'href="/accounts/login/"' in client.get("/").content.decode()


def test_a_text_typed_in_a_form_has_its_paragraphs(client: Client) -> None:
    article = ArticleFactory(body="First.\r\n\r\nSecond, with\r\na break.\n\n\nThird.")
    assert article.paragraphs == ["First.", "Second, with\r\na break.", "Third."]


def test_articles_of_the_same_second_stand_on_one_page_each(client: Client) -> None:
    then = timezone.now() - timedelta(hours=1)
    made = {ArticleFactory(published_at=then).slug for _n in range(25)}
    seen: list[str] = []
    address = "/"
    while address:
        page = client.get(address).content.decode()
        seen += [slug for slug in dict.fromkeys(re.findall(r'href="/articles/([\w-]+)/', page)) if slug in made]
        older = re.search(r'href="(\?before=[^"]+)" rel="next"', page)
        address = f"/{html.unescape(older[1])}" if older else ""
    assert sorted(seen) == sorted(made)


def test_an_author_sees_the_tombstone_of_what_they_deleted(client: Client, article: Article) -> None:
    author = AccountFactory()
    gone = post(article, "I take this back.", reader=author)
    post(article, "Answered already.", parent=gone)
    move(gone, State.DELETED)
    client.force_login(author.user)
    page = client.get(gone.get_absolute_url()).content.decode()
    assert "Deleted by its author." in page
    assert "I take this back." not in page
