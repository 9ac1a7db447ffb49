"""Whether a comment can still be edited is said before anybody writes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from discussions.models import Article, Comment, Revision, State
from tests.factories.discussions import AccountFactory, ArticleFactory, post

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
OVER = "The time to edit this comment is over. You can answer it instead."


@pytest.fixture
def mine(client: Client) -> Comment:
    account = AccountFactory()
    client.force_login(account.user)
    return post(ArticleFactory(), "The first wording.", reader=account)


def grown_old(comment: Comment) -> str:
    """Where to edit a comment whose window has closed."""
    Comment.objects.filter(pk=comment.pk).update(created_at=timezone.now() - timedelta(days=1))
    return f"/comments/{comment.pk}/edit/"


def test_the_form_is_not_shown_once_the_time_is_over(client: Client, mine: Comment) -> None:
    answer = client.get(grown_old(mine))
    body = answer.content.decode()
    assert answer.status_code == 403
    assert OVER in body
    assert "<form" not in body[body.index("<main") :]
    assert f'<a href="{mine.get_absolute_url()}">To the comment</a>' in body


def test_in_place_the_reason_stands_where_the_form_would(client: Client, mine: Comment) -> None:
    answer = client.get(grown_old(mine), headers=HTMX)
    assert answer.status_code == 200
    assert OVER in answer.content.decode()
    assert "<form" not in answer.content.decode()


def test_a_closed_discussion_says_so_at_once(client: Client, mine: Comment) -> None:
    Article.objects.update(mode=Article.Mode.CLOSED)
    answer = client.get(f"/comments/{mine.pk}/edit/")
    assert answer.status_code == 403
    assert "comments can no longer be edited" in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_was_typed_meanwhile_is_given_back(client: Client, mine: Comment, headers: dict[str, str]) -> None:
    answer = client.post(grown_old(mine), {"text": "An hour of work."}, headers=headers)
    assert answer.status_code == 422
    assert OVER in answer.content.decode()
    assert "An hour of work." in answer.content.decode()
    assert Revision.objects.get().text == "The first wording."


def test_a_held_comment_can_be_repaired_however_old(client: Client, mine: Comment) -> None:
    held = post(mine.article, "Held for a while.", reader=mine.reader, state=State.HELD)
    assert "<textarea" in client.get(grown_old(held)).content.decode()
