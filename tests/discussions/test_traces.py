"""Keyed signals: what is kept, for how long, and whom they bring together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from discussions import tasks, traces
from discussions.models import Reader, Trace
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory

pytestmark = pytest.mark.django_db


def request(address: str = "203.0.113.7", agent: str = "Firefox") -> HttpRequest:
    return RequestFactory().get("/", REMOTE_ADDR=address, HTTP_USER_AGENT=agent, HTTP_ACCEPT_LANGUAGE="en")


def kinds(reader: Reader) -> dict[str, list[str]]:
    return {one.kind.value: sorted(r.name for r in one.readers) for one in traces.shared(reader)}


def test_readers_who_came_from_one_place_find_each_other() -> None:
    ada, bea, cy = ReaderFactory(email="ada@one.example"), ReaderFactory(email="bea@two.example"), ReaderFactory()
    traces.leave(request(), ada)
    traces.leave(request(agent="Safari"), bea)
    traces.leave(request(address="198.51.100.1"), cy)
    assert kinds(ada) == {"address": [bea.name]}
    traces.leave(request(), bea)
    assert kinds(ada) == {"address": [bea.name], "browser": [bea.name]}
    assert kinds(cy) == {}


def test_one_mailbox_under_many_addresses_is_one() -> None:
    one = ReaderFactory(email="ada.brook+first@mail.example")
    two = AccountFactory(user__email="adabrook@mail.example")
    for n, reader in enumerate((one, two)):
        traces.leave(request(address=f"198.51.100.{n}"), reader)
    assert kinds(one) == {"mailbox": [two.name], "domain": [two.name]}


def test_nothing_of_the_signal_itself_is_kept() -> None:
    reader = ReaderFactory(email="ada@example.org")
    traces.leave(request(), reader)
    assert Trace.objects.count() == 4
    for row in Trace.objects.values_list("kind", "digest"):
        assert len(row[1]) == 32
        assert not {"203.0.113.7", "ada", "example.org", "Firefox"} & set(row)


def test_another_key_makes_other_hashes(settings: object) -> None:
    before = traces.digest("address", "203.0.113.7")
    assert traces.digest("domain", "203.0.113.7") != before
    settings.SECRET_KEY = "another key altogether"  # type: ignore[attr-defined]
    assert traces.digest("address", "203.0.113.7") != before


def test_what_too_many_share_names_nobody() -> None:
    readers = [ReaderFactory(email=f"r{n}@big.example") for n in range(traces.MANY + 2)]
    for n, reader in enumerate(readers):
        traces.leave(request(address=f"198.51.100.{n}"), reader)
    [domain] = traces.shared(readers[0])
    assert (domain.kind, domain.readers, domain.many) == ("domain", [], True)


def test_coming_again_renews_and_staying_away_forgets(settings: object) -> None:
    reader = ReaderFactory()
    traces.leave(request(), reader)
    long_ago = timezone.now() - timedelta(days=31)
    Trace.objects.update(seen_at=long_ago)
    traces.leave(request(), reader)
    assert Trace.objects.count() == 4
    assert not Trace.objects.filter(seen_at=long_ago).exists()
    Trace.objects.filter(kind="domain").update(seen_at=long_ago)
    tasks.forget()
    assert set(Trace.objects.values_list("kind", flat=True)) == {"address", "browser", "mailbox"}
    settings.SIGNAL_DAYS = 0  # type: ignore[attr-defined]
    traces.leave(request(address="198.51.100.9"), reader)
    assert Trace.objects.count() == 3
    tasks.forget()
    assert not Trace.objects.exists()


def test_posting_and_signing_up_leave_traces(client: Client) -> None:
    article = ArticleFactory()
    words = {"text": "The tram was late again.", "name": "Ada Brook", "email": "ada@example.org"}
    client.post(reverse("post", args=[article.slug]), words, REMOTE_ADDR="203.0.113.7")
    guest = Reader.objects.get(name="Ada Brook")
    form = {"email": "bea@example.net", "password1": "a quiet evening", "name": "Bea Field"}
    Client().post(reverse("account_signup"), form, REMOTE_ADDR="203.0.113.7")
    assert kinds(guest) == {"address": ["Bea Field"]}
