"""A reader, an article, a moderator, and comments that go the real way with a quick engine behind the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from discussions import guests, posting
from discussions.models import Article, Comment, Reader, User
from moderation import pipeline, scoring
from moderation.models import Staff
from tests.doubles import scoring as double


@pytest.fixture
def quick_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's test double, held to the same contract as the real one."""
    for name in ("score", "warm_up", "explain"):
        monkeypatch.setattr(scoring, name, getattr(double, name))


@pytest.fixture
def article(db: None) -> Article:
    return Article.objects.create(title="The tram comes back", slug="tram", body="It does.")


@pytest.fixture
def author(db: None) -> Reader:
    return guests.add(name="Ada Brook", email="ada@example.org")


@pytest.fixture
def moderator(db: None) -> User:
    user = User.objects.create_user("mo@example.org", "a long password", is_staff=True)
    Reader.objects.create(user=user, kind=Reader.Kind.ACCOUNT, name="mo")
    Staff.objects.create(user=user, role=Staff.Role.MODERATOR)
    return user


Say = Callable[..., Comment]


@pytest.fixture
def say(article: Article, author: Reader) -> Say:
    """Post a comment; it stays pending."""

    def post(text: str, **more: object) -> Comment:
        return posting.post(**({"article": article, "reader": author, "text": text} | more))  # type: ignore[arg-type]

    return post


@pytest.fixture
def settled(say: Say, quick_engine: None) -> Say:
    """Post a comment and let the pipeline decide it."""

    def post(text: str, **more: object) -> Comment:
        comment = say(text, **more)
        pipeline.run()
        comment.refresh_from_db()
        return comment

    return post
