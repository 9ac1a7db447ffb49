"""Mail about what is new, and readers one does not want to read."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote_plus
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from discussions import following
from discussions.models import Article, Follow, Mail, Mute, OutboxEntry, Reader, State
from discussions.views import following as following_views
from tests.factories.discussions import AccountFactory, ReaderFactory, move, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_in_the_database")]


def wait(follow: Follow, how_long: timedelta) -> None:
    """As if the reader had been told that long ago."""
    Follow.objects.filter(pk=follow.pk).update(told_at=timezone.now() - how_long)


def test_a_follower_is_told_once_of_what_is_new(article: Article) -> None:
    account = AccountFactory()
    post(article, "Old news.")
    follow = following.follow(reader=account, article=article)
    post(article, "Fresh *news*.", reader=ReaderFactory(name="Bo Lind"))
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 1
    mail = Mail.objects.get()
    assert mail.to == account.user.email
    assert "Bo Lind:\nFresh news." in mail.body
    assert "Old news." not in mail.body
    assert "You asked to be told what is new in this discussion. To get one mail a day instead, or none" in mail.body
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 0


def test_nobody_is_told_of_their_own_words_or_of_unpublished_ones(article: Article) -> None:
    account = AccountFactory()
    follow = following.follow(reader=account, article=article)
    post(article, "My own.", reader=account)
    post(article, "Held.", state=State.HELD)
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 0
    assert Mail.objects.count() == 0


def test_answers_to_one_comment_are_told_without_the_rest(article: Article) -> None:
    account = AccountFactory()
    mine = post(article, reader=account)
    follow = following.follow(reader=account, article=article, comment=mine)
    beside = following.follow(reader=AccountFactory(), article=article, comment=mine)
    post(article, "Beside it.")
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 0
    post(article, "An answer.", parent=mine)
    wait(beside, timedelta(minutes=2))
    assert following.tell_due() == 2
    told = {mail.to: mail for mail in Mail.objects.all()}
    assert told[account.user.email].subject == "New answers to your comment"
    assert told[beside.reader.user.email].subject == "New answers to a comment you follow"
    assert all("An answer." in mail.body and "Beside it." not in mail.body for mail in told.values())


def test_what_is_approved_late_is_still_told(article: Article) -> None:
    follow = following.follow(reader=AccountFactory(), article=article)
    slow = post(article, "Held for a while.", state=State.HELD)
    post(article, "Published at once.")
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 1
    assert "Held for a while." not in Mail.objects.latest("pk").body
    move(slow, State.PUBLISHED)
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 1
    assert "Held for a while." in Mail.objects.latest("pk").body
    assert "Published at once." not in Mail.objects.latest("pk").body
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 0


def test_once_a_day_is_once_a_day(article: Article) -> None:
    follow = following.follow(reader=AccountFactory(), article=article, pace=Follow.Pace.DAILY)
    post(article)
    wait(follow, timedelta(hours=23))
    assert following.tell_due() == 0
    wait(follow, timedelta(hours=25))
    assert following.tell_due() == 1


def test_an_unconfirmed_address_gets_only_the_question(client: Client, article: Article) -> None:
    post_as_guest(client, article)
    client.post(f"/articles/{article.slug}/follow/")
    question = Mail.objects.get()
    follow = Follow.objects.get()
    post(article, "Something new.")
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 0
    link = re.search(r"https://talk\.example\.org(\S+)", question.body)[1]
    assert "Yes, it is mine" in client.get(link).content.decode()
    assert Reader.objects.get(name="Ada").email_confirmed_at is None
    client.post(link)
    post(article, "And more.")
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 1


def test_a_guest_whose_address_was_erased_is_not_told_of_a_mail_that_cannot_come(
    client: Client, article: Article
) -> None:
    post_as_guest(client, article)
    Reader.objects.update(email="", email_confirmed_at=None)
    Mail.objects.all().delete()
    answer = client.post(f"/articles/{article.slug}/follow/", {"pace": "daily"}, follow=True)
    assert "yours has been erased" in answer.content.decode()
    page = client.get("/me/").content.decode()
    assert "Send me the link" not in page
    assert client.post("/confirm/").status_code == 302
    assert not Follow.objects.exists()
    assert not Mail.objects.exists()


def test_nobodys_address_is_flooded_with_questions(article: Article) -> None:
    address = f"{uuid4().hex}@example.org"
    for _visitor in range(6):
        client = Client()
        sent = {"text": "Hello from Bea.", "name": "Bea", "email": address}
        client.post(f"/articles/{article.slug}/comments/", sent)
        client.post(f"/articles/{article.slug}/follow/")
    assert 0 < Mail.objects.filter(to=address).count() <= 2


def test_a_mailbox_is_asked_a_few_times_a_day_however_its_address_is_spelt(
    article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_views, "MAILS_PER_MINUTE", 100)
    monkeypatch.setattr(following_views, "MAILS_PER_DAY", 3)
    name = uuid4().hex
    for visitor in range(5):
        client = Client()
        sent = {"text": "Hello from Bea.", "name": "Bea", "email": f"{name[:5]}.{name[5:]}+{visitor}@example.org"}
        client.post(f"/articles/{article.slug}/comments/", sent)
        page = client.post(f"/articles/{article.slug}/follow/", follow=True).content.decode()
        assert ("several times today" in page) == (visitor > 2)
    assert Mail.objects.count() == 3


def post_as_guest(client: Client, article: Article) -> None:
    sent = {"text": "Hello from Ada.", "name": "Ada", "email": "ada@example.org"}
    client.post(f"/articles/{article.slug}/comments/", sent)


def test_following_again_stops(client: Client, article: Article) -> None:
    client.force_login(AccountFactory().user)
    for expected in (1, 0):
        client.post(f"/articles/{article.slug}/follow/")
        assert Follow.objects.count() == expected


def test_mail_once_a_day_can_be_chosen_where_one_follows(client: Client, article: Article) -> None:
    comment = post(article)
    client.force_login(AccountFactory().user)
    for page, address in (
        (article.get_absolute_url(), f"/articles/{article.slug}/follow/"),
        (comment.get_absolute_url(), f"/comments/{comment.pk}/follow/"),
    ):
        choice = f'<button form="act" formaction="{address}" name="pace" value="daily" aria-pressed="%s">'
        assert choice % "false" in client.get(page).content.decode()
        client.post(address, {"pace": "daily"}, headers={"Referer": f"http://testserver{page}"})
        body = client.get(page).content.decode()
        assert choice % "true" in body
        assert "You will get one mail a day" in body
    assert list(Follow.objects.values_list("pace", flat=True)) == ["daily", "daily"]


def test_choosing_again_changes_how_often_and_never_ends_it(client: Client, article: Article) -> None:
    client.force_login(AccountFactory().user)
    for sent, expected in (
        ({"pace": "daily"}, ["daily"]),
        ({"pace": "daily"}, ["daily"]),
        ({"pace": "at_once"}, ["at_once"]),
        ({"stop": "1"}, []),
        ({"stop": "1"}, []),
    ):
        client.post(f"/articles/{article.slug}/follow/", sent)
        assert list(Follow.objects.values_list("pace", flat=True)) == expected


def test_a_guest_without_a_confirmed_address_chooses_too(client: Client, article: Article) -> None:
    post_as_guest(client, article)
    client.post(f"/articles/{article.slug}/follow/", {"pace": "daily"})
    assert Follow.objects.get().pace == "daily"
    assert Mail.objects.get().subject == "Is this your address?"


def test_a_stranger_is_told_what_to_do_first(client: Client, article: Article) -> None:
    other = ReaderFactory()
    comment, page = post(article), article.get_absolute_url()
    for address, log_in, write in (
        (f"{page}follow/", page, f"{page}#write"),
        (f"/comments/{comment.pk}/follow/", comment.get_absolute_url(), f"{page}#write"),
        (f"/readers/{other.pk}/mute/", "/", "/"),
        ("/confirm/", "/", "/"),
    ):
        answer = client.post(address, headers={"Referer": f"http://testserver{page}"})
        assert answer.status_code == 403
        body = answer.content.decode()
        assert f'<a href="/accounts/login/?next={quote_plus(log_in)}">Log in</a>, or ' in body
        assert f'<a href="{write}">post once under a name</a>' in body
        assert f'href="http://testserver{page}"' in body
    assert Follow.objects.count() == 0
    assert Session.objects.count() == 0


@override_settings(POSTS_PER_MINUTE=3)
def test_following_and_muting_are_paced(client: Client, article: Article) -> None:
    client.force_login(AccountFactory().user)
    other = ReaderFactory()
    answers = [client.post(f"/readers/{other.pk}/mute/", REMOTE_ADDR="198.51.100.21").status_code for _time in range(5)]
    assert (answers[0], answers[-1]) == (302, 429)


def test_nobody_changes_the_follow_of_another(client: Client, article: Article) -> None:
    follow = following.follow(reader=AccountFactory(), article=article)
    client.force_login(AccountFactory().user)
    assert client.post(f"/follows/{follow.pk}/", {"stop": "1"}).status_code == 404
    assert Follow.objects.count() == 1


def test_the_pace_is_changed_on_ones_own_page(client: Client, article: Article) -> None:
    account = AccountFactory()
    follow = following.follow(reader=account, article=article)
    client.force_login(account.user)
    client.post(f"/follows/{follow.pk}/", {"pace": "daily"})
    assert Follow.objects.get().pace == "daily"


def test_what_was_begun_first_and_saved_last_is_told(article: Article) -> None:
    """A comment's number is given when it is begun; it may be saved after a later one is there for all to read."""
    follow = following.follow(reader=AccountFactory(), article=article)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('discussions_comment', 'id'))")
        (number,) = cursor.fetchone()
    post(article, "Begun later.")
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 1
    slow = post(article, "Begun first.")
    OutboxEntry.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("UPDATE discussions_revision SET comment_id = %s WHERE comment_id = %s", [number, slow.pk])
        cursor.execute("UPDATE discussions_comment SET id = %s WHERE id = %s", [number, slow.pk])
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 1
    assert "Begun first." in Mail.objects.latest("pk").body


