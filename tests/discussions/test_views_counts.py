"""Comment counts of many articles in one request."""

from __future__ import annotations

import pytest
from django.test import Client

from discussions.models import Article
from discussions.views.reading import MOST_COUNTED
from tests.factories.discussions import ArticleFactory, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


def test_counts_of_many_articles_come_at_once(client: Client, article: Article) -> None:
    other = ArticleFactory(url="https://paper.example/one")
    post(article)
    answer = client.get("/counts/", {"article": [article.slug, other.url, "unknown"]})
    assert answer.json() == {"counts": {article.slug: 1, other.url: 0}}


def test_as_many_as_fit_are_counted_however_often_one_is_named(client: Client, article: Article) -> None:
    asked = [*(f"other-{number}" for number in range(MOST_COUNTED - 1)), article.slug, article.slug]
    assert client.get("/counts/", {"article": asked}).json() == {"counts": {article.slug: 0}}


def test_more_are_refused_with_what_to_do_instead_of_left_out(client: Client, article: Article) -> None:
    asked = [*(f"other-{number}" for number in range(MOST_COUNTED)), article.slug]
    answer = client.get("/counts/", {"article": asked})
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "One request can ask for 100 articles; this one names 101. Divide them among several requests."
    }
