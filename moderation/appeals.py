"""Appeals: an author asks once, somebody else answers, overturning publishes the comment and says so."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from discussions import markup, states
from discussions.models import Notice, Reader, State, User
from moderation import answering, decisions
from moderation.models import Appeal, Decision
from moderation.roles import NotAllowed

MOST_CHARS = 4000
Outcome = Appeal.Outcome


class NotPossible(Exception):
    """Why there is nothing to appeal against, in words for the author."""


def check(notice: Notice | None, reader: Reader | None) -> int:
    """The id of the decision to appeal against. Raises NotPossible where this reader may not."""
    if reader is None or (notice is not None and notice.reader_id != reader.pk):
        raise NotPossible(_("Only the comment’s author can appeal. Sign in as its author."))
    if (
        notice is None
        or notice.outcome != State.REJECTED
        or notice.withdrawn_at is not None
        or notice.decision_id is None
    ):
        raise NotPossible(_("The comment is not refused any more, so there is nothing to appeal against."))
    if Notice.objects.filter(comment=notice.comment, outcome=Notice.UPHELD, withdrawn_at__isnull=True).exists():
        raise NotPossible(_("Your appeal has been answered. You can still edit the comment; it is looked at anew."))
    if Appeal.objects.filter(decision_id=notice.decision_id).exists():
        raise NotPossible(
            _("You have appealed against this refusal. A person will answer; each refusal has one appeal.")
        )
    return notice.decision_id


@transaction.atomic
def file(notice: Notice, *, by: Reader, words: str) -> Appeal:
    """Save an author's appeal. Raises NotPossible."""
    decision_id = check(notice, by)
    words = markup.clean(words)[:MOST_CHARS].strip()
    if not words:
        raise NotPossible(_("Say in your own words why the refusal is wrong."))
    try:
        with transaction.atomic():
            made = Appeal.objects.create(comment=notice.comment, reader=by, decision_id=decision_id, words=words)
    except IntegrityError:
        raise NotPossible(_("You have appealed against this refusal already.")) from None
    Notice.objects.filter(pk=notice.pk).update(appealed_at=made.created_at)
    return made


def _locked(appeal_id: int) -> Appeal:
    """The appeal, its thread locked first as every decision does it, so that neither overtakes nor blocks the other."""
    states.lock_threads([Appeal.objects.values_list("comment__article_id", flat=True).get(pk=appeal_id)])
    return Appeal.objects.select_for_update(of=("self",)).select_related("comment__reader__user").get(pk=appeal_id)


@transaction.atomic
def answer(appeal_id: int, *, by: User, outcome: str, words: str = "") -> Appeal:
    """Uphold or overturn. Overturning publishes the comment and takes the refusal's notice back.

    Raises NotAllowed, ValueError for an unknown outcome, decisions.Conflict where it is answered already or the
    refusal no longer stands.
    """
    appeal = _locked(appeal_id)
    if reason := answering.why_not(appeal, by):
        raise NotAllowed(reason)
    if outcome not in Outcome.values:
        raise ValueError(_("Say whether the refusal stands or was wrong."))
    comment = appeal.comment
    if not Appeal.objects.waiting().filter(pk=appeal.pk).exists():
        raise decisions.Conflict(comment, Decision.objects.filter(comment_id=comment.pk).order_by("-id").first())
    if outcome == Outcome.OVERTURNED:
        made = decisions.by_person(comment_id=comment.pk, action="approve", by=by, version_seen=comment.version)
        appeal.answer_id = made.pk
    Notice.objects.create(
        reader=appeal.reader,
        comment=comment,
        decision_id=appeal.answer_id,
        outcome=outcome,
        reason_code=Decision.objects.values_list("reason_code", flat=True).get(pk=appeal.decision_id),
        words=words,
    )
    appeal.outcome, appeal.answer = outcome, words
    appeal.closed_at, appeal.closed_by, appeal.closed_by_name = timezone.now(), by, str(by)
    appeal.save()
    return appeal


@transaction.atomic
def reopen(appeal_id: int, *, by: User) -> Appeal:
    """Take an answer back. Raises NotAllowed, decisions.Conflict."""
    appeal = _locked(appeal_id)
    if reason := answering.why_not(appeal, by):
        raise NotAllowed(reason)
    if appeal.answer_id is not None:
        decisions.undo(decision_id=appeal.answer_id, by=by)
    Notice.objects.filter(comment=appeal.comment, outcome__in=Outcome.values, withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now()
    )
    Appeal.objects.filter(pk=appeal.pk).update(
        outcome="", answer="", answer_id=None, closed_at=None, closed_by=None, closed_by_name=""
    )
    appeal.refresh_from_db()
    return appeal
