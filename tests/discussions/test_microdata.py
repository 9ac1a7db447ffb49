"""What search engines read out of the pages: schema.org items in the HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from django.test import Client

from discussions import votes
from discussions.models import Article, State
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, move, post

pytestmark = pytest.mark.django_db

COMMENT, POSTING = "https://schema.org/Comment", "https://schema.org/DiscussionForumPosting"
_VOID = {"meta", "link", "input", "br", "hr", "img"}


@dataclass
class Item:
    """A schema.org item: its type and what it says, the values of one property in their order."""

    type: str
    says: dict[str, list[str | Item]] = field(default_factory=dict)

    def one(self, name: str) -> str | Item:
        (value,) = self.says[name]
        return value


class Microdata(HTMLParser):
    """The items that stand at the top of a page, by the rules of HTML's microdata for the elements used here."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.top: list[Item] = []
        self._open: list[tuple[str, Item | None, tuple[Item, str] | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        item, reads = None, None
        if "itemscope" in given:
            item = Item(given["itemtype"])
            if "itemprop" in given:
                self._holder().says.setdefault(given["itemprop"], []).append(item)
            else:
                self.top.append(item)
        elif "itemprop" in given:
            values = self._holder().says.setdefault(given["itemprop"], [])
            said = next((given[name] for name in ("content", "href", "datetime") if name in given), None)
            values.append(said or "")
            reads = None if said is not None else (self._holder(), given["itemprop"])
        if tag not in _VOID:
            self._open.append((tag, item, reads))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _tag, _item, reads in self._open:
            if reads:
                reads[0].says[reads[1]][-1] += data

    def _holder(self) -> Item:
        return next(item for _tag, item, _reads in reversed(self._open) if item is not None)


@pytest.fixture
def article() -> Article:
    return ArticleFactory(byline="Ada Marsh")


def posting_on(client: Client, address: str) -> Item:
    (found,) = Microdata(client.get(address).content.decode()).top
    assert found.type == POSTING
    return found


def test_an_answer_is_a_comment_on_the_comment_it_answers(client: Client, article: Article) -> None:
    root = post(article, "Who wants *tea*?", reader=ReaderFactory(name="Bo Lind"))
    kid = post(article, "I do.", parent=root)
    grandchild = post(article, "Me, too.", parent=kid)
    beside = post(article, "Something else.")
    votes.add(comment=root, by=AccountFactory())
    page = posting_on(client, article.get_absolute_url())
    assert page.one("url") == article.get_absolute_url()
    assert page.one("headline") == article.title
    assert page.one("commentCount") == "4"
    other, first = page.says["comment"]
    assert [one.one("url") for one in (other, first)] == [beside.get_absolute_url(), root.get_absolute_url()]
    assert (first.type, first.one("text"), first.one("upvoteCount")) == (COMMENT, "Who wants tea?\n", "1")
    assert first.one("author").one("name") == "Bo Lind"
    assert str(first.one("datePublished")).startswith(f"{root.created_at.year}-")
    assert other.one("upvoteCount") == "0"
    answer = first.one("comment")
    assert (answer.one("url"), answer.one("comment").one("url")) == (
        kid.get_absolute_url(),
        grandchild.get_absolute_url(),
    )


def test_a_whole_page_of_a_long_thread_stays_small(client: Client, article: Article) -> None:
    for number in range(60):
        post(article, f"Remark {number}. " + "A stop at the market would serve more people than one at the gate. " * 4)
    body = client.get(article.get_absolute_url()).content
    assert body.count(b'itemprop="comment"') >= 50
    assert len(body) < 100_000


def test_a_place_without_words_is_no_comment_and_hides_none(client: Client, article: Article) -> None:
    gone = post(article, "Soon refused.")
    answer = post(article, "It stays.", parent=gone)
    move(gone, State.REJECTED)
    assert posting_on(client, article.get_absolute_url()).one("comment").one("url") == answer.get_absolute_url()


def test_a_comments_own_page_says_what_it_belongs_to(client: Client, article: Article) -> None:
    root = post(article, "Who wants tea?")
    kid = post(article, "I do.", parent=root)
    grandchild = post(article, "Me, too.", parent=kid)
    page = posting_on(client, kid.get_absolute_url())
    assert (page.one("url"), page.one("headline")) == (article.get_absolute_url(), article.title)
    above, this = page.says["comment"]
    assert (above.one("url"), "parentItem" in above.says) == (root.get_absolute_url(), False)
    assert (this.one("url"), this.one("text")) == (kid.get_absolute_url(), "I do.\n")
    assert (this.one("parentItem"), this.one("upvoteCount")) == (root.get_absolute_url(), "0")
    assert this.one("comment").one("url") == grandchild.get_absolute_url()
