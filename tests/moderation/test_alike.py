"""Near-duplicates: found whatever was changed to hide them, never by chance, and shown where a person decides."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from discussions import posting
from discussions.models import Comment, Section, User
from moderation import alike, reconcile
from moderation.models import Likeness
from tests.factories.discussions import ReaderFactory
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import staff

pytestmark = pytest.mark.django_db

SPAM = "Buy your winter tyres at Rondo's, the best prices in the whole of the valley, free fitting until Sunday!"
CHANGED = "Buy your winter tyres at Rondos - the best prices in the whole of the valley. Free fitting until Monday!!"
OTHER = "The council has not said a word about who pays for the second platform once the works are finished."


def test_small_changes_and_disguises_stay_alike_and_other_words_do_not() -> None:
    mine = alike.runs(SPAM)
    assert alike.share(mine, alike.runs(CHANGED)) >= alike.ALIKE
    assert alike.share(mine, alike.runs(SPAM.upper().replace("I", "1"))) >= alike.ALIKE
    assert alike.share(mine, alike.runs(OTHER)) < 0.1
    assert set(alike.bands(mine)) & set(alike.bands(alike.runs(CHANGED)))
    assert not set(alike.bands(mine)) & set(alike.bands(alike.runs(OTHER)))


def test_short_agreement_is_no_copy() -> None:
    assert alike.runs("Well said, I could not agree more.") == set()
    assert alike.share(set(), set()) == 0.0


def test_marks_are_the_same_in_every_process() -> None:
    assert alike.bands({"winte", "inter"})[:2] == [-8661954301790649728, 6792667954349143215]


@pytest.fixture
def copies(settled: Say) -> list[Comment]:
    """Three readers with nearly the same words, and a fourth with others."""
    texts = (SPAM, CHANGED, SPAM + " Really.", OTHER)
    return [settled(text, reader=ReaderFactory()) for text in texts]


def counts(comments: list[Comment], by: User) -> list[int]:
    found = alike.by_others([c.pk for c in comments], by)
    return [found.get(c.pk, 0) for c in comments]


def test_each_knows_how_many_others_wrote_alike(copies: list[Comment], moderator: User) -> None:
    assert counts(copies, moderator) == [2, 2, 2, 0]


def test_ones_own_repetition_is_not_by_others(copies: list[Comment], settled: Say, moderator: User) -> None:
    settled(SPAM + " Truly.", reader=copies[0].reader)
    assert counts(copies, moderator) == [2, 2, 2, 0]


def test_what_is_edited_or_deleted_is_alike_no_more(copies: list[Comment], moderator: User) -> None:
    posting.delete(comment=copies[2], by=copies[2].reader)
    assert counts(copies[:2], moderator) == [1, 1]
    assert not Likeness.objects.filter(comment=copies[2]).exists()
    alike.keep(copies[0], OTHER)
    assert counts(copies, moderator) == [1, 0, 0, 1]


def test_a_text_between_two_groups_brings_them_together(settled: Say, moderator: User) -> None:
    one, two = (settled(text, reader=ReaderFactory()) for text in (SPAM, CHANGED))
    Likeness.objects.filter(comment=two).update(kin=Likeness.objects.get(comment=two).kin + 1)
    assert counts([one, two], moderator) == [0, 0]
    three = settled(SPAM + " Hurry.", reader=ReaderFactory())
    assert counts([one, two, three], moderator) == [2, 2, 2]


def test_the_card_and_the_row_say_how_many_and_lead_to_all_of_them(desk: Client, copies: list[Comment]) -> None:
    page = desk.get(reverse("desk_comment", args=[copies[0].pk]), {"queue": "new"}).content.decode()
    assert "2 alike by others" in page
    row = next(r for r in re.findall(r'<li class="row.*?</li>', page, re.S) if f'data-id="{copies[0].pk}"' in r)
    assert "2 alike" in row
    link = re.search(r'class="alike" href="([^"]+)"', page)
    assert link
    listed = desk.get(link[1]).content.decode()
    assert {int(pk) for pk in re.findall(r'class="row[^>]*data-id="(\d+)"', listed)} == {c.pk for c in copies[:3]}
    assert 'name="item"' in listed
    assert "alike by others" not in desk.get(reverse("desk_comment", args=[copies[3].pk])).content.decode()


def test_copies_in_another_section_are_not_told_of(copies: list[Comment]) -> None:
    user = staff("sid@example.org")
    user.desk.sections.add(Section.objects.create(name="Sport", slug="sport"))
    assert counts(copies, user) == [0, 0, 0, 0]
    assert alike.others(copies[0], user) == []


def test_marks_are_forgotten_when_their_time_is_over(copies: list[Comment], settings: object) -> None:
    reconcile.reconcile()
    assert Likeness.objects.count() == 4
    old = timezone.now() - timedelta(days=31)
    Likeness.objects.filter(comment=copies[0]).update(created_at=old)
    reconcile.reconcile()
    assert set(Likeness.objects.values_list("comment", flat=True)) == {c.pk for c in copies[1:]}
    settings.LIKENESS_DAYS = 0  # type: ignore[attr-defined]
    reconcile.reconcile()
    assert not Likeness.objects.exists()
    assert alike.keep(copies[0], SPAM) is None
