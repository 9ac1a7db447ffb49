"""Recommendations, over HTTP: who is counted, and what is kept of it."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from django.core import signing
from django.test import Client, override_settings

from discussions.models import Article, Comment, Reader, Vote
from tests.factories.discussions import AccountFactory, ReaderFactory, post

pytestmark = pytest.mark.django_db


def test_a_recommendation_counts_once_and_can_be_taken_back(client: Client, article: Article) -> None:
    comment = post(article)
    client.force_login(AccountFactory().user)
    address, as_json = f"/comments/{comment.pk}/vote/", {"Accept": "application/json"}
    assert client.post(address, headers=as_json).json() == {"voted": True, "votes": 1}
    assert client.post(address, headers=as_json).json() == {"voted": False, "votes": 0}
    assert client.post(address).status_code == 302
    assert Vote.objects.filter(comment=comment).count() == 1


def vote_as(reader: Reader, comment: Comment, address: str = "198.51.100.40") -> int:
    """The number of recommendations after one more, from an address."""
    who = Client()
    if reader.user:
        who.force_login(reader.user)
    else:
        who.cookies["reader"] = signing.dumps(reader.pk, salt="parley.guest")
    answer = who.post(f"/comments/{comment.pk}/vote/", headers={"Accept": "application/json"}, REMOTE_ADDR=address)
    return int(answer.json()["votes"])


def test_many_names_at_one_address_are_one_voice(article: Article) -> None:
    comment, other = post(article), post(article)
    guests = [ReaderFactory() for _number in range(3)]
    assert [vote_as(guest, comment) for guest in guests] == [1, 1, 1]
    assert vote_as(ReaderFactory(), comment, "198.51.100.41") == 2
    assert vote_as(guests[0], other) == 1
    assert vote_as(guests[0], comment) == 2  # taken back: the next of them is heard
    assert vote_as(guests[1], comment) == 2
    assert vote_as(guests[2], comment) == 1


def test_a_household_with_accounts_is_heard_up_to_three(article: Article) -> None:
    comment = post(article)
    assert [vote_as(AccountFactory(), comment) for _number in range(5)] == [1, 2, 3, 3, 3]
    assert vote_as(ReaderFactory(), comment) == 3


@override_settings(SIGNAL_DAYS=0)
def test_where_no_signals_are_wanted_none_is_kept(article: Article) -> None:
    comment = post(article)
    assert [vote_as(ReaderFactory(), comment) for _number in range(2)] == [1, 2]
    assert not Vote.objects.exclude(origin="").exists()


def test_where_a_vote_came_from_cannot_be_followed_to_another_comment(article: Article) -> None:
    guest = ReaderFactory()
    for comment in (post(article), post(article)):
        vote_as(guest, comment)
    origins = set(Vote.objects.values_list("origin", flat=True))
    assert len(origins) == 2
    assert all(len(origin) == 32 for origin in origins)


def test_strangers_and_authors_do_not_recommend(client: Client, article: Article) -> None:
    account = AccountFactory()
    comment = post(article, reader=account)
    stranger = client.post(f"/comments/{comment.pk}/vote/")
    assert stranger.status_code == 422
    log_in = f"/accounts/login/?next={quote_plus(article.get_absolute_url())}%23c{comment.pk}"
    words = f'<a href="{log_in}">Log in</a>, or <a href="{article.get_absolute_url()}#write">post once under a name</a>'
    assert words in stranger.content.decode()
    told = client.post(f"/comments/{comment.pk}/vote/", headers={"Accept": "application/json"}).json()
    assert told["error"] == "Log in, or post once under a name, to recommend comments."
    assert words in told["html"]
    client.force_login(account.user)
    assert client.post(f"/comments/{comment.pk}/vote/").status_code == 422
    assert Vote.objects.count() == 0
