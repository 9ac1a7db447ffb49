"""Editors' picks and pins: comments lifted above the thread by the people who run the site.

A pick is quoted above the first page. A pin keeps its branch and stands first in every order. Both are on record
with the name of who did it, and the same call takes them back.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from discussions import states
from discussions.models import Article, Comment, Highlight, User
from discussions.refusals import Refused

MOST_PINS = 3  # per article


@transaction.atomic
def toggle(*, comment: Comment, by: User) -> bool:
    """Make a comment a pick, or end that. Pages that show it are made anew. Returns whether it is a pick now."""
    states.lock_threads([comment.article_id])
    picked = Comment.objects.filter(pk=comment.pk, picked_at=None).update(picked_at=timezone.now())
    if not picked:
        Comment.objects.filter(pk=comment.pk).update(picked_at=None)
    _record(comment, Highlight.Kind.PICK, begins=bool(picked), by=by)
    return bool(picked)


@transaction.atomic
def toggle_pin(*, comment: Comment, by: User) -> bool:
    """Pin a comment to the top of its thread, or end that. Returns whether it is pinned now.

    Raises Refused for an answer ("not_a_root"), for one that cannot be read ("gone"), and where `MOST_PINS` others
    are pinned already ("pins"). A pin that can no longer be read gives its place up.
    """
    states.lock_threads([comment.article_id])
    if Comment.objects.filter(pk=comment.pk).exclude(pinned_at=None).update(pinned_at=None):
        _record(comment, Highlight.Kind.PIN, begins=False, by=by)
        return False
    if comment.parent_id is not None:
        raise Refused("not_a_root", _("Only a comment that starts a thread can be pinned."))
    if not Comment.objects.readable().filter(pk=comment.pk).exists():
        raise Refused("gone", _("This comment is no longer there."))
    pinned = Comment.objects.filter(article=comment.article_id, pinned_at__isnull=False)
    for lost in pinned.filter(shown_revision=None):
        _record(lost, Highlight.Kind.PIN, begins=False, by=by)
    pinned.filter(shown_revision=None).update(pinned_at=None)
    if pinned.count() >= MOST_PINS:
        raise Refused(
            "pins", _("%(most)d comments are pinned here already. Take one down first.") % {"most": MOST_PINS}
        )
    Comment.objects.filter(pk=comment.pk).update(pinned_at=timezone.now())
    _record(comment, Highlight.Kind.PIN, begins=True, by=by)
    return True


def _record(comment: Comment, kind: Highlight.Kind, *, begins: bool, by: User) -> None:
    """Put it on record, and let no page made before be shown again."""
    Highlight.objects.create(
        comment_id=comment.pk, article_id=comment.article_id, kind=kind, begins=begins, by_id=by.pk, by_name=by.email
    )
    Article.objects.filter(pk=comment.article_id).update(thread_version=F("thread_version") + 1)
