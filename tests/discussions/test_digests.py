"""One mail a day about all that one follows once a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from discussions import following, forgetting
from discussions.models import Article, Follow, Mail, Reader, State
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, move, post

pytestmark = pytest.mark.django_db

SITE = "https://talk.example.org"
A_DAY = timedelta(hours=25)


@pytest.fixture(autouse=True)
def _mail_in_the_database():
    with override_settings(EMAIL_BACKEND="discussions.mail.OutboxBackend", SITE_URL=SITE):
        yield


@pytest.fixture
def account() -> Reader:
    return AccountFactory()


def daily(reader: Reader, article: Article, **more) -> Follow:
    return following.follow(reader=reader, article=article, pace=Follow.Pace.DAILY, **more)


def later(how_long: timedelta = A_DAY) -> None:
    """As if everything had been told that much longer ago."""
    for follow in Follow.objects.all():
        Follow.objects.filter(pk=follow.pk).update(told_at=follow.told_at - how_long)
    for reader in Reader.objects.exclude(digest_at=None):
        Reader.objects.filter(pk=reader.pk).update(digest_at=reader.digest_at - how_long)


def stop_link(follow: Follow) -> str:
    return f"{SITE}/unsubscribe/{following.stop_token(follow)}/"


def test_all_that_is_followed_once_a_day_comes_in_one_mail(account: Reader) -> None:
    trams, library = ArticleFactory(title="The tram comes back"), ArticleFactory(title="The library opens")
    mine = post(library, "My question.", reader=account)
    follows = [daily(account, trams), daily(account, library), daily(account, library, comment=mine)]
    post(trams, "About trams.", reader=ReaderFactory(name="Bo Lind"))
    post(library, "An answer.", parent=mine)
    post(library, "Beside it.")
    later()
    assert following.tell_due() == 1
    mail = Mail.objects.get()
    assert mail.subject == "Once a day: what is new in 2 discussions"
    assert mail.body.index("New in: The tram comes back") < mail.body.index("Bo Lind:\nAbout trams.")
    assert "New answers to your comment\nThe library opens\n" in mail.body
    assert all(stop_link(follow) in mail.body for follow in follows)


def test_what_has_nothing_new_is_not_in_it(account: Reader) -> None:
    quiet, loud = ArticleFactory(title="Nothing happens here"), ArticleFactory()
    daily(account, quiet)
    daily(account, loud)
    post(loud)
    later()
    assert following.tell_due() == 1
    mail = Mail.objects.get()
    assert mail.subject == "Once a day: what is new in 1 discussion"
    assert "Nothing happens here" not in mail.body


def test_there_is_no_second_one_on_the_same_day(account: Reader) -> None:
    first, second = ArticleFactory(), ArticleFactory()
    daily(account, first)
    later(timedelta(hours=13))
    daily(account, second)
    post(first)
    later(timedelta(hours=12))
    assert following.tell_due() == 1
    post(second, "The news of the afternoon.")
    later(timedelta(hours=13))
    assert following.tell_due() == 0, "the second follow is a day old, the last mail is not"
    later(timedelta(hours=12))
    assert following.tell_due() == 1
    assert "The news of the afternoon." in Mail.objects.latest("pk").body
    later()
    assert following.tell_due() == 0


def test_what_is_told_at_once_keeps_a_mail_of_its_own(account: Reader) -> None:
    first, second = ArticleFactory(title="At once"), ArticleFactory(title="Once a day")
    following.follow(reader=account, article=first)
    daily(account, second)
    post(first)
    post(second)
    later()
    assert following.tell_due() == 2
    at_once, digest = Mail.objects.order_by("pk")
    assert at_once.subject == "New in: At once"
    assert "Once a day" not in at_once.body
    assert "New in: At once" not in digest.body


def test_each_reader_gets_their_own(account: Reader) -> None:
    article = ArticleFactory()
    other = AccountFactory(language="de")
    daily(account, article)
    daily(other, article)
    post(article)
    later()
    assert following.tell_due() == 2
    told = {mail.to: mail.subject for mail in Mail.objects.all()}
    assert told[account.user.email] == "Once a day: what is new in 1 discussion"
    assert told[other.user.email] == "Einmal am Tag: Neues in 1 Diskussion"


def test_what_is_approved_late_comes_the_next_day(account: Reader) -> None:
    article = ArticleFactory()
    daily(account, article)
    slow = post(article, "Held for a while.", state=State.HELD)
    later()
    assert following.tell_due() == 0
    move(slow, State.PUBLISHED)
    later()
    assert following.tell_due() == 1
    assert "Held for a while." in Mail.objects.get().body


def test_the_button_of_the_mail_program_ends_the_mail_of_the_day_and_nothing_else(account: Reader) -> None:
    first, second, third = ArticleFactory(), ArticleFactory(title="Quiet so far"), ArticleFactory()
    daily(account, first)
    daily(account, second)
    at_once = following.follow(reader=account, article=third)
    of_another = daily(AccountFactory(), first)
    post(first)
    later()
    following.tell_due()
    headers = Mail.objects.get(to=account.user.email).headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>").removeprefix(SITE)
    stranger = Client(enforce_csrf_checks=True)
    page = stranger.get(address).content.decode()
    assert "Quiet so far" in page
    assert Follow.objects.count() == 4
    for _twice in range(2):
        assert "No more mail of the day" in stranger.post(address).content.decode()
    assert set(Follow.objects.all()) == {at_once, of_another}


def test_a_part_of_it_is_stopped_alone(account: Reader, client: Client) -> None:
    first, second = daily(account, ArticleFactory()), daily(account, ArticleFactory())
    page = client.get(f"/digest/{following.digest_token(account)}/").content.decode()
    link = stop_link(first).removeprefix(SITE)
    assert f'href="{link}"' in page
    client.post(link)
    assert Follow.objects.get() == second


@pytest.mark.parametrize("forged", ["1:forged:token", "stop"])
def test_another_token_ends_nothing(account: Reader, client: Client, forged: str) -> None:
    follow = daily(account, ArticleFactory())
    token = following.stop_token(follow) if forged == "stop" else forged
    assert client.post(f"/digest/{token}/").status_code == 404
    assert client.post(f"/unsubscribe/{following.digest_token(account)}/").status_code == 404
    assert Follow.objects.get() == follow


def test_whoever_is_forgotten_leaves_no_time_of_a_mail(account: Reader) -> None:
    Reader.objects.filter(pk=account.pk).update(digest_at=timezone.now())
    forgetting.forget(account, comments=forgetting.KEEP)
    assert Reader.objects.get(pk=account.pk).digest_at is None


def test_a_link_that_was_cut_off_does_not_say_that_all_has_ended(client: Client, account: Reader) -> None:
    token = following.digest_token(account)
    for answer in (client.get(f"/digest/{token[:-3]}/"), client.post(f"/digest/{token[:-3]}/")):
        page = answer.content.decode()
        assert "incomplete" in page
        assert "You follow nothing" not in page
