"""A comment comes in: checked, saved as pending with its outbox row in one transaction, scoring woken.

Everything here raises Refused with words for the reader; nothing typed is thrown away by the callers.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from discussions import lookups, markup, states, wake
from discussions.models import Article, Comment, OutboxEntry, Reader, Revision, State
from discussions.models.comment import AUTHOR_MOVES, MAX_DEPTH
from discussions.refusals import Refused

log = structlog.get_logger(__name__)

ESTABLISHED = 3  # published comments that make a newcomer a regular
MOST_TO_CLEAN = 4  # times what is allowed: so much longer may be typed than what is left once it is cleaned


def checked_text(text: str) -> str:
    """The text as it is stored. Raises Refused "empty" or "too_long" (COMMENT_MAX_CHARS, in code points)."""
    if len(text) <= MOST_TO_CLEAN * settings.COMMENT_MAX_CHARS:  # megabytes are refused unread
        text = markup.clean(text)
        if markup.is_blank(text):
            raise Refused("empty", _("There is nothing to post yet. Write something first."))
    if len(text) > settings.COMMENT_MAX_CHARS:
        raise Refused(
            "too_long",
            _("This is %(length)d characters long; %(most)d fit. Shorten it, or post it in two parts.")
            % {"length": len(text), "most": settings.COMMENT_MAX_CHARS},
        )
    return text


@transaction.atomic
def post(
    *, article: Article, reader: Reader, text: str, parent: Comment | None = None, form_key: UUID | None = None
) -> Comment:
    """Save a new comment as pending. The same `form_key` a second time gives the comment it made the first time.

    Raises Refused ("closed", "empty", "too_long", "gone", "depth", "links", "duplicate").
    """
    if (earlier := _made_with(form_key, reader)) is not None:
        return earlier
    text = checked_text(text)
    if not article.is_open():
        raise Refused(
            "closed", _("This discussion is closed: no new comments. Your text is kept here for you to copy.")
        )
    if parent is not None:
        _check_parent(article, parent)
    _check_links(reader, text)
    try:
        _check_repeat(article, reader, text)
    except Refused:
        if (twin := _made_with(form_key, reader)) is not None:  # the same form, sent a moment before this one
            return twin
        raise
    try:
        with transaction.atomic():
            comment = Comment.objects.create(
                article=article,
                reader=reader,
                parent=parent,
                depth=parent.depth + 1 if parent else 0,
                path=[*parent.path, parent.pk] if parent else [],
                form_key=form_key,
            )
    except IntegrityError:
        if (twin := _made_with(form_key, reader)) is not None:
            return twin
        raise Refused("form_used", _("This form was already used. Reload the page and post again.")) from None
    save_revision(comment, text)
    return comment


def _made_with(form_key: UUID | None, reader: Reader) -> Comment | None:
    """The comment that this reader has made with this form, if any."""
    return None if form_key is None else Comment.objects.filter(form_key=form_key, reader=reader).first()


def save_revision(comment: Comment, text: str) -> None:
    """Write the comment's newest revision and its outbox row, and wake scoring once the transaction is safe."""
    Revision.objects.create(
        comment=comment, number=comment.revision, text=text, html=markup.render(text), sha256=Revision.hash_of(text)
    )
    OutboxEntry.objects.create(comment=comment, revision=comment.revision, chars=len(text))
    transaction.on_commit(partial(wake.send, "moderation.score_pending"), robust=True)


def _check_parent(article: Article, parent: Comment) -> None:
    if parent.article_id != article.pk or parent.shown_revision is None:
        raise Refused("gone", _("The comment you are answering is no longer there. Post this as a comment of its own?"))
    if parent.depth >= MAX_DEPTH:
        raise Refused("depth", _("This branch is as deep as it goes. Answer a comment further up."))


def _check_links(reader: Reader, text: str) -> None:
    """Refuse more than NEWCOMER_LINKS links by somebody with fewer than `ESTABLISHED` published comments."""
    most = settings.NEWCOMER_LINKS
    if most < 0 or "http" not in text.lower():
        return
    found = len(markup.links(text))
    if found > most and Comment.objects.readable().filter(reader=reader)[:ESTABLISHED].count() < ESTABLISHED:
        said = _(
            "Too many links for a newcomer: %(found)d in this, %(most)d at most. Leave some out and post it again."
        )
        raise Refused("links", said % {"found": found, "most": most})


def _check_repeat(article: Article, reader: Reader, text: str) -> None:
    """Refuse the same words by the same reader on the same article within ten minutes."""
    since = timezone.now() - timedelta(minutes=10)
    if lookups.said_since(since, reader_id=reader.pk, article_id=article.pk, sha256=Revision.hash_of(text)):
        raise Refused("duplicate", _("You have just posted exactly this. It is there already, or waiting to appear."))


def is_mendable(comment: Comment) -> bool:
    """Whether its age allows an edit: held and refused comments can always be repaired, others for a time."""
    age = timezone.now() - comment.created_at
    return comment.state in {State.HELD, State.REJECTED} or age <= timedelta(seconds=settings.EDIT_WINDOW_SECONDS)


def check_editable(comment: Comment, by: Reader) -> None:
    """Raise Refused ("not_yours", "window", "closed") where this reader cannot edit it, whatever they write."""
    if comment.reader_id != by.pk or comment.state == State.DELETED:
        raise Refused("not_yours", _("Only its author can edit a comment."))
    if not is_mendable(comment):
        raise Refused("window", _("The time to edit this comment is over. You can answer it instead."))
    if not comment.article.is_open():
        raise Refused("closed", _("This discussion is closed, so comments can no longer be edited."))


@transaction.atomic
def edit(*, comment: Comment, text: str, by: Reader) -> Comment:
    """Save a new revision as pending; what readers see stays until it is decided.

    Raises Refused ("not_yours", "window", "empty", "too_long", "closed", "links", "changed").
    """
    check_editable(comment, by)
    text = checked_text(text)
    current = Revision.objects.get(comment=comment, number=comment.revision)
    if current.text == text:
        return comment
    _check_links(by, text)
    place = states.target(comment, State.PENDING, by_person=False)
    place = states.Place(State.PENDING, comment.shown_revision, place.refused_by_person)
    moved = states.move(
        comment, place, allowed=AUTHOR_MOVES, edited_at=timezone.now(), new_revision=comment.revision + 1
    )
    if not moved:
        raise Refused("changed", _("The comment changed while you were writing. Look at it and try again."))
    OutboxEntry.objects.filter(comment=comment, revision__lt=comment.revision).delete()
    save_revision(comment, text)
    return comment


@transaction.atomic
def delete(*, comment: Comment, by: Reader) -> None:
    """Take one's own comment away; replies keep their place under a tombstone. Raises Refused."""
    if comment.reader_id != by.pk:
        raise Refused("not_yours", _("Only its author can delete a comment."))
    if comment.state == State.DELETED:
        return
    if not states.move(comment, states.target(comment, State.DELETED, by_person=False), allowed=AUTHOR_MOVES):
        raise Refused("changed", _("The comment changed just now. Look at it and try again."))
    OutboxEntry.objects.filter(comment=comment).delete()
