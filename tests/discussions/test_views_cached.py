"""What is shown again without being made again."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from discussions.models import Article, State
from discussions.views.cached import Shelf
from tests.factories.discussions import AccountFactory, move, post

pytestmark = pytest.mark.django_db


def test_a_strangers_page_is_made_once(client: Client, article: Article) -> None:
    post(article)
    client.get(article.get_absolute_url())
    with CaptureQueriesContext(connection) as asked:
        Client().get(article.get_absolute_url())
    assert len(asked) == 1


@pytest.mark.parametrize("state", [State.REJECTED, State.HELD, State.DELETED])
def test_a_comment_taken_down_is_gone_with_the_next_request(client: Client, article: Article, state: State) -> None:
    comment = post(article, "Seen for a while.")
    first = client.get(article.get_absolute_url())
    assert "Seen for a while." in first.content.decode()
    move(comment, state)
    again = client.get(article.get_absolute_url(), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert "Seen for a while." not in again.content.decode()


def test_what_a_browser_has_is_not_sent_again(client: Client, article: Article) -> None:
    tag = client.get(article.get_absolute_url()).headers["ETag"]
    again = client.get(article.get_absolute_url(), headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_without_the_cookie_the_page_is_sent_again_with_one(client: Client, article: Article) -> None:
    tag = client.get(article.get_absolute_url()).headers["ETag"]
    fresh = Client().get(article.get_absolute_url(), headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert "csrftoken" in fresh.cookies


def test_a_page_whose_token_fits_no_more_is_sent_again(client: Client, article: Article) -> None:
    tag = client.get(article.get_absolute_url()).headers["ETag"]
    client.cookies["csrftoken"] = "x" * 32  # as logging in and out leaves it
    assert client.get(article.get_absolute_url(), headers={"If-None-Match": tag}).status_code == 200


def own_parts(body: str) -> tuple[set[str], set[str]]:
    tokens = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', body)
    return set(tokens), set(re.findall(r'name="form_key" value="([^"]+)"', body))


def test_every_stranger_has_a_token_and_a_form_key_of_their_own(article: Article) -> None:
    bodies = [Client().get(article.get_absolute_url()).content.decode() for _number in range(2)]
    (tokens_a, keys_a), (tokens_b, keys_b) = (own_parts(body) for body in bodies)
    assert len(keys_a) == len(keys_b) == 1
    assert not tokens_a & tokens_b
    assert not keys_a & keys_b


def test_a_cached_form_posts(article: Article) -> None:
    Client().get(article.get_absolute_url())
    strict = Client(enforce_csrf_checks=True)
    tokens, keys = own_parts(strict.get(article.get_absolute_url()).content.decode())
    sent = {"csrfmiddlewaretoken": tokens.pop(), "form_key": keys.pop(), "text": "From the shelf.", "parent": ""}
    answer = strict.post(f"/articles/{article.slug}/comments/", {**sent, "name": "Ada", "email": "ada@example.org"})
    assert answer.status_code == 302


def test_an_article_that_closes_closes_for_strangers_at_once(client: Client, article: Article) -> None:
    assert "<textarea" in client.get(article.get_absolute_url()).content.decode()
    Article.objects.update(mode=Article.Mode.CLOSED)
    assert "<textarea" not in client.get(article.get_absolute_url()).content.decode()


def test_ones_own_page_is_never_anybody_elses(client: Client, article: Article) -> None:
    account = AccountFactory()
    post(article, "Still waiting.", reader=account, state=State.HELD)
    client.force_login(account.user)
    assert "Still waiting." in client.get(article.get_absolute_url()).content.decode()
    assert "Still waiting." not in Client().get(article.get_absolute_url()).content.decode()


def test_languages_do_not_mix(article: Article) -> None:
    german = Client(headers={"Accept-Language": "de"}).get(article.get_absolute_url()).content.decode()
    english = Client(headers={"Accept-Language": "en"}).get(article.get_absolute_url()).content.decode()
    assert '<html lang="de"' in german
    assert '<html lang="en"' in english


def test_the_shelf_forgets_what_was_used_longest_ago() -> None:
    shelf = Shelf(most=2)
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    for name in ("a", "b", "a", "c", "a", "b"):
        assert shelf.get((name,), lambda name=name: make(name)) == name
    assert made == ["a", "b", "c", "b"]


def test_a_comment_cannot_draw_anybodys_token_into_its_words(article: Article) -> None:
    words = 'name="csrfmiddlewaretoken" value="abc" name="form_key" value="00-aa"'
    post(article, words)
    for _page in range(2):  # made, then kept
        assert words in Client().get(article.get_absolute_url()).content.decode()


def test_a_page_is_never_kept_with_the_prefix_a_request_claims(client: Client, article: Article) -> None:
    client.get(article.get_absolute_url(), SCRIPT_NAME="/elsewhere")
    body = Client().get(article.get_absolute_url()).content.decode()
    assert "elsewhere" not in body
    assert f'action="/articles/{article.slug}/comments/"' in body
