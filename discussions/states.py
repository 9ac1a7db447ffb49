"""The one way a comment changes its state. Everything a thread shows follows in the same transaction.

A change is a compare-and-set on (revision, state, version): whoever comes second changes nothing and is told.
Callers that change several comments in one transaction call `lock_threads` first, so that two of them never wait
for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models
from django.db.models import F

from discussions.models import Article, Comment, State

_LOCK_CLASS = 0x7041  # this application's advisory locks on threads


class IllegalMove(Exception):
    """A state change that no table in models/comment.py allows: a programming error, never user input."""


@dataclass(frozen=True, slots=True)
class Place:
    """All of a comment that a state change may touch; what undo needs to put back."""

    state: str
    shown_revision: int | None
    refused_by_person: bool

    @classmethod
    def of(cls, comment: Comment) -> Place:
        return cls(comment.state, comment.shown_revision, comment.refused_by_person)


def lock_threads(article_ids: Iterable[int]) -> None:
    """Serialise changes to these threads until the transaction ends. Sorted, so that callers cannot deadlock."""
    with connection.cursor() as cursor:
        for article_id in sorted(set(article_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, article_id % 2**31])


def target(comment: Comment, to: State, *, by_person: bool) -> Place:
    """What the comment's place becomes when its newest revision moves to `to`.

    Readers keep seeing the last published revision while a newer one is pending or held for scoring; a person who
    takes a published comment back to `held` takes it out of sight.
    """
    refused = comment.refused_by_person
    if to == State.PUBLISHED:
        return Place(to, comment.revision, False if by_person else refused)
    if to in {State.REJECTED, State.DELETED}:
        return Place(to, None, True if by_person and to == State.REJECTED else refused)
    earlier = comment.shown_revision if comment.shown_revision != comment.revision else None
    return Place(to, earlier, refused)


def move(
    comment: Comment,
    place: Place,
    *,
    allowed: dict[State, set[State]],
    edited_at: datetime | None = None,
    new_revision: int | None = None,
) -> bool:
    """Put the comment into `place` if nobody has changed it since it was read. Returns whether it happened.

    `comment` is updated to what the database now holds. Must run inside a transaction.
    """
    if place.state not in allowed.get(State(comment.state), set()):
        raise IllegalMove(f"{comment}: {comment.state} → {place.state}")
    fresh = {
        "state": place.state,
        "shown_revision": place.shown_revision,
        "refused_by_person": place.refused_by_person,
        "version": comment.version + 1,
        "revision": new_revision or comment.revision,
        "edited_at": edited_at or comment.edited_at,
    }
    readable = place.shown_revision is not None
    replied_to = models.ExpressionWrapper(models.Q(replies__gt=0), output_field=models.BooleanField())
    lock_threads([comment.article_id])
    before = comment.shown_revision
    was_shown = Comment.objects.values_list("shown", flat=True).get(pk=comment.pk)
    changed = Comment.objects.filter(
        pk=comment.pk, revision=comment.revision, state=comment.state, version=comment.version
    ).update(**fresh, shown=True if readable else replied_to)
    if not changed:
        return False
    for name, value in fresh.items():
        setattr(comment, name, value)
    comment.refresh_from_db(fields=["shown", "replies"])
    if comment.shown != was_shown:
        _tell_ancestors(comment)
    if before != place.shown_revision:
        Article.objects.filter(pk=comment.article_id).update(
            comment_count=F("comment_count") + int(readable) - int(before is not None),
            thread_version=F("thread_version") + 1,
        )
        if before is None:
            version = Article.objects.filter(pk=comment.article_id).values("thread_version")[:1]
            first = models.Case(
                models.When(first_appeared=0, then=models.Subquery(version)), default=F("first_appeared")
            )
            Comment.objects.filter(pk=comment.pk).update(appeared=models.Subquery(version), first_appeared=first)
    return True


def _tell_ancestors(comment: Comment) -> None:
    """Count the comment in or out at its parent, and so on up while a tombstone appears or goes."""
    child, step = comment, 1 if comment.shown else -1
    still_needed = models.ExpressionWrapper(
        models.Q(shown_revision__isnull=False) | models.Q(replies__gt=1), output_field=models.BooleanField()
    )
    while child.parent_id is not None:
        Comment.objects.filter(pk=child.parent_id).update(
            replies=F("replies") + step,
            shown=True if step > 0 else still_needed,
        )
        child = Comment.objects.only("parent_id", "shown_revision", "replies").get(pk=child.parent_id)
        tombstone_came_or_went = child.shown_revision is None and child.replies == max(step, 0)
        if not tombstone_came_or_went:
            return
