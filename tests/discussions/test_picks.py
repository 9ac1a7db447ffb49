"""Editors' picks."""

from __future__ import annotations

import pytest
from django.test import Client

from discussions import picks, threads
from discussions.models import Article, State, User
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, UserFactory, move, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


@pytest.fixture
def editor() -> User:
    return UserFactory(is_staff=True)


def test_a_pick_stands_above_the_thread_at_once(client: Client, article: Article, editor: User) -> None:
    comment = post(article, "The best of them.", reader=ReaderFactory(name="Bo Lind"))
    assert 'class="picks"' not in client.get(article.get_absolute_url()).content.decode()
    staff = Client()
    staff.force_login(editor)
    staff.post(f"/comments/{comment.pk}/pick/")
    body = client.get(article.get_absolute_url()).content.decode()
    assert body.count("The best of them.") == 2
    assert f'<a href="/comments/{comment.pk}/"><bdi>Bo Lind</bdi></a>' in body
    staff.post(f"/comments/{comment.pk}/pick/")
    assert 'class="picks"' not in client.get(article.get_absolute_url()).content.decode()


def test_only_staff_pick(client: Client, article: Article) -> None:
    comment = post(article)
    assert client.post(f"/comments/{comment.pk}/pick/").status_code == 403
    client.force_login(AccountFactory().user)
    assert client.post(f"/comments/{comment.pk}/pick/").status_code == 403
    comment.refresh_from_db()
    assert comment.picked_at is None


def test_a_pick_that_is_taken_down_is_no_longer_shown(article: Article, editor: User) -> None:
    comment = post(article)
    picks.toggle(comment=comment, by=editor)
    comment.refresh_from_db()
    assert [row.id for row in threads.roots(article.pk).picks] == [comment.pk]
    move(comment, State.REJECTED)
    assert threads.roots(article.pk).picks == []


def test_only_the_first_page_brings_picks_and_three_at_most(article: Article, editor: User) -> None:
    made = [post(article) for _number in range(5)]
    for comment in made:
        picks.toggle(comment=comment, by=editor)
    assert len(threads.roots(article.pk).picks) == threads.MOST_PICKS
    assert threads.roots(article.pk, after=str(made[-1].pk)).picks == []
