"""The public read of a thread."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from discussions import threads
from discussions.models import Article, Comment, State
from tests.factories.discussions import ArticleFactory, ReaderFactory, move, post

pytestmark = pytest.mark.django_db


def bulk(article: Article, how_many: int, *, parent: Comment | None = None) -> list[Comment]:
    """Published comments without words, for questions of order and number."""
    reader = ReaderFactory()
    return Comment.objects.bulk_create(
        Comment(
            article=article,
            reader=reader,
            parent=parent,
            depth=parent.depth + 1 if parent else 0,
            path=[*parent.path, parent.pk] if parent else [],
            state=State.PUBLISHED,
            shown_revision=1,
            shown=True,
            best=(number * 37 % 101) / 101,
        )
        for number in range(how_many)
    )


def every_root(article: Article, sort: str) -> list[int]:
    """All roots, read page by page."""
    found, after = [], ""
    for _page in range(20):
        page = threads.roots(article.pk, sort=sort, after=after)
        found += [row.id for row in page.rows]
        if page.next is None:
            return found
        after = page.next
    raise AssertionError("the pages never end")


def test_an_empty_thread_is_an_empty_page(article: Article) -> None:
    page = threads.roots(article.pk)
    assert (page.rows, page.next, len(page)) == ([], None, 0)


@pytest.mark.parametrize("sort", list(threads.ORDERS))
def test_pages_show_every_root_once_and_in_order(article: Article, sort: str) -> None:
    made = bulk(article, 130)
    expected = {
        "newest": sorted(made, key=lambda c: -c.pk),
        "oldest": sorted(made, key=lambda c: c.pk),
        "best": sorted(made, key=lambda c: (-c.best, -c.pk)),
        "discussed": sorted(made, key=lambda c: (-c.replies, -c.pk)),
    }[sort]
    assert every_root(article, sort) == [comment.pk for comment in expected]


def test_a_full_page_has_at_least_fifty_comments(article: Article) -> None:
    roots = bulk(article, 60)
    for root in roots:
        bulk(article, 3, parent=root)
    Comment.objects.filter(parent=None).update(replies=3)
    page = threads.roots(article.pk)
    assert threads.PAGE_ROWS <= len(page) <= threads.PAGE_ROWS + threads.BRANCH_ROWS
    assert page.next is not None
    assert all(len(row.children) == 3 for row in page.rows)


def test_replies_stand_under_their_parents(article: Article) -> None:
    root = post(article, "The root of it.")
    kid = post(article, "An answer.", parent=root)
    post(article, "An answer to the answer.", parent=kid)
    post(article, "Another answer.", parent=root)
    page = threads.roots(article.pk)
    (top,) = page.rows
    assert [row.html for row in top.children] == [
        '<p dir="auto">An answer.</p>\n',
        '<p dir="auto">Another answer.</p>\n',
    ]
    assert len(top.children[0].children) == 1


def test_the_flat_list_opens_and_closes_every_level(article: Article) -> None:
    root = post(article)
    kid = post(article, parent=root)
    post(article, parent=kid)
    kinds = [item.kind for item in threads.roots(article.pk).items()]
    assert kinds == ["row", "open", "row", "open", "row", "end", "close", "end", "close", "end"]


def test_what_is_not_shown_of_a_branch_is_counted_and_continued(article: Article) -> None:
    root = post(article)
    kids = bulk(article, 12, parent=root)
    Comment.objects.filter(pk=root.pk).update(replies=12)
    (top,) = threads.roots(article.pk).rows
    shown = [row.id for row in top.children]
    assert len(shown) == threads.FAN_OUT[0]
    assert top.more_count == 12 - len(shown)
    rest = threads.replies(root.pk, after=top.more or "")
    assert shown + [row.id for row in rest.rows] == [kid.pk for kid in kids]


def test_deeper_than_the_page_goes_there_is_a_link(article: Article) -> None:
    comment = post(article)
    chain = [comment]
    for _level in range(5):
        comment = post(article, parent=comment)
        chain.append(comment)
    page = threads.roots(article.pk)
    last = page.rows[0]
    while last.children:
        last = last.children[0]
    assert last.id == chain[len(threads.FAN_OUT)].pk
    assert (last.more, last.more_count) == ("", 1)


@pytest.mark.parametrize("state", [State.PENDING, State.HELD, State.REJECTED, State.DELETED])
def test_what_is_not_published_is_not_there(article: Article, state: State) -> None:
    post(article, state=state)
    assert threads.roots(article.pk).rows == []


@pytest.mark.parametrize("state", [State.REJECTED, State.DELETED])
def test_replies_keep_their_place_under_a_tombstone(article: Article, state: State) -> None:
    root = post(article, "Words that go.")
    post(article, "An answer that stays.", parent=root)
    move(root, state)
    (top,) = threads.roots(article.pk).rows
    assert top.gone
    assert top.deleted == (state == State.DELETED)
    assert "stays" in str(top.children[0].html)


def test_a_page_costs_two_queries_whatever_its_size(article: Article) -> None:
    bulk(article, 3)
    with CaptureQueriesContext(
        connection,
    ) as small:
        threads.roots(article.pk)
    bulk(article, 200)
    with CaptureQueriesContext(connection) as large:
        threads.roots(article.pk)
    assert len(small) == len(large) == 2


@pytest.mark.parametrize(
    "cursor", ["x", "1_2_3", "nan_5", "-1", "9" * 40, "1e999_3", "'; DROP TABLE", "0.5_", "_", "\x00", "٣"]
)
@pytest.mark.parametrize("sort", list(threads.ORDERS))
def test_a_broken_cursor_is_no_error(article: Article, sort: str, cursor: str) -> None:
    post(article)
    assert threads.roots(article.pk, sort=sort, after=cursor).sort == sort


def test_what_is_new_is_told_from_the_version_a_page_knows(article: Article) -> None:
    first = post(article)
    article.refresh_from_db()
    second = post(article)
    post(article, state=State.HELD)
    assert threads.appeared_since(article.pk, article.thread_version) == [second.pk]
    assert threads.appeared_since(article.pk, 0, most=1) == [second.pk]
    assert threads.appeared_since(article.pk, 0, besides=first.reader_id) == [second.pk]


@pytest.mark.parametrize("sort", list(threads.ORDERS))
def test_the_order_comes_from_an_index_not_from_a_sort(article: Article, sort: str) -> None:
    roots = bulk(article, 300)
    bulk(article, 3000, parent=roots[7])
    bulk(ArticleFactory(), 3000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE discussions_comment")
    with CaptureQueriesContext(connection) as asked:
        threads.roots(article.pk, sort=sort)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + asked[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert f"root_{'newest' if sort == 'oldest' else sort}" in plan
    assert "Seq Scan on discussions_comment" not in plan
