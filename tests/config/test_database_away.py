"""What a browser sees while the database is away, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from tests.factories.discussions import AccountFactory, ArticleFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Somebody with an account, and from here on no database."""
    article = ArticleFactory(slug="the-tram")
    client = Client(raise_request_exception=False)
    client.force_login(AccountFactory().user)
    assert client.get(article.get_absolute_url()).status_code == 200
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    yield client
    monkeypatch.undo()
    connection.close()


@pytest.mark.parametrize("address", ["/", "/articles/the-tram/", "/desk/", "/me/"])
def test_whoever_is_logged_in_is_told_to_come_back(away: Client, address: str) -> None:
    answer = away.get(address)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_what_they_typed_comes_back(away: Client) -> None:
    answer = away.post("/articles/the-tram/comments/", {"text": "Words worth keeping."})
    assert answer.status_code == 503
    assert "Words worth keeping." in answer.content.decode()
