"""Sanctions: who may impose them, what they do to the next comment and to those before, and that lifting undoes it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from discussions import guests, posting, reports, votes
from discussions.models import Comment, Mail, Reader, State, User
from moderation import pipeline, sanctions
from moderation.models import Sanction, Score, Staff, Trust
from moderation.roles import NotAllowed
from tests.factories.discussions import AccountFactory
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import staff

pytestmark = pytest.mark.django_db

KIND = "Thank you for the careful report about the tram."


def impose(reader: Reader, by: User, kind: str, **more: object) -> Sanction:
    return sanctions.impose(kind=kind, by=by, reader=reader, reason_code="insult", **more)  # type: ignore[arg-type]


def test_a_banned_readers_next_comment_is_refused_with_the_reason(settled: Say, author: Reader, senior: User) -> None:
    impose(author, senior, "ban")
    comment = settled(KIND)
    assert comment.state == State.REJECTED
    assert "cannot take part" in comment.notices.get().words


def test_a_reader_to_be_looked_at_first_waits(settled: Say, author: Reader, senior: User) -> None:
    impose(author, senior, "premoderate")
    assert settled(KIND).state == State.HELD


def test_a_suspension_ends_by_itself(settled: Say, author: Reader, senior: User) -> None:
    made = impose(author, senior, "suspend", until=timezone.now() + timedelta(days=1))
    Sanction.objects.filter(pk=made.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert settled(KIND).state == State.PUBLISHED


def test_a_guest_under_another_name_with_the_same_address_is_met(
    article: object, quick_engine: None, author: Reader, senior: User
) -> None:
    impose(author, senior, "ban")
    again = guests.add(name="Somebody Else", email=author.email)
    comment = posting.post(article=article, reader=again, text=KIND)  # type: ignore[arg-type]
    pipeline.run()
    comment.refresh_from_db()
    assert comment.state == State.REJECTED


def test_a_domain_is_banned_for_everybody_in_it(settled: Say, author: Reader, senior: User) -> None:
    sanctions.impose(kind="ban", by=senior, domain="@Example.org", reason_code="spam")
    assert sanctions.felt_by(author) == "ban"
    assert sanctions.felt_by(guests.add(name="Far Away", email="far@example.net")) == ""


@pytest.mark.parametrize("kind", ["suspend", "ban"])
def test_somebody_shut_out_recommends_nothing(settled: Say, senior: User, client: Client, kind: str) -> None:
    comment, reader = settled(KIND), AccountFactory()
    until = timezone.now() + timedelta(days=1) if kind == "suspend" else None
    made = impose(reader, senior, kind, until=until)
    client.force_login(reader.user)
    address = reverse("vote", args=[comment.pk])
    answer = client.post(address, headers={"Accept": "application/json"})
    assert (answer.status_code, comment.votes.count()) == (403, 0)
    assert "cannot take part" in answer.json()["error"]
    assert "cannot recommend comments" in client.post(address).content.decode()
    sanctions.lift(made, by=senior)
    assert client.post(address, headers={"Accept": "application/json"}).json() == {"voted": True, "votes": 1}


def test_a_recommendation_given_before_can_be_taken_back(settled: Say, senior: User, client: Client) -> None:
    comment, reader = settled(KIND), AccountFactory()
    votes.add(comment=comment, by=reader)
    impose(reader, senior, "ban")
    client.force_login(reader.user)
    client.post(reverse("vote", args=[comment.pk]))
    assert comment.votes.count() == 0


def test_somebody_shut_out_reports_illegal_content_and_nothing_else(settled: Say, senior: User, client: Client) -> None:
    comment, reader = settled(KIND), AccountFactory()
    impose(reader, senior, "ban")
    client.force_login(reader.user)
    address = reverse("report", args=[comment.pk])
    refused = client.post(address, {"reason": "insult", "words": "Rude."})
    assert refused.status_code == 403
    assert "Only notices of illegal content are taken from you." in refused.content.decode()
    assert "Rude." in refused.content.decode()
    assert comment.reports.count() == 0
    client.post(address, {"reason": "illegal", "words": "It incites to violence.", "honest": "on"})
    assert [report.reason for report in comment.reports.all()] == ["illegal"]


def test_who_is_looked_at_first_or_warned_still_takes_part(settled: Say, senior: User) -> None:
    comment, reader = settled(KIND), AccountFactory()
    impose(reader, senior, "premoderate")
    impose(reader, senior, "warn")
    votes.add(comment=comment, by=reader)
    reports.save(comment=comment, by=reader, reason="insult")
    assert (comment.votes.count(), comment.reports.count()) == (1, 1)


def test_lifting_brings_back_the_comments_the_sanction_refused(settled: Say, author: Reader, senior: User) -> None:
    comments = [settled(f"{KIND} Part {n}.") for n in range(3)]
    made = impose(author, senior, "ban", refuse_comments=True)
    assert set(Comment.objects.values_list("state", flat=True)) == {State.REJECTED}
    results = sanctions.lift(made, by=senior)
    assert [r.done for r in results] == [True] * len(comments)
    assert set(Comment.objects.values_list("state", flat=True)) == {State.PUBLISHED}
    assert sanctions.felt_by(author) == ""
    assert sanctions.lift(made, by=senior) == []


def test_a_warning_is_mailed_and_taken_back_in_time(senior: User) -> None:
    reader = AccountFactory()
    made = impose(reader, senior, "warn", words="Please stay with the matter.")
    assert "stay with the matter" in Mail.objects.get(to=reader.user.email).body
    sanctions.lift(made, by=senior)
    assert not Mail.objects.filter(to=reader.user.email).exists()


def test_a_warning_is_in_the_readers_language_and_not_in_the_moderators(settled: Say, senior: User) -> None:
    reader = AccountFactory()
    comment = settled(KIND, reader=reader)
    Score.objects.filter(comment=comment).update(language="de")
    with translation.override("ar"):
        impose(reader, senior, "warn")
    assert "Das ist eine Verwarnung" in Mail.objects.get(to=reader.user.email).body


def test_moderators_do_not_sanction_and_colleagues_are_not_sanctioned(
    author: Reader, moderator: User, senior: User
) -> None:
    with pytest.raises(NotAllowed, match="senior"):
        impose(author, moderator, "warn")
    with pytest.raises(NotAllowed, match="colleague"):
        impose(moderator.reader, senior, "ban")
    with pytest.raises(NotAllowed, match="themselves"):
        impose(senior.reader, senior, "warn")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"kind": "suspend"}, "needs an end"),
        ({"kind": "exile"}, "what the sanction is"),
        ({"kind": "ban", "until": timezone.now() - timedelta(days=1)}, "in the past"),
        ({"kind": "ban", "domain": "not a domain", "reader": None}, "mail domain"),
        ({"kind": "ban", "reader": None}, "either a reader"),
        ({"kind": "ban", "reader": None, "domain": "example.org", "refuse_comments": True}, "leaves comments as they"),
    ],
)
def test_what_makes_no_sense_is_said_in_words(author: Reader, senior: User, more: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        sanctions.impose(**({"by": senior, "reader": author, "reason_code": "insult"} | more))  # type: ignore[arg-type]
    assert not Sanction.objects.exists()


def test_the_drawer_imposes_notes_and_lifts(senior_desk: object, author: Reader, senior: User) -> None:
    client = senior_desk
    page = f"/desk/readers/{author.pk}/"
    form = {"kind": "suspend", "days": "7", "reason": "insult", "scope": "reader", "existing": "keep"}
    assert client.post(f"{page}sanctions/", form).status_code == 302  # type: ignore[attr-defined]
    assert client.post(f"{page}notes/", {"text": "Twice this week."}).status_code == 302  # type: ignore[attr-defined]
    shown = client.get(page).content.decode()  # type: ignore[attr-defined]
    assert "suspended" in shown
    assert "Twice this week." in shown
    made = Sanction.objects.get()
    assert client.post(f"/desk/sanctions/{made.pk}/lift/").status_code == 302  # type: ignore[attr-defined]
    assert "lifted by sena" in client.get(page).content.decode()  # type: ignore[attr-defined]
    assert Staff.objects.count() == 1


def test_nobody_lifts_a_sanction_of_their_own(author: Reader, senior: User) -> None:
    made = sanctions.impose(kind="ban", by=senior, reason_code="insult", reader=author)
    own = staff("later@example.org", Staff.Role.SENIOR)
    Reader.objects.filter(user=own).delete()
    Reader.objects.filter(pk=author.pk).update(user=own, kind=Reader.Kind.ACCOUNT)
    made.refresh_from_db()
    with pytest.raises(NotAllowed):
        sanctions.lift(made, by=own)
    assert Sanction.objects.in_force().count() == 1


def until(client: Client, reader: Reader, day: str, days: str = "date") -> HttpResponse:
    form = {"kind": "suspend", "reason": "insult", "days": days, "until": day}
    return client.post(reverse("desk_sanction", args=[reader.pk]), form)  # type: ignore[return-value]


def test_a_suspension_until_a_day_ends_with_that_day(senior_desk: Client, author: Reader) -> None:
    last_day = timezone.localdate() + timedelta(days=45)
    assert until(senior_desk, author, last_day.isoformat()).status_code == 302
    ends = timezone.localtime(Sanction.objects.get().until)
    assert (ends.date(), ends.hour, ends.minute) == (last_day, 23, 59)
    drawer = senior_desk.get(reverse("desk_reader", args=[author.pk])).content.decode()
    assert f"until {last_day.day} {last_day:%b %Y}" in drawer


def test_a_day_left_over_from_another_choice_does_not_count(senior_desk: Client, author: Reader) -> None:
    assert until(senior_desk, author, "1999-01-01", days="7").status_code == 302
    assert Sanction.objects.get().until < timezone.now() + timedelta(days=8)


@pytest.mark.parametrize(
    ("days", "day", "says"),
    [
        ("date", "", "until which day"),
        ("date", "2027-02-30", "is no day of the calendar"),
        ("date", "next Friday <b>", "is no day of the calendar"),
        ("date", "275760-09-13", "is no day of the calendar"),
        ("date", "2001-01-01", "lies in the past"),
        ("date", "2226-01-01", "more than ten years ahead"),
        ("date", "9999-12-31", "more than ten years ahead"),
        ("5", "", "for how long"),
        ("", "2027-02-03", "needs an end"),
    ],
)
def test_a_day_that_makes_no_end_is_said_in_words(
    senior_desk: Client, author: Reader, days: str, day: str, says: str
) -> None:
    answer = until(senior_desk, author, day, days=days)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Sanction.objects.exists()


def test_a_domains_sanction_is_lifted_in_the_drawer_of_the_reader_it_was_seen_at(
    senior_desk: Client, author: Reader
) -> None:
    script = {"headers": {"HX-Request": "true"}}
    where = reverse("desk_sanction", args=[author.pk])
    imposed = senior_desk.post(where, {"kind": "ban", "reason": "spam", "scope": "domain"}, **script)
    assert imposed.status_code == 200
    made = Sanction.objects.get()
    assert made.domain == "example.org"
    lifted = senior_desk.post(reverse("desk_lift", args=[made.pk]), {"reader": author.pk}, **script).content.decode()
    assert f'data-reader-id="{author.pk}"' in lifted
    assert "lifted by" in lifted


@pytest.mark.parametrize(
    ("does", "data", "words"),
    [
        ("desk_sanction", {"kind": "ban", "reason": "insult", "existing": "refuse"}, "Ada Brook: banned"),
        ("desk_trust", {"words": "Writes for us."}, "Ada Brook: trusted"),
    ],
)
def test_a_measure_is_the_last_action_and_undone_like_any_other(
    senior_desk: Client, held: Comment, does: str, data: dict[str, str], words: str
) -> None:
    script = {"HX-Request": "true"}
    address = reverse(does, args=[held.reader_id])
    drawer = senior_desk.post(address, data, headers=script).content.decode()
    assert words in drawer
    page = senior_desk.get("/desk/").content.decode()
    assert words in page
    undo = re.search(r'action="([^"]+)" data-undo', page)
    assert undo
    told = senior_desk.post(undo[1], {"queue": "held"}, headers=script).content.decode()
    assert "Took it back" in told
    assert "data-undo" not in told
    held.refresh_from_db()
    assert held.state == State.HELD
    assert words not in senior_desk.get("/desk/").content.decode()
    assert not Sanction.objects.in_force().exists()
    assert not Trust.objects.filter(lifted_at=None).exists()
