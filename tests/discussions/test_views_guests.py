"""Readers without an account, over HTTP: who comes back as whom."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from django.test import Client

from discussions.models import Article, Comment, Reader, State
from tests.discussions.forms import PERSON, FirstWritingForm, fill
from tests.factories.discussions import AccountFactory, ReaderFactory, post

pytestmark = pytest.mark.django_db


def test_a_guest_comes_back_as_the_same_reader(client: Client, article: Article) -> None:
    fill(client, article, "First thought.")
    fill(client, article, "Second thought.")
    assert Reader.objects.count() == 1
    assert Comment.objects.count() == 2


def test_another_name_is_another_guest(client: Client, article: Article) -> None:
    fill(client, article, "First thought.")
    fill(client, article, "Second thought.", name="Bo Lind")
    assert sorted(Reader.objects.values_list("name", flat=True)) == ["Ada Brook", "Bo Lind"]


def test_a_guest_who_came_first_cannot_go_on_under_the_name_of_an_account(client: Client, article: Article) -> None:
    fill(client, article, "First words.")
    AccountFactory(name="Ada Brook")
    answer = fill(client, article, "Second words.")
    assert answer.status_code == 422
    back = quote_plus(f"{article.get_absolute_url()}#write")
    words = f'goes by this name. Choose another, or <a href="/accounts/login/?next={back}">log in</a>.'
    assert words in answer.content.decode()
    assert Comment.objects.count() == 1


def test_a_forged_cookie_makes_nobody(client: Client, article: Article) -> None:
    other = ReaderFactory()
    post(article, "Somebody else's pending words.", reader=other, state=State.PENDING)
    client.cookies["reader"] = str(other.pk)
    assert "Somebody else" not in client.get(article.get_absolute_url()).content.decode()


def test_a_newcomers_form_sent_twice_makes_one_comment_that_is_theirs(article: Article) -> None:
    form = FirstWritingForm(Client().get(article.get_absolute_url()).content.decode())
    sent = {**form.fields, "text": "Pressed twice.", **PERSON}
    sent.pop("csrfmiddlewaretoken")
    Client().post(form.action, sent)  # its answer never arrived
    again = Client()
    answer = again.post(form.action, sent)
    comment = Comment.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"#c{comment.pk}")
    assert Reader.objects.count() == 1
    assert again.get(f"/comments/{comment.pk}/edit/").status_code == 200


def test_a_guest_whose_words_are_refused_is_not_kept(client: Client, article: Article) -> None:
    Article.objects.update(mode="closed")
    assert fill_closed(client, article).status_code == 422
    assert not Reader.objects.exists()


def fill_closed(client: Client, article: Article):
    return client.post(f"/articles/{article.slug}/comments/", {"text": "Too late.", **PERSON})
