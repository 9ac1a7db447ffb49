"""Recommendations: who is counted, and how many times."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from discussions import standing
from discussions.models import Comment, Reader, Vote
from discussions.refusals import Refused

MOST_ACCOUNTS = 3  # votes for one comment that count from one address


@transaction.atomic
def add(*, comment: Comment, by: Reader, origin: str = "") -> None:
    """Recommend a comment, once. Raises Refused for one's own, one that cannot be read, and for who is barred.

    `origin` stands for the network address. From one address `MOST_ACCOUNTS` accounts count, or one guest alone: a
    household is heard, a drawer full of names is not. The others' votes are kept, and count when one is taken back.
    """
    if comment.reader_id == by.pk:
        raise Refused("own", _("Others can recommend your comment; you cannot."))
    if comment.shown_revision is None:
        raise Refused("gone", _("This comment is no longer there."))
    if standing.is_barred(by):
        raise Refused(
            "barred", _("You cannot take part in the discussion at present, so you cannot recommend comments.")
        )
    _one_after_the_other(comment)
    vote = Vote(comment=comment, reader=by, origin=origin)
    vote.counted = _counts(vote)
    Vote.objects.bulk_create([vote], ignore_conflicts=True)
    _count_votes(comment)


@transaction.atomic
def take_back(*, comment: Comment, by: Reader) -> None:
    """Take a recommendation back."""
    _one_after_the_other(comment)
    vote = Vote.objects.filter(comment=comment, reader=by).first()
    if vote is not None:
        vote.delete()
        waiting = Vote.objects.filter(comment=comment, origin=vote.origin, counted=False).select_related("reader")
        following = next((other for other in waiting.order_by("id") if _counts(other)), None) if vote.counted else None
        if following is not None:
            Vote.objects.filter(pk=following.pk).update(counted=True)
    _count_votes(comment)


def _one_after_the_other(comment: Comment) -> None:
    """Two votes at the same moment must not both be the first from their address."""
    Comment.objects.select_for_update(of=("self",)).only("pk").get(pk=comment.pk)


def _counts(vote: Vote) -> bool:
    """Whether a vote, not counted yet, is one more voice."""
    if not vote.origin:
        return True
    heard = Vote.objects.filter(comment=vote.comment, origin=vote.origin, counted=True)
    if vote.reader.kind != Reader.Kind.ACCOUNT:
        return not heard.exists()
    return heard.filter(reader__kind=Reader.Kind.ACCOUNT).count() < MOST_ACCOUNTS


def _count_votes(comment: Comment) -> None:
    comment.upvotes = Vote.objects.filter(comment=comment, counted=True).count()
    Comment.objects.filter(pk=comment.pk).update(upvotes=comment.upvotes)
