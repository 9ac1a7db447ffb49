"""A guest whose address was erased when its time was over, and who writes again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from discussions import retention
from discussions.models import Article, Comment, Reader, User
from tests.factories.discussions import ArticleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


@pytest.fixture
def erased(client: Client, article: Article) -> Reader:
    """Known to the browser by the cookie, without an address."""
    say(client, article, "Long ago.", name="Ada Brook", email="ada@example.org")
    long_ago = timezone.now() - timedelta(days=400)
    Comment.objects.update(created_at=long_ago)
    Reader.objects.update(created_at=long_ago, email_confirmed_at=long_ago)
    retention.forget()
    reader = Reader.objects.get()
    assert (reader.email, reader.email_confirmed_at) == ("", None)
    return reader


def say(client: Client, article: Article, text: str, **person: str):
    return client.post(f"/articles/{article.slug}/comments/", {"text": text, **person})


def test_they_stay_who_they_are_with_the_address_they_give(client: Client, article: Article, erased: Reader) -> None:
    say(client, article, "Back again.", name="Ada Brook", email=" New@Example.org ")
    assert set(Comment.objects.values_list("reader", flat=True)) == {erased.pk}
    reader = Reader.objects.get()
    assert (reader.email, reader.email_confirmed_at) == ("new@example.org", None)
    page = client.get("/me/").content.decode()
    assert "Long ago." in page
    assert "Back again." in page


def test_another_name_is_another_reader(client: Client, article: Article, erased: Reader) -> None:
    say(client, article, "Somebody else at this screen.", name="Bo Lind", email="bo@example.org")
    assert Comment.objects.latest("pk").reader.name == "Bo Lind"
    assert Reader.objects.get(pk=erased.pk).email == ""


@pytest.mark.parametrize(
    ("email", "says"), [("ada at example", "name@example.org"), ("somebody@example.org", "belongs to an account")]
)
def test_an_address_that_cannot_be_theirs_is_refused(
    client: Client, article: Article, erased: Reader, email: str, says: str
) -> None:
    User.objects.create_user("somebody@example.org", "a quiet evening")
    answer = say(client, article, "Back again.", name="Ada Brook", email=email)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "Back again." in answer.content.decode()
    assert Reader.objects.get(pk=erased.pk).email == ""


def test_no_address_is_saved_for_words_that_cannot_be(client: Client, article: Article, erased: Reader) -> None:
    say(client, article, " ", name="Ada Brook", email="ada@example.org")
    assert Reader.objects.get().email == ""
