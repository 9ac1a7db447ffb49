"""A comment comes in: checked, saved as pending with its outbox row in one transaction, scoring woken.

Everything here raises Refused with words for the reader; nothing typed is thrown away by the callers.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _

from discussions import accounts, languages, lookups, mail, markup, names, receipts, standing, states, wake
from discussions.models import Article, Comment, OutboxEntry, Reader, Report, Revision, State, Vote
from discussions.models.comment import AUTHOR_MOVES, MAX_DEPTH

log = structlog.get_logger(__name__)

ESTABLISHED = 3  # published comments that make a newcomer a regular
MOST_ACCOUNTS = 3  # votes for one comment that count from one address
MOST_TO_CLEAN = 4  # times what is allowed: so much longer may be typed than what is left once it is cleaned


class Refused(Exception):
    """Something a reader asked for is not possible. `message` says why and what to do; `code` is for programs.

    A message that holds links is marked as safe; all others are escaped where they are shown.
    """

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


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


def guest(*, name: str, email: str, back: str = "/") -> Reader:
    """Save a guest reader. Raises Refused where the name or the address belongs to somebody else or is malformed.

    `back` is the page to which those come back who are asked to log in.
    """
    name = " ".join(markup.clean(name[: MOST_TO_CLEAN * 60]).split())
    email = email.strip().lower()
    if len(name) > 60:
        raise Refused("name_too_long", _("The name is too long: 60 characters fit."))
    if not names.key(name):
        raise Refused("name_missing", _("Give a name, so that others can answer you."))
    _check_address(email)
    check_guest(name=name, email=email, back=back)
    return Reader.objects.create(kind=Reader.Kind.GUEST, name=name, email=email, language=languages.active())


def guest_of_form(form_key: UUID | None, *, name: str, email: str) -> Reader | None:
    """The guest who posted with this very form a moment ago under this name and address: it was sent twice."""
    if form_key is None:
        return None
    theirs = Reader.objects.filter(kind=Reader.Kind.GUEST, name=name, email=email)
    return theirs.filter(comments__form_key=form_key).first()


def give_address(reader: Reader, *, email: str, back: str = "/") -> None:
    """Save the address that a guest gives anew, whose earlier one was erased. Raises Refused as `guest` does."""
    email = email.strip().lower()
    _check_address(email)
    check_guest(name=reader.name, email=email, back=back)
    reader.email, reader.email_confirmed_at = email, None
    reader.save(update_fields=["email", "email_confirmed_at"])


def _check_address(email: str) -> None:
    try:
        validate_email(email)
        if len(email) > 254:
            raise ValidationError(email)
        mail.check_sendable(email)
    except ValidationError:
        raise Refused("email_malformed", _("Give an e-mail address like name@example.org. It is not shown.")) from None


def check_guest(*, name: str, email: str, back: str = "/") -> None:
    """Raise Refused where a guest's name or address is somebody else's, even if it was free when they began."""
    if names.is_reserved(name):
        raise Refused("name_reserved", _("This name is kept for the people who run the site. Choose another."))
    taken = lookups.taken(keys=names.keys(name), email=email)
    if taken.name:
        said = _('Somebody with an account goes by this name. Choose another, or <a href="{log_in}">log in</a>.')
        raise Refused("name_taken", format_html(said, log_in=accounts.log_in_address(back)))
    if taken.address:
        said = _('This address belongs to an account. <a href="{log_in}">Log in</a> to post with it.')
        raise Refused("email_registered", format_html(said, log_in=accounts.log_in_address(back)))


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


@transaction.atomic
def upvote(*, comment: Comment, by: Reader, origin: str = "") -> None:
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
def unvote(*, comment: Comment, by: Reader) -> None:
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


@transaction.atomic
def report(
    *,
    comment: Comment,
    by: Reader | None,
    reason: str,
    words: str = "",
    notifier: tuple[str, str] = ("", ""),
    receipt: bool = False,
) -> Report:
    """Save a report, once per reader and revision, and wake the desk. Raises Refused.

    Who is barred may still give notice of illegal content: the law gives that right to everybody.

    `notifier` is the name and the address that somebody gives with a notice of illegal content; with `receipt` a
    confirmation goes there, once.
    Reports by strangers are different people's, and a notice of illegal content is never taken for another report: only
    one that says the same and is still open counts as the same.
    """
    if comment.shown_revision is None:
        raise Refused("gone", _("This comment is no longer there."))
    if reason not in Report.Reason.values:
        raise Refused("reason", _("Say what is wrong with the comment: choose a reason."))
    if by is not None and reason != Report.Reason.ILLEGAL and standing.is_barred(by):
        words = _(
            "You cannot take part in the discussion at present. Only notices of illegal content are taken from you."
        )
        raise Refused("barred", words)
    said = {
        "reason": reason,
        "words": markup.clean(words)[:2000],
        "notifier_name": markup.clean(notifier[0])[:120],
        "notifier_email": notifier[1],
    }
    where = {"comment": comment, "reader": by, "revision": comment.shown_revision}
    if by is None or reason == Report.Reason.ILLEGAL:
        earlier = Report.objects.filter(**where, **said, handled_at=None).first()
        made, is_new = earlier or Report.objects.create(**where, **said), earlier is None
    else:
        others = Report.objects.exclude(reason=Report.Reason.ILLEGAL)
        made, is_new = others.get_or_create(**where, defaults=said)
    if receipt and is_new:
        receipts.send(made)
    transaction.on_commit(partial(wake.send, "moderation.take_reports"), robust=True)
    return made
