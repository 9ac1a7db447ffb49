"""What readers do with their own comments, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from discussions.models import Article, Comment, Notice, Revision, State
from tests.factories.discussions import AccountFactory, post

pytestmark = pytest.mark.django_db


def test_a_held_comment_says_why_to_its_author_only(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, "Doubtful words.", reader=account, state=State.HELD)
    Notice.objects.create(reader=account, comment=comment, outcome="held", words="insult .83, held above .80")
    client.force_login(account.user)
    for address in (article.get_absolute_url(), comment.get_absolute_url(), "/me/"):
        # in its own direction: it is in the language of the writing, whatever the page is read in
        assert '<p dir="auto">insult .83, held above .80</p>' in client.get(address).content.decode()
    assert "held above" not in Client().get(article.get_absolute_url()).content.decode()


def test_a_withdrawn_statement_is_not_shown(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, reader=account, state=State.HELD)
    Notice.objects.create(
        reader=account, comment=comment, outcome="held", words="an old reason", withdrawn_at=timezone.now()
    )
    client.force_login(account.user)
    assert "an old reason" not in client.get("/me/").content.decode()


def test_editing_scores_again_and_keeps_every_revision(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, "The first wording.", reader=account)
    client.force_login(account.user)
    assert "The first wording." in client.get(f"/comments/{comment.pk}/edit/").content.decode()
    client.post(f"/comments/{comment.pk}/edit/", {"text": "The second wording."})
    comment.refresh_from_db()
    assert (comment.state, comment.revision) == (State.PENDING, 2)
    assert Revision.objects.filter(comment=comment).count() == 2
    assert "The first wording." in Client().get(article.get_absolute_url()).content.decode()


def test_after_the_window_the_edit_is_refused_with_the_words_kept(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, reader=account)
    Comment.objects.update(created_at=timezone.now() - timedelta(hours=2))
    client.force_login(account.user)
    answer = client.post(f"/comments/{comment.pk}/edit/", {"text": "Much later."})
    assert answer.status_code == 422
    assert "Much later." in answer.content.decode()


def test_a_refused_comment_can_be_repaired_by_its_author(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, reader=account, state=State.REJECTED)
    Comment.objects.update(created_at=timezone.now() - timedelta(hours=2))
    client.force_login(account.user)
    client.post(f"/comments/{comment.pk}/edit/", {"text": "Put more kindly."})
    comment.refresh_from_db()
    assert comment.state == State.PENDING


def test_deleting_asks_first_and_leaves_a_tombstone(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, "Words I regret.", reader=account)
    post(article, "An answer.", parent=comment)
    client.force_login(account.user)
    assert "Delete this comment?" in client.get(f"/comments/{comment.pk}/delete/").content.decode()
    answer = client.post(f"/comments/{comment.pk}/delete/")
    assert answer.headers["Location"] == f"{article.get_absolute_url()}#talk"
    said = client.get(article.get_absolute_url()).content.decode()
    assert said.count("Your comment is deleted.") == 1
    assert said.index('id="talk"') < said.index("Your comment is deleted.")
    body = Client().get(article.get_absolute_url()).content.decode()
    assert "Deleted by its author." in body
    assert "Words I regret." not in body


def test_who_deletes_from_their_own_page_comes_back_to_it(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, reader=account)
    client.force_login(account.user)
    address = f"/comments/{comment.pk}/delete/"
    asked = client.get(address, headers={"Referer": "http://testserver/me/?before=99"}).content.decode()
    assert '<input type="hidden" name="to" value="me">' in asked
    answer = client.post(address, {"to": "me"}, follow=True)
    assert answer.redirect_chain == [("/me/", 302)]
    assert answer.content.decode().count("Your comment is deleted.") == 1


@pytest.mark.parametrize("what", ["edit", "delete", "mine"])
def test_nobody_touches_the_comment_of_another(client: Client, article: Article, what: str) -> None:
    comment = post(article, reader=AccountFactory())
    client.force_login(AccountFactory().user)
    assert client.get(f"/comments/{comment.pk}/{what}/").status_code == 404
    if what != "mine":
        assert client.post(f"/comments/{comment.pk}/{what}/", {"text": "Not mine."}).status_code == 404
    comment.refresh_from_db()
    assert (comment.state, comment.revision) == (State.PUBLISHED, 1)


def test_ones_own_page_shows_every_comment_with_its_state(client: Client, article: Article) -> None:
    account = AccountFactory()
    for state in (State.PUBLISHED, State.HELD, State.REJECTED, State.PENDING):
        post(article, f"This one is {state}.", reader=account, state=state)
    client.force_login(account.user)
    body = client.get("/me/").content.decode()
    for state in (State.PUBLISHED, State.HELD, State.REJECTED, State.PENDING):
        assert f"This one is {state}." in body


def test_ones_own_page_asks_strangers_to_log_in(client: Client) -> None:
    assert client.get("/me/").headers["Location"].startswith("/accounts/login/")
