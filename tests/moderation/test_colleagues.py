"""Colleagues are shown by the name on their account, never by their address, and no two alike."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from discussions.models import Comment, User
from moderation import bulk, colleagues, decisions, insight, queue, rules, sanctions, trust
from moderation.models import Appeal, Escalation, Note, QueueItem, Staff
from tests.factories.discussions import AccountFactory, UserFactory
from tests.moderation.desk import *  # noqa: F403

pytestmark = pytest.mark.django_db

ADDRESS = "c.quill@example.org"


@pytest.fixture
def cleo() -> User:
    """A senior colleague with a name that is not in her address."""
    user: User = UserFactory(email=ADDRESS, is_staff=True)
    AccountFactory(user=user, name="Cleo Ashdown")
    Staff.objects.create(user=user, role=Staff.Role.EDITOR)
    return user


@pytest.fixture
def nameless() -> User:
    """A colleague whose account has no public name."""
    user: User = UserFactory(email="x.nobody@example.org", is_staff=True)
    Staff.objects.create(user=user, role=Staff.Role.MODERATOR)
    return user


def refuse(comment: Comment, by: User) -> None:
    decisions.by_person(
        comment_id=comment.pk, action="reject", by=by, version_seen=comment.version, reason_code="insult"
    )


def test_without_a_name_it_is_the_number_of_the_account(cleo: User, nameless: User) -> None:
    assert colleagues.name_of(cleo) == "Cleo Ashdown"
    assert colleagues.name_of(nameless) == f"colleague {nameless.pk}"
    assert colleagues.names([cleo.pk, None, nameless.pk]) == {
        cleo.pk: "Cleo Ashdown", nameless.pk: f"colleague {nameless.pk}",
    }  # fmt: skip
    assert colleagues.name_of(None) == "a former colleague"


def test_no_two_accounts_have_one_name(cleo: User) -> None:
    with pytest.raises(IntegrityError):
        AccountFactory(name="Сleo Ashdown")  # the first letter is Cyrillic


@pytest.mark.parametrize("address", ["desk_comment", "desk_record", "desk_queue", "desk_insight", "desk_reader"])
def test_no_page_of_the_desk_names_a_colleague_by_address(
    address: str,
    desk: Client,
    held: Comment,
    cleo: User,
    moderator: User,
) -> None:
    Escalation.objects.create(comment=held, by=cleo, by_name=ADDRESS, to=cleo, words="Please look.")
    Note.objects.create(reader=held.reader, by=cleo, by_name=ADDRESS, text="Seen before.")
    given = trust.give(reader=held.reader, words="Known.", by=cleo)
    trust.take_back(given, by=cleo)
    sanction = sanctions.impose(kind="warn", by=cleo, reader=held.reader, reason_code="insult", words="")
    sanctions.lift(sanction, by=cleo)
    queue.claim(QueueItem.objects.get(comment=held), by=cleo)
    Staff.objects.filter(user=moderator).update(role=Staff.Role.SENIOR)
    shown = {
        "desk_comment": [held.pk], "desk_reader": [held.reader_id], "desk_queue": ["held"],
    }.get(address)  # fmt: skip
    before = desk.get(reverse(address, args=shown)).content.decode()
    refuse(Comment.objects.get(pk=held.pk), cleo)
    if address == "desk_queue":
        shown = ["rejected"]
    after = desk.get(reverse(address, args=shown)).content.decode()
    for page in (before, after):
        assert "c.quill" not in page
    assert "Cleo Ashdown" in after
    if address == "desk_comment":
        assert "Cleo Ashdown is looking at it" in before
        assert "asks Cleo Ashdown" in before
    if address == "desk_reader":
        assert "lifted by Cleo Ashdown" in before
        assert "taken back by Cleo Ashdown" in before


def test_an_answered_appeal_and_the_policy_name_whom_they_are_by(
    desk: Client,
    held: Comment,
    cleo: User,
    moderator: User,
) -> None:
    refuse(held, moderator)
    made = Appeal.objects.create(
        comment=held, reader=held.reader, decision_id=decisions.Decision.objects.latest("pk").pk, words="Why?"
    )
    Appeal.objects.filter(pk=made.pk).update(
        outcome="upheld", closed_by=cleo, closed_by_name=ADDRESS, closed_at=made.created_at, answer="No."
    )
    rules.change({"banned_words": ["x"]}, by=cleo, note="Try", seen_version=rules.Policy.objects.in_force().version)
    for page in (reverse("desk_comment", args=[held.pk]), reverse("desk_rules")):
        text = desk.get(page).content.decode()
        assert "Cleo Ashdown" in text
        assert "c.quill" not in text


def test_the_colleague_asked_and_the_colleague_who_was_first(
    held: Comment,
    desk: Client,
    cleo: User,
    nameless: User,
) -> None:
    page = desk.get(reverse("desk_comment", args=[held.pk])).content.decode()
    for user in (cleo, nameless):
        assert f'<option value="{user.pk}">{colleagues.name_of(user)}</option>' in page
    refuse(held, nameless)
    told = desk.get(reverse("desk_live"), {"ids": f"{held.pk}:{held.version}"}).json()["gone"]
    assert told[str(held.pk)]["who"] == f"colleague {nameless.pk}"
    [result] = bulk.act([(held.pk, held.version)], action="approve", by=cleo, batch=uuid4())
    assert f"colleague {nameless.pk} was first" in result.words
    assert [row[0] for row in insight.of("day").people.rows] == [f"colleague {nameless.pk}"]
