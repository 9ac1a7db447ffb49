"""What the links in a follower's mail do."""

from __future__ import annotations

import pytest
from django.core import signing
from django.test import Client

from discussions import following
from discussions.models import Article, Follow, Reader, State
from tests.factories.discussions import AccountFactory, ReaderFactory, move, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_in_the_database")]


def stop_address(follow: Follow) -> str:
    return f"/unsubscribe/{following.stop_token(follow)}/"


@pytest.mark.parametrize("what", ["unsubscribe", "confirm"])
def test_a_forged_token_does_nothing(client: Client, article: Article, what: str) -> None:
    following.follow(reader=AccountFactory(), article=article)
    client.post(f"/{what}/1:forged:token/")
    assert Follow.objects.count() == 1
    assert not Reader.objects.exclude(email_confirmed_at=None).exists()


def test_a_link_that_was_cut_off_says_so_and_leads_on(client: Client, article: Article) -> None:
    follow = following.follow(reader=AccountFactory(), article=article)
    old = signing.dumps(follow.pk, salt=following._STOP)
    for token in (following.stop_token(follow)[:-4], following.stop_token(follow).partition(":")[0], old[:-1]):
        for answer in (client.get(f"/unsubscribe/{token}/"), client.post(f"/unsubscribe/{token}/")):
            body = answer.content.decode()
            assert answer.status_code == 404
            assert "This link is incomplete" in body
            assert 'href="/me/"' in body
            assert "no longer follow" not in body
    assert Follow.objects.get() == follow
    whole = stop_address(follow)
    follow.delete()
    assert "You no longer follow this" in client.get(whole).content.decode()


@pytest.mark.parametrize("what", ["confirm", "digest"])
def test_the_other_broken_links_lead_on(client: Client, what: str) -> None:
    body = client.get(f"/{what}/1:forged:token/").content.decode()
    assert body.index('<main id="main"') < body.rindex('href="/me/"')


def test_the_page_in_the_mail_says_what_ends(client: Client, article: Article) -> None:
    account = AccountFactory()
    mine = post(article, "Mine *alone*.", reader=account)
    theirs = post(article, "Theirs.", reader=ReaderFactory(name="Bo Lind"))
    for comment, says in (
        (None, f"You are told of every new comment in the discussion of “{article.title}”."),
        (mine, f"You are told of answers to your comment in “{article.title}”:"),
        (theirs, f"You are told of answers to the comment by Bo Lind in “{article.title}”:"),
    ):
        follow = following.follow(reader=account, article=article, comment=comment)
        body = client.get(stop_address(follow)).content.decode()
        assert says in body
        assert ("Mine alone." in body, "Theirs." in body) == (comment == mine, comment == theirs)
        follow.delete()


def test_words_that_were_taken_down_are_not_quoted_there(client: Client, article: Article) -> None:
    comment = post(article, "Soon to be refused.")
    follow = following.follow(reader=AccountFactory(), article=article, comment=comment)
    move(comment, State.REJECTED)
    assert "Soon to be refused." not in client.get(stop_address(follow)).content.decode()


def test_the_page_in_the_mail_offers_a_digest_and_the_end_of_all(client: Client, article: Article) -> None:
    account = AccountFactory()
    follow = following.follow(reader=account, article=article)
    assert "End all mails" not in client.get(stop_address(follow)).content.decode()
    following.follow(reader=account, article=article, comment=post(article))
    following.follow(reader=AccountFactory(), article=article)
    body = client.post(stop_address(follow), {"pace": "daily"}).content.decode()
    assert "once a day at most" in body
    assert "Once a day instead" not in body
    assert "You follow 1 thing more here." in body
    assert Follow.objects.get(pk=follow.pk).pace == "daily"
    assert "No more mails" in client.post(stop_address(follow), {"all": "1"}).content.decode()
    assert Follow.objects.exclude(reader=account).count() == Follow.objects.count() == 1


def test_an_old_mails_link_ends_what_was_followed_again(client: Client, article: Article) -> None:
    account = AccountFactory()
    link = f"/unsubscribe/{following.stop_token(following.follow(reader=account, article=article))}/"
    Follow.objects.all().delete()
    following.follow(reader=account, article=article)
    assert client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Follow.objects.exists()


def test_the_link_in_a_mail_of_an_earlier_version_still_ends_it(client: Client, article: Article) -> None:
    follow = following.follow(reader=AccountFactory(), article=article)
    client.post(f"/unsubscribe/{signing.dumps(follow.pk, salt=following._STOP)}/")
    assert not Follow.objects.exists()
