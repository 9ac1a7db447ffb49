"""What must never be is refused by the database itself, whichever code tries it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from discussions.models import (
    Article,
    Comment,
    Follow,
    Highlight,
    Mute,
    OutboxEntry,
    Reader,
    Report,
    Revision,
    State,
    Trace,
    User,
    Vote,
)
from moderation.models import Appeal, Decision, Escalation, Note, Policy, QueueItem, Sanction, Staff, Trust
from moderation.models.api_key import ApiKey, ApiKeyUsage, Suggestion
from moderation.models.desk import Tally, Undoable
from moderation.policy import DEFAULT_RULES
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, UserFactory, post
from tests.factories.moderation import scored

pytestmark = pytest.mark.django_db


@dataclass
class World:
    """Sound rows, for a test to bring one of them out of order."""

    article: Article
    published: Comment
    reply: Comment
    held: Comment
    pending: Comment
    reader: Reader
    user: User


@pytest.fixture
def world() -> World:
    article = ArticleFactory()
    published = post(article)
    account = AccountFactory()
    return World(
        article=article,
        published=published,
        reply=post(article, parent=published),
        held=post(article, state=State.HELD),
        pending=post(article, state=State.PENDING),
        reader=account,
        user=account.user,
    )


def change(row: models.Model, **fields: object) -> None:
    """Past every check in Python."""
    assert type(row)._default_manager.filter(pk=row.pk).update(**fields) == 1


def add(model: type[models.Model], *, times: int = 1, **fields: object) -> None:
    model._default_manager.bulk_create([model(**fields) for _ in range(times)])


def decided(w: World, **wrong: object) -> None:
    sound: dict[str, Any] = {
        "comment_id": w.held.pk, "article_id": w.article.pk, "reader_id": w.held.reader_id, "revision": 1,
        "actor": "machine", "action": "hold", "from_state": "pending", "to_state": "held",
    }  # fmt: skip
    add(Decision, **(sound | wrong))


def sanctioned(w: World, **wrong: object) -> None:
    add(Sanction, **({"kind": "ban", "reader": w.reader, "reason_code": "spam"} | wrong))


def lit(**wrong: object) -> None:
    add(Highlight, **({"comment_id": 1, "article_id": 1, "kind": "pick", "begins": True, "by_id": 1} | wrong))


VIOLATIONS: dict[str, Callable[[World], object]] = {
    "article_mode_is_known": lambda w: change(w.article, mode="ajar"),
    "article_has_a_title": lambda w: change(w.article, title=""),
    "comment_state_is_known": lambda w: change(w.held, state="lost"),
    "comment_depth_is_capped": lambda w: change(w.reply, depth=31),
    "comment_roots_have_depth_0": lambda w: change(w.published, depth=1),
    "comment_only_roots_are_pinned": lambda w: change(w.reply, pinned_at=timezone.now()),
    "comment_shows_a_revision_it_has": lambda w: change(w.held, shown_revision=2, shown=True),
    "comment_published_shows_its_newest": lambda w: change(w.published, revision=2),
    "comment_refused_shows_nothing": lambda w: change(w.published, state="rejected"),
    "comment_place_is_kept_while_needed": lambda w: change(w.reply, shown=False),
    "revision_numbers_are_unique": lambda w: add(Revision, comment=w.held, number=1, text="x", html="x", sha256="x"),
    "revision_numbers_start_at_1": lambda w: add(Revision, comment=w.held, number=0, text="x", html="x", sha256="x"),
    "vote_once": lambda w: add(Vote, times=2, comment=w.published, reader=w.reader),
    "mute_once": lambda w: add(Mute, times=2, reader=w.reader, muted=w.held.reader),
    "mute_somebody_else": lambda w: add(Mute, reader=w.reader, muted=w.reader),
    "follow_once": lambda w: add(Follow, times=2, reader=w.reader, article=w.article),
    "follow_pace_is_known": lambda w: add(Follow, reader=w.reader, article=w.article, pace="hourly"),
    "report_once_per_revision": lambda w: add(
        Report, times=2, comment=w.published, reader=w.reader, reason="spam", revision=1
    ),
    "report_reason_is_known": lambda w: add(Report, comment=w.published, reason="dull", revision=1),
    "highlight_kind_is_known": lambda _: lit(kind="star"),
    "outbox_once_per_revision": lambda w: add(OutboxEntry, comment=w.pending, revision=1, chars=1),
    "outbox_claimed_has_a_token": lambda w: change(w.pending.outbox.get(), attempts=1),
    "user_email_once_whatever_the_case": lambda w: add(User, email=w.user.email.upper(), password="x"),
    "reader_account_has_a_user": lambda w: change(w.held.reader, kind="account"),
    "reader_has_a_name": lambda w: change(w.reader, name=""),
    "reader_account_names_are_unique": lambda w: change(AccountFactory(), name_key=w.reader.name_key),
    "trace_once_a_reader": lambda w: add(Trace, times=2, reader=w.reader, kind="address", digest="d"),
    "api_key_per_second_is_positive": lambda _: add(ApiKey, name="a", digest="d", hint="h", per_second=0),
    "api_key_per_day_is_positive": lambda _: add(ApiKey, name="a", digest="d", hint="h", per_day=0),
    "api_key_name_once_in_use": lambda _: [add(ApiKey, name="a", digest=d, hint="h") for d in "de"],
    "api_key_usage_once_per_day": lambda _: add(ApiKeyUsage, times=2, key=a_key(), day=date(2026, 1, 31)),
    "suggestion_once_per_key_and_token": lambda _: add(
        Suggestion, times=2, key=a_key(), community="c", token="t", text="x", scores={}
    ),
    "appeal_outcome_and_end_go_together": lambda w: appealed(w, outcome="upheld"),
    "appeal_says_why": lambda w: appealed(w, words=""),
    "decision_person_is_named": lambda w: decided(w, actor="person"),
    "decision_undo_names_what_it_reverses": lambda w: decided(w, action="undo"),
    "decision_refusal_has_a_reason": lambda w: decided(
        w, actor="person", actor_id=1, version_seen=1, action="reject", to_state="rejected"
    ),
    "tally_changes_something": lambda _: add(Tally, name="held", n=0),
    "note_says_something": lambda w: add(Note, reader=w.reader, text=""),
    "escalation_open_once_per_comment": lambda w: add(Escalation, times=2, comment=w.held, words="Look."),
    "undoable_once": lambda w: add(Undoable, times=2, by=w.user, entry="1"),
    "policy_versions_start_at_1": lambda _: add(Policy, version=0, rules=DEFAULT_RULES),
    "queue_once_per_comment_and_kind": lambda w: add(
        QueueItem, times=2, comment=w.held, kind="held", article=w.article
    ),
    "queue_lease_has_an_end": lambda w: add(QueueItem, comment=w.held, kind="held", article=w.article, lease_by=w.user),
    "sanction_kind_is_known": lambda w: sanctioned(w, kind="stare"),
    "sanction_of_a_reader_or_a_domain": lambda w: sanctioned(w, domain="spam.example"),
    "sanction_suspension_ends": lambda w: sanctioned(w, kind="suspend"),
    "sanction_has_a_reason": lambda w: sanctioned(w, reason_code=""),
    "score_once_per_revision_and_weights": lambda w: [scored(w.held, {"toxicity": 0.5}) for _ in range(2)],
    "staff_role_is_known": lambda _: add(Staff, user=UserFactory(), role=11),
    "trust_once_a_reader": lambda w: add(Trust, times=2, reader=w.reader, words="Always kind."),
    "trust_says_why": lambda w: add(Trust, reader=ReaderFactory(), words=""),
}


def a_key() -> ApiKey:
    return ApiKey.objects.create(name="a", digest="d", hint="h")


def appealed(w: World, **wrong: object) -> None:
    add(Appeal, **({"comment": w.held, "reader": w.reader, "decision_id": 1, "words": "I meant it kindly."} | wrong))


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_database_refuses(name: str, world: World) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        VIOLATIONS[name](world)
    cause = refused.value.__cause__
    assert isinstance(cause, psycopg.Error)
    assert cause.diag.constraint_name == name


def test_every_constraint_is_tried() -> None:
    declared = {
        constraint.name
        for label in ("discussions", "moderation")
        for model in apps.get_app_config(label).get_models()
        for constraint in model._meta.constraints
    }
    assert declared == set(VIOLATIONS)
