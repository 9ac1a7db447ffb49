"""How a guest is remembered."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from discussions.models import Article, Reader

pytestmark = pytest.mark.django_db

PERSON = {"name": "Ada Brook", "email": "ada@example.org"}


@override_settings(HTTPS=True)
def test_on_https_no_other_host_can_set_the_cookie(client: Client, article: Article) -> None:
    answer = client.post(f"/articles/{article.slug}/comments/", {"text": "Words.", **PERSON}, secure=True)
    cookie = answer.cookies["__Host-reader"]
    assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["httponly"]) == (True, "/", "", True)
    assert "reader" not in answer.cookies
    assert "Your comments" in client.get("/", secure=True).content.decode()
    assert client.get("/me/", secure=True).status_code == 200
    planted = Client()
    planted.cookies["reader"] = cookie.value
    assert planted.get("/me/", secure=True).status_code == 302
    ended = client.post("/me/forget/", {"comments": "keep"}, secure=True).cookies["__Host-reader"]
    assert (ended.value, ended["secure"], ended["path"]) == ("", True, "/")


def test_on_a_plain_local_site_it_has_a_plain_name(client: Client, article: Article) -> None:
    answer = client.post(f"/articles/{article.slug}/comments/", {"text": "Words.", **PERSON})
    assert list(answer.cookies) == ["reader"]
    assert "Your comments" in client.get("/").content.decode()
    assert "Your comments" not in Client().get("/").content.decode()
    assert Reader.objects.get().name in client.get("/me/").content.decode()