def test_what_was_hidden_and_comes_back_is_no_news(article: Article) -> None:
    follow = following.follow(reader=AccountFactory(), article=article)
    comment = post(article, "Refused by mistake.")
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 1
    move(move(comment, State.REJECTED), State.PUBLISHED)
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 0


def test_an_answer_that_is_followed_apart_is_told_once(article: Article) -> None:
    account = AccountFactory()
    mine = post(article, reader=account)
    follows = [following.follow(reader=account, article=article, comment=comment) for comment in (None, mine)]
    post(article, "An answer.", parent=mine)
    for follow in follows:
        wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 1
    assert Mail.objects.get().subject == "New answers to your comment"


def test_the_muted_are_not_in_the_mail(article: Article) -> None:
    account, noisy = AccountFactory(), ReaderFactory()
    Mute.objects.create(reader=account, muted=noisy)
    follow = following.follow(reader=account, article=article)
    post(article, reader=noisy)
    wait(follow, timedelta(minutes=2))
    assert following.tell_due() == 0


def test_one_click_in_the_mail_ends_it_without_a_login(article: Article) -> None:
    follow = following.follow(reader=AccountFactory(), article=article)
    post(article)
    wait(follow, timedelta(minutes=2))
    following.tell_due()
    headers = Mail.objects.get().headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>").removeprefix("https://talk.example.org")
    stranger = Client(enforce_csrf_checks=True)
    assert Follow.objects.count() == 1
    stranger.get(address)
    assert Follow.objects.count() == 1
    assert stranger.post(address).status_code == 200
    assert Follow.objects.count() == 0
    assert stranger.post(address).status_code == 200
