"""An article, a client under the real rules, and mail that waits in the database as on a site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from discussions.models import Article
from tests.factories.discussions import ArticleFactory


@pytest.fixture(autouse=True)
def _doors_not_knocked_at_yet() -> None:
    """allauth counts in the cache how often an address signs up or is written to; each test starts from nothing."""
    cache.clear()


@pytest.fixture
def article(db: None) -> Article:
    return ArticleFactory()


@pytest.fixture
def strict() -> Client:
    """A client that is held to the CSRF token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def mail_in_the_database() -> Iterator[None]:
    with override_settings(EMAIL_BACKEND="discussions.mail.OutboxBackend", SITE_URL="https://talk.example.org"):
        yield
