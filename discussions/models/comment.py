"""Comments, their revisions and states. Legal state changes are declared here and nowhere else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from discussions.models.reader import Reader

MAX_DEPTH = 30


class State(models.TextChoices):
    """Where a comment's newest revision stands. "Reported", "new" and "approved" are queries, not states."""

    PENDING = "pending", _("waiting to be scored")
    PUBLISHED = "published", _("published")
    HELD = "held", _("waiting for a person")
    REJECTED = "rejected", _("refused")
    DELETED = "deleted", _("deleted by its author")


# Who may move a comment from where to where. Every change is a compare-and-set (discussions/states.py).
POLICY_MOVES: dict[State, set[State]] = {State.PENDING: {State.PUBLISHED, State.HELD, State.REJECTED}}
REJUDGE_MOVES: dict[State, set[State]] = {State.HELD: {State.PUBLISHED, State.HELD, State.REJECTED}}
PERSON_MOVES: dict[State, set[State]] = {
    State.HELD: {State.PUBLISHED, State.REJECTED},
    State.PUBLISHED: {State.REJECTED, State.HELD, State.PUBLISHED},
    State.REJECTED: {State.PUBLISHED, State.HELD, State.REJECTED},
    State.PENDING: {State.PUBLISHED, State.REJECTED},
}
AUTHOR_MOVES: dict[State, set[State]] = {
    state: {State.DELETED, State.PENDING} for state in State if state != State.DELETED
}


class CommentQuerySet(models.QuerySet["Comment"]):
    def readable(self) -> CommentQuerySet:
        """Comments whose text every reader sees."""
        return self.filter(shown_revision__isnull=False)

    def waiting_of(self, reader: Reader) -> CommentQuerySet:
        """One reader's own comments that others cannot read (yet), oldest first."""
        return self.filter(reader=reader, state__in=[State.PENDING, State.HELD, State.REJECTED]).order_by("id")


class Comment(models.Model):
    """One place in a thread. The words are in its revisions.

    `revision` numbers the newest revision, the one `state` speaks of. `shown_revision` numbers the one readers see:
    after an edit that is the earlier one until the new one is decided; it is empty where nothing may be read.
    `shown` is true where the thread has to keep the place: readable itself, or with a shown reply (a tombstone).
    `appeared` is the article's `thread_version` with which readers saw it last come: what is new on a page made before.
    `first_appeared` is the one with which it came first, and 0 until then: whom it is news for.
    `replies` counts the direct replies that are shown. `path` holds the ancestors' ids, root first.
    """

    article = models.ForeignKey("discussions.Article", models.CASCADE, related_name="comments", db_index=False)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children", db_index=False)
    depth = models.PositiveSmallIntegerField(default=0)
    path = ArrayField(models.BigIntegerField(), default=list)
    reader = models.ForeignKey("discussions.Reader", models.PROTECT, related_name="comments", db_index=False)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    revision = models.PositiveIntegerField(default=1)
    shown_revision = models.PositiveIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)
    shown = models.BooleanField(default=False)
    appeared = models.PositiveBigIntegerField(default=0, db_default=0)
    first_appeared = models.PositiveBigIntegerField(default=0, db_default=0)
    replies = models.PositiveIntegerField(default=0)
    upvotes = models.PositiveIntegerField(default=0)
    best = models.FloatField(default=0.0)
    refused_by_person = models.BooleanField(default=False)
    picked_at = models.DateTimeField(null=True)
    pinned_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    form_key = models.UUIDField(null=True, unique=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [
            models.Index(
                "article",
                F("best").desc(),
                F("id").desc(),
                name="root_best",
                condition=Q(parent__isnull=True, shown=True),
            ),
            models.Index("article", F("id").desc(), name="root_newest", condition=Q(parent__isnull=True, shown=True)),
            models.Index(
                "article",
                F("replies").desc(),
                F("id").desc(),
                name="root_discussed",
                condition=Q(parent__isnull=True, shown=True),
            ),
            models.Index(
                "parent",
                F("best").desc(),
                F("id").desc(),
                name="kid_best",
                condition=Q(parent__isnull=False, shown=True),
            ),
            models.Index("parent", F("id").desc(), name="kid_newest", condition=Q(parent__isnull=False, shown=True)),
            models.Index(
                "parent",
                F("replies").desc(),
                F("id").desc(),
                name="kid_discussed",
                condition=Q(parent__isnull=False, shown=True),
            ),
            models.Index("parent", name="kid_any"),
            models.Index("article", F("id").desc(), name="comment_of_article"),
            models.Index("reader", F("id").desc(), name="comment_of_reader"),
            models.Index("article", "appeared", name="comment_appeared", condition=Q(shown_revision__isnull=False)),
            models.Index(
                "article",
                F("picked_at").desc(),
                name="comment_picked",
                condition=Q(picked_at__isnull=False, shown_revision__isnull=False),
            ),
            models.Index("article", name="comment_pinned", condition=Q(pinned_at__isnull=False)),
            models.Index("id", name="comment_pending", condition=Q(state="pending")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="comment_state_is_known"),
            models.CheckConstraint(condition=Q(depth__lte=MAX_DEPTH), name="comment_depth_is_capped"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, depth=0) | Q(parent__isnull=False, depth__gt=0),
                name="comment_roots_have_depth_0",
            ),
            models.CheckConstraint(
                condition=Q(pinned_at__isnull=True) | Q(parent__isnull=True), name="comment_only_roots_are_pinned"
            ),
            models.CheckConstraint(
                condition=Q(shown_revision__isnull=True) | Q(shown_revision__lte=F("revision"), shown_revision__gte=1),
                name="comment_shows_a_revision_it_has",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(shown_revision__isnull=False, shown_revision=F("revision")),
                name="comment_published_shows_its_newest",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["rejected", "deleted"]) | Q(shown_revision__isnull=True),
                name="comment_refused_shows_nothing",
            ),
            models.CheckConstraint(
                condition=Q(shown=True, shown_revision__isnull=False)
                | Q(shown=True, replies__gt=0)
                | Q(shown=False, shown_revision__isnull=True, replies=0),
                name="comment_place_is_kept_while_needed",
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("comment", args=[self.pk])


class Revision(models.Model):
    """The words of one version of a comment, separately erasable from every record of decisions."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    text = models.TextField()
    html = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [
            models.UniqueConstraint(fields=["comment", "number"], name="revision_numbers_are_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="revision_numbers_start_at_1"),
        ]

    def __str__(self) -> str:
        return f"comment {self.comment_id} revision {self.number}"

    @staticmethod
    def hash_of(text: str) -> str:
        """SHA-256 of the text in UTF-8, as hex."""
        return hashlib.sha256(text.encode()).hexdigest()
