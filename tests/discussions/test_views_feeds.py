"""Atom feeds."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.test import Client, override_settings

from discussions.models import State
from tests.factories.discussions import ArticleFactory, ReaderFactory, move, post

pytestmark = [pytest.mark.django_db]

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def _address():
    with override_settings(SITE_URL="https://talk.example.org"):
        yield


def entries(client: Client, address: str) -> list[ElementTree.Element]:
    answer = client.get(address)
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    return ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")


def test_an_articles_feed_has_its_newest_comments_first(client: Client) -> None:
    article = ArticleFactory()
    post(article, "The *older* one.", reader=ReaderFactory(name="Bo & Co"))
    newer = post(article, "The newer one.")
    post(ArticleFactory(), "Elsewhere.")
    found = entries(client, f"/articles/{article.slug}/feed/")
    assert len(found) == 2
    assert found[0].find(f"{ATOM}link").get("href") == f"https://talk.example.org/comments/{newer.pk}/"
    assert found[1].find(f"{ATOM}author/{ATOM}name").text == "Bo & Co"
    assert "<em>older</em>" in found[1].find(f"{ATOM}summary").text


def test_the_sites_feed_has_all_articles(client: Client) -> None:
    for _number in range(2):
        post(ArticleFactory())
    assert len(entries(client, "/feed/")) == 2


@pytest.mark.parametrize("state", [State.PENDING, State.HELD, State.REJECTED, State.DELETED])
def test_what_is_not_published_is_in_no_feed(client: Client, state: State) -> None:
    article = ArticleFactory()
    post(article, state=state)
    assert entries(client, f"/articles/{article.slug}/feed/") == entries(client, "/feed/") == []


def test_a_control_character_in_a_title_breaks_no_feed(client: Client) -> None:
    article = ArticleFactory(title="Tram\x0blines\ufffe and buses")
    post(article, "Good.")
    for address in ("/feed/", f"{article.get_absolute_url()}feed/"):
        assert len(entries(client, address)) == 1


def test_a_comment_taken_down_leaves_the_feed_at_once(client: Client) -> None:
    article = ArticleFactory()
    comment = post(article)
    address = f"/articles/{article.slug}/feed/"
    tag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    move(comment, State.REJECTED)
    again = client.get(address, headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert b"<entry>" not in again.content
