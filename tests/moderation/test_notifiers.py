"""Whoever gave a notice of illegal content learns what was decided on it, unless it is taken back at once."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import override_settings
from django.utils import timezone

from discussions import mail, reports
from discussions.models import Comment, Mail, Reader, Report, State, User
from moderation import decisions
from moderation.models import Action
from tests.factories.discussions import AccountFactory
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_in_the_database():
    with override_settings(EMAIL_BACKEND="discussions.mail.OutboxBackend", SITE_URL="https://talk.example.org"):
        yield


def noticed(comment: Comment, *, by: Reader | None = None, reason: str = "illegal", address: str | None = None) -> str:
    """A notice with an address of its own; returns the address."""
    given = f"{uuid4().hex}@example.org" if address is None else address
    reader = by or AccountFactory()
    reports.save(comment=comment, by=reader, reason=reason, words="See the law.", notifier=("A Lawyer", given))
    return given


def decide(comment: Comment, by: User, action: Action) -> int:
    comment.refresh_from_db()
    decision = decisions.by_person(
        comment_id=comment.pk, action=action, by=by, version_seen=comment.version,
        reason_code="insult" if action == Action.REJECT else "", words="Private words for the author.",
    )  # fmt: skip
    return decision.pk


def told(address: str) -> list[Mail]:
    return list(Mail.objects.filter(to=address, headers__has_key="X-Parley-Decision"))


@pytest.mark.parametrize(
    ("action", "said"),
    [(Action.REJECT, "taken the comment down"), (Action.APPROVE, "found no reason to take the comment down")],
)
def test_the_outcome_is_mailed_once_it_can_no_longer_be_taken_back_at_once(
    settled: Say, moderator: User, action: Action, said: str
) -> None:
    comment = settled("I like the tram.")
    address = noticed(comment)
    decide(comment, moderator, action)
    (sent,) = told(address)
    assert said in sent.body
    assert f"https://talk.example.org/comments/{comment.pk}/" in sent.body
    assert str(Report.objects.get().pk) in sent.subject
    assert sent.available_at > timezone.now() + mail.TAKE_BACK_TIME / 2
    for typed in ("See the law", "A Lawyer", "Private words", "tram"):
        assert typed not in sent.body


def test_a_decision_that_is_undone_tells_nobody_and_the_next_one_does(settled: Say, moderator: User) -> None:
    comment = settled("I like the tram.")
    address = noticed(comment)
    decisions.undo(decision_id=decide(comment, moderator, Action.REJECT), by=moderator)
    assert told(address) == []
    decide(comment, moderator, Action.APPROVE)
    assert len(told(address)) == 1
    comment.refresh_from_db()
    assert comment.state == State.PUBLISHED


def test_an_undo_that_is_undone_tells_what_stands_then(settled: Say, moderator: User) -> None:
    comment = settled("I like the tram.")
    address = noticed(comment)
    back = decisions.undo(decision_id=decide(comment, moderator, Action.REJECT), by=moderator)
    decisions.undo(decision_id=back.pk, by=moderator)
    (sent,) = told(address)
    assert "taken the comment down" in sent.body


def test_other_reports_and_notices_without_an_address_are_answered_by_no_mail(settled: Say, moderator: User) -> None:
    comment = settled("I like the tram.")
    spam = noticed(comment, reason="spam")
    noticed(comment, address="")
    before = Mail.objects.count()
    decide(comment, moderator, Action.REJECT)
    assert told(spam) == []
    assert Mail.objects.count() == before


def test_the_mail_is_in_the_language_of_who_gave_the_notice(settled: Say, moderator: User) -> None:
    comment = settled("I like the tram.")
    reader = AccountFactory(language="de")
    address = noticed(comment, by=reader)
    decide(comment, moderator, Action.REJECT)
    assert "Ein Mensch hat ihn sich angesehen und ihn entfernt." in told(address)[0].body
