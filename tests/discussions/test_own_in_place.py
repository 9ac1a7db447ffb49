"""One's own comment stands on a page once, whatever others see in its place."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.test import Client

from discussions import posting
from discussions.models import Article, Comment, State
from tests.factories.discussions import AccountFactory, ArticleFactory, move, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


def edited(comment: Comment, text: str, state: State) -> Comment:
    """The author's new words, as policy has decided on them."""
    posting.edit(comment=comment, text=text, by=comment.reader)
    return move(comment, state)


def twice(page: str) -> list[str]:
    """The ids that a page holds more than once."""
    return [found for found, times in Counter(re.findall(r'\bid="([^"]+)"', page)).items() if times > 1]


@pytest.mark.parametrize("state", [State.PENDING, State.HELD, State.REJECTED])
def test_an_edit_that_waits_stands_in_the_comments_place(client: Client, article: Article, state: State) -> None:
    mine = post(article, "The first wording.", reader=AccountFactory())
    answer = post(article, "An answer to it.", parent=mine)
    below = post(article, "Mine as well.", parent=answer, reader=mine.reader)
    post(article, "The last word.", parent=below)
    edited(mine, "The second wording.", state)
    edited(below, "Mine, in other words.", state)
    client.force_login(mine.reader.user)
    for address in (article.get_absolute_url(), answer.get_absolute_url()):
        page = client.get(address).content.decode()
        assert twice(page) == []
        assert "Mine, in other words." in page
        assert "Mine as well." not in page
    page = client.get(article.get_absolute_url()).content.decode()
    assert page.index("The second wording.") < page.index("An answer to it.") < page.index("Mine, in other words.")
    assert "The first wording." not in page
    assert 'id="mine"></ol>' in page


def test_others_see_the_earlier_words(client: Client, article: Article) -> None:
    mine = post(article, "The first wording.", reader=AccountFactory())
    edited(mine, "The second wording.", State.HELD)
    page = client.get(article.get_absolute_url()).content.decode()
    assert "The first wording." in page
    assert "The second wording." not in page


def test_what_has_no_place_on_the_page_stands_above_the_thread(client: Client, article: Article) -> None:
    mine = post(article, "Only mine so far.", reader=AccountFactory(), state=State.HELD)
    client.force_login(mine.reader.user)
    page = client.get(article.get_absolute_url()).content.decode()
    assert page.index('id="mine"') < page.index(f'id="c{mine.pk}"') < page.index('id="thread"')


def test_more_answers_bring_ones_own_words_too(client: Client, article: Article) -> None:
    root = post(article)
    for _number in range(5):
        post(article, parent=root)
    mine = post(article, "The first wording.", parent=root, reader=AccountFactory())
    edited(mine, "The second wording.", State.HELD)
    client.force_login(mine.reader.user)
    after = {"sort": "oldest", "after": mine.pk - 1}
    part = client.get(f"/comments/{root.pk}/replies/", after, headers={"HX-Request": "true"}).content.decode()
    assert "The second wording." in part
    assert "The first wording." not in part
