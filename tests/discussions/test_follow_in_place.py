"""Following tells what came of it where one pressed."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from discussions.models import Article, Follow
from tests.factories.discussions import AccountFactory, ArticleFactory, post

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


def test_without_a_script_one_comes_back_to_the_choices(client: Client, article: Article) -> None:
    comment = post(article)
    client.force_login(AccountFactory().user)
    for page, address in (
        (article.get_absolute_url(), f"/articles/{article.slug}/follow/"),
        (comment.get_absolute_url(), f"/comments/{comment.pk}/follow/"),
    ):
        answer = client.post(address, {"pace": "daily"}, headers={"Referer": f"http://testserver{page}?sort=best"})
        assert answer.headers["Location"] == f"http://testserver{page}?sort=best#follow"
        body = client.get(page).content.decode()
        said = 'id="follow"'
        assert body.index(said) < body.index("You will get one mail a day")
        assert body.count("You will get one mail a day") == 1


def test_the_script_gets_the_choices_and_the_words(client: Client, article: Article) -> None:
    client.force_login(AccountFactory().user)
    address = f"/articles/{article.slug}/follow/"
    body = client.post(address, {"pace": "daily"}, headers=HTMX).content.decode()
    assert "<html" not in body
    assert 'value="daily" aria-pressed="true"' in body
    assert "You will get one mail a day" in body
    assert f'formaction="{address}"' in body
    body = client.post(address, {"stop": "1"}, headers=HTMX).content.decode()
    assert "Follow by e-mail" in body
    assert "You no longer follow this." in body
    assert not Follow.objects.exists()
    assert "You no longer follow" not in client.get(article.get_absolute_url()).content.decode(), "said once"


def test_a_message_of_another_kind_stays_at_the_top(client: Client, article: Article) -> None:
    sent = {"text": "Hello from Ada.", "name": "Ada", "email": f"{uuid4().hex}@example.org"}
    client.post(f"/articles/{article.slug}/comments/", sent)
    client.post("/confirm/")
    body = client.get(article.get_absolute_url()).content.decode()
    assert body.count("open the link we have just sent you") == 1
    assert body.index("open the link we have just sent you") < body.index("<main")
