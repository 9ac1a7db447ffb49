"""Hostile requests against the public side: forms without a token, others' things, forged headers, bursts, races."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core import signing
from django.test import Client, RequestFactory, override_settings
from django.urls import URLPattern, reverse

from discussions import following, limits, posting, refusals, votes
from discussions.models import Article, Comment, Follow, Reader, State
from discussions.urls import urlpatterns
from tests.factories.discussions import AccountFactory, ReaderFactory, post
from tests.waiting import at_once

WRITES = {
    "post", "edit", "delete", "vote", "report", "pick", "pin", "follow_article", "follow_comment", "mute",
    "change_follow", "confirm_again", "confirm_guest", "unsubscribe", "stop_digest", "forget",
    "forget_confirmed",
}  # fmt: skip
BY_MAIL_PROGRAMS = {"unsubscribe", "stop_digest"}  # they post there: the signed token in the address permits it
READS = {
    "home", "section", "article", "news", "article_feed", "feed", "counts", "comment", "replies", "reply", "standing",
    "reader", "me", "language",
}  # fmt: skip


def address_of(pattern: URLPattern, *, comment: Comment, follow: Follow) -> str:
    """The address of a view, with this comment, its author and article, and this follow in it."""
    values: dict[str, Any] = {"slug": comment.article.slug, "section": "s", "token": "1:forged:token", "code": "de"}
    values["pk"] = {"reader": comment.reader_id, "mute": comment.reader_id, "change_follow": follow.pk}.get(
        str(pattern.name), comment.pk
    )
    return reverse(str(pattern.name), kwargs={name: values[name] for name in pattern.pattern.converters})


def test_every_address_of_readers_is_known_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == READS | WRITES


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(WRITES - BY_MAIL_PROGRAMS))
def test_nothing_is_written_without_the_forms_token(article: Article, name: str) -> None:
    account = AccountFactory()
    comment = post(article, reader=account)
    follow = following.follow(reader=account, article=article)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(account.user)
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    assert strict.post(address_of(pattern, comment=comment, follow=follow), {"text": "Forged."}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(READS))
def test_what_only_reads_takes_no_post(article: Article, name: str) -> None:
    comment = post(article)
    follow = following.follow(reader=comment.reader, article=article)
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    assert Client().post(address_of(pattern, comment=comment, follow=follow)).status_code == 405


def stranger() -> Client:
    return Client()


def other_account() -> Client:
    client = Client()
    client.force_login(AccountFactory().user)
    return client


def other_guest() -> Client:
    client = Client()
    client.cookies["reader"] = signing.dumps(ReaderFactory().pk, salt="parley.guest")
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.PENDING, State.HELD, State.REJECTED, State.DELETED])
@pytest.mark.parametrize("who", [stranger, other_account, other_guest])
def test_a_comment_that_is_not_shown_is_nobody_elses_at_any_address(
    article: Article, who: Callable[[], Client], state: State
) -> None:
    comment = post(article, "Not for the others.", state=state)
    follow = following.follow(reader=comment.reader, article=article)
    version = comment.version
    for pattern in urlpatterns:
        if pattern.pattern.converters and str(pattern.pattern).startswith("comments/"):
            address = address_of(pattern, comment=comment, follow=follow)
            sent = {"text": "Forged.", "reason": "spam"}
            for answer in (who().get(address, follow=True), who().post(address, sent)):
                assert answer.status_code in {403, 404, 405}, address
                assert "Not for the others." not in answer.content.decode()
    comment.refresh_from_db()
    assert (comment.state, comment.version) == (state, version)


@pytest.mark.django_db
@pytest.mark.parametrize("who", [stranger, other_account, other_guest])
def test_what_is_shown_is_changed_by_its_author_alone(article: Article, who: Callable[[], Client]) -> None:
    comment = post(article)
    follow = following.follow(reader=comment.reader, article=article)
    for name in ("edit", "delete", "standing", "pick", "pin", "change_follow"):
        pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
        address = address_of(pattern, comment=comment, follow=follow)
        assert who().post(address, {"text": "Forged.", "stop": "1"}).status_code in {403, 404, 405}, name
    comment.refresh_from_db()
    assert (comment.state, comment.revision, comment.picked_at, comment.pinned_at) == (State.PUBLISHED, 1, None, None)
    assert Follow.objects.filter(pk=follow.pk).exists()


@pytest.mark.django_db
def test_fields_that_no_form_has_change_nothing(client: Client, article: Article) -> None:
    other = AccountFactory()
    extra = {
        "state": "published", "shown_revision": "1", "shown": "true", "reader": str(other.pk), "depth": "7",
        "reader_id": str(other.pk), "path": "{1}", "upvotes": "99", "best": "1", "picked_at": "2020-01-01",
        "pinned_at": "2020-01-01", "kind": "account", "user": str(other.user.pk),
        "email_confirmed_at": "2020-01-01", "is_staff": "1",
    }  # fmt: skip
    person = {"name": "Ada Brook", "email": "ada@example.org"}
    client.post(f"/articles/{article.slug}/comments/", {"text": "Only words.", **person, **extra})
    comment = Comment.objects.select_related("reader").get()
    assert (comment.state, comment.shown, comment.shown_revision) == (State.PENDING, False, None)
    assert (comment.depth, comment.path, comment.upvotes, comment.best) == (0, [], 0, 0)
    assert (comment.picked_at, comment.pinned_at) == (None, None)
    assert (comment.reader.name, comment.reader.kind) == ("Ada Brook", Reader.Kind.GUEST)
    assert (comment.reader.user, comment.reader.email_confirmed_at) == (None, None)


@pytest.mark.django_db
def test_a_branch_ends_at_its_depth_however_often_one_answers(article: Article) -> None:
    reader, parent = ReaderFactory(), None
    for number in range(31):
        parent = post(article, f"Level {number}.", reader=reader, parent=parent)
    with pytest.raises(refusals.Refused, match="depth"):
        post(article, "One too deep.", reader=reader, parent=parent)


def test_a_burst_at_the_same_moment_gets_no_more_than_its_share() -> None:
    who = f"burst:{signing.b62_encode(id(object()))}"
    allowed = at_once([lambda: limits.allowed("burst", who, per_minute=7)] * 20)
    assert sorted(allowed) == [False] * 13 + [True] * 7


def test_what_costs_more_is_done_less_often() -> None:
    who = f"cost:{signing.b62_encode(id(object()))}"
    assert [limits.allowed("cost", who, per_minute=7, cost=3) for _time in range(3)] == [True, True, False]
    assert limits.allowed("cost", who, per_minute=7)


@override_settings(LIMITS_REDIS_URL="redis://127.0.0.1:1/2")
def test_without_redis_the_door_narrows() -> None:
    limits._shared.cache_clear()
    limits._own.cache_clear()
    try:
        allowed = [limits.allowed("narrow", "somebody", per_minute=6) for _time in range(6)]
    finally:
        limits._shared.cache_clear()
    assert allowed == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.1", "192.0.2.1"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 203.0.113.1, 10.0.0.2", "203.0.113.1"),
        (1, "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        (1, "no address", "unknown"),
    ],
)
def test_an_address_is_what_trusted_proxies_say(rf: RequestFactory, proxies: int, forwarded: str, seen: str) -> None:
    request = rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.1")
    with override_settings(TRUSTED_PROXIES=proxies):
        assert limits.client_address(request) == seen


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_turned_away(client: Client) -> None:
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_five_times_at_once_posts_once(article: Article) -> None:
    reader, key = ReaderFactory(), "11111111-2222-4333-8444-555555555555"

    def act() -> int:
        return posting.post(article=article, reader=reader, text="Once.", form_key=key).pk  # type: ignore[arg-type]

    made = at_once([act] * 5)
    assert len(made) == 5
    assert len(set(made)) == Comment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_votes_from_one_address_at_once_are_one_voice(article: Article) -> None:
    comment = post(article)

    def act(guest: Reader) -> object:
        return votes.add(comment=Comment.objects.get(pk=comment.pk), by=guest, origin="a" * 32)

    at_once([partial(act, ReaderFactory()) for _number in range(5)])
    comment.refresh_from_db()
    assert (comment.votes.count(), comment.upvotes) == (5, 1)
