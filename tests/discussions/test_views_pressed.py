"""The addresses of buttons, opened as pages: by a language link on an error page, or from the address bar."""

from __future__ import annotations

import pytest
from django.test import Client

from discussions.models import Article, Follow, Mute, Vote
from tests.factories.discussions import AccountFactory, post

pytestmark = pytest.mark.django_db


def test_whoever_opens_a_buttons_address_comes_to_its_page(client: Client, article: Article) -> None:
    account = AccountFactory()
    client.force_login(account.user)
    comment = post(article)
    page, person = comment.get_absolute_url(), f"/readers/{comment.reader_id}/"
    for address, leads_to in {
        f"{article.get_absolute_url()}follow/": article.get_absolute_url(),
        **{f"{page}{what}/": page for what in ("follow", "vote", "pick", "pin")},
        f"{person}mute/": person,
        "/follows/1/": "/me/",
        "/confirm/": "/me/",
    }.items():
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (302, leads_to)
        assert client.put(address).status_code == 405
    assert not any(model.objects.exists() for model in (Follow, Mute, Vote))


def test_another_language_on_the_page_of_a_refusal_leads_to_the_comment(client: Client, article: Article) -> None:
    comment = post(article)
    refused = client.post(f"{comment.get_absolute_url()}vote/")
    assert refused.status_code == 422
    chosen = client.get("/language/de/", headers={"Referer": f"http://testserver{comment.get_absolute_url()}vote/"})
    answer = client.get(chosen.headers["Location"], follow=True)
    assert (answer.status_code, answer.redirect_chain[-1][0]) == (200, comment.get_absolute_url())
    assert 'lang="de"' in answer.content.decode()
