"""Django's admin, for editors."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from discussions.models import Article, Mail, Reader
from tests.factories.discussions import ArticleFactory, UserFactory, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client, settings: Any) -> Client:
    settings.STAFF_NEED_SECOND_FACTOR = False
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def test_an_editor_creates_an_article(editor: Client) -> None:
    fields = {
        "title": "New today", "slug": "new-today", "standfirst": "", "body": "One.\n\nTwo.", "byline": "",
        "mode": "open", "published_at_0": "2026-01-02", "published_at_1": "08:00:00",
    }  # fmt: skip
    assert editor.post("/admin/discussions/article/add/", fields).status_code == 302
    assert Article.objects.get().paragraphs == ["One.", "Two."]
    assert "New today" in Client().get("/").content.decode()


def test_an_editor_closes_and_opens_discussions(editor: Client) -> None:
    article = ArticleFactory()
    for action, is_open in (("close", False), ("reopen", True)):
        editor.post("/admin/discussions/article/", {"action": action, "_selected_action": [article.pk]})
        article.refresh_from_db()
        assert article.is_open() == is_open


def test_an_article_with_comments_is_not_deleted(editor: Client) -> None:
    article = ArticleFactory()
    post(article)
    assert editor.post(f"/admin/discussions/article/{article.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Article.objects.filter(pk=article.pk).exists()


def test_readers_accounts_and_mail_are_looked_up_but_not_changed(editor: Client) -> None:
    post(ArticleFactory())
    Mail.objects.create(to="a@example.org", subject="S", body="B", sender="x@example.org")
    for name in ("reader", "user", "mail"):
        assert editor.get(f"/admin/discussions/{name}/").status_code == 200
        assert editor.get(f"/admin/discussions/{name}/add/").status_code == 403
    reader = Reader.objects.get()
    editor.post(f"/admin/discussions/reader/{reader.pk}/change/", {"name": "Changed"})
    reader.refresh_from_db()
    assert reader.name != "Changed"


def test_readers_do_not_get_in(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get("/admin/").status_code == 302
