"""A page of a thread as HTML."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import translation

from discussions import picks, rows, threads
from discussions.models import Article
from tests.factories.discussions import AccountFactory, ReaderFactory, UserFactory, post

pytestmark = pytest.mark.django_db


def page_of(article: Article) -> str:
    return rows.html(threads.roots(article.pk), author_id=article.author_id)


def test_names_and_words_are_escaped(article: Article) -> None:
    post(article, '<img src=x onerror="1">', reader=ReaderFactory(name='<i>"Bo"</i>'))
    html = page_of(article)
    assert "<i>" not in html
    assert "<img" not in html


def test_lists_and_items_are_closed(article: Article) -> None:
    root = post(article)
    for _number in range(8):
        post(article, parent=post(article, parent=root))
    html = page_of(article)
    for tag in ("ol", "li", "article", "div"):
        assert html.count(f"<{tag}") == html.count(f"</{tag}>") > 0


def test_the_author_of_the_article_and_the_staff_are_marked(article: Article) -> None:
    author = AccountFactory()
    article.author = author
    article.save()
    post(article, reader=author)
    post(article, reader=AccountFactory(user=UserFactory(is_staff=True)))
    post(article)
    html = page_of(article)
    assert html.count(">Author<") == 1
    assert html.count(">Staff<") == 1


def test_marks_find_their_comment_and_no_other(article: Article) -> None:
    mine, voted, other = post(article), post(article), post(article)
    marks = rows.Marks(own={mine.pk: True}, voted=[voted.pk], muted=[other.reader_id])
    html = rows.personal(page_of(article), marks)
    assert html.count('aria-pressed="true"') == 1
    assert f'/comments/{voted.pk}/vote/" aria-pressed="true"' in html
    assert html.count("data-muted=") == 1
    assert f'href="/comments/{mine.pk}/edit/"' in html
    assert html.count("/edit/") == 1


def test_a_pick_of_somebody_muted_is_not_lifted_for_who_muted_them(article: Article) -> None:
    muted, other = post(article), post(article)
    for comment in (muted, other):
        picks.toggle(comment=comment, by=UserFactory(is_staff=True))
    html = rows.personal(rows.picks_html(threads.roots(article.pk)), rows.Marks(muted=[muted.reader_id]))
    assert f'<li class="pick" data-r="{muted.reader_id}" hidden>' in html
    assert f'<li class="pick" data-r="{other.reader_id}">' in html


def test_words_cannot_pose_as_marks(article: Article) -> None:
    reader = ReaderFactory()
    post(article, f'" data-r="{reader.pk}"><article> formaction="/comments/1/vote/">')
    html = page_of(article)
    assert rows.personal(html, rows.Marks(voted=[1], muted=[reader.pk])) == html


def test_a_time_is_absolute_so_that_it_may_be_kept() -> None:
    html = rows.time_html(datetime(2024, 2, 29, 23, 5, tzinfo=UTC))
    assert html == '<time datetime="2024-02-29T23:05:00Z">29 Feb 2024, 23:05 UTC</time>'


@pytest.mark.parametrize(
    ("zone", "says"), [("Europe/Berlin", "30 Jun 2024, 01:05 CEST"), ("America/Bogota", "29 Jun 2024, 18:05 UTC-05")]
)
def test_a_time_names_the_sites_zone(settings, zone: str, says: str) -> None:
    settings.TIME_ZONE = zone
    assert says in rows.time_html(datetime(2024, 6, 29, 23, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("language", "says"), [("de", ">29. Feb. 2024, 23:05 UTC<"), ("ar", ">29 فبراير 2024, 23:05 UTC<")]
)
def test_a_time_is_written_as_the_language_writes_it(language: str, says: str) -> None:
    with translation.override(language):
        assert says in rows.time_html(datetime(2024, 2, 29, 23, 5, tzinfo=UTC))
