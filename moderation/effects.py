"""What a decision does besides moving the comment, and how all of that is taken back.

The record keeps, as a decision's `effects`, what taking it back needs: where the comment was, the places it lost on the
queues, the reports and questions that it answered, the notices that it withdrew, the review that stood before.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone

from discussions.models import Comment, Notice, Report, State
from discussions.states import Place
from moderation import notifiers, queue
from moderation.models import Action, Appeal, Decision, Escalation, Review


def of_decision(comment: Comment, *, before: Place, review: dict[str, Any] | None) -> dict[str, Any]:
    """Let a person's decision have its effects; `comment` has moved from `before` already."""
    reports = _answer_reports(comment)
    return _effects(comment, before, review) | {"reports": reports, "escalations": _close_escalations(comment)}


def of_undo(comment: Comment, original: Decision, *, before: Place, review: dict[str, Any] | None) -> dict[str, Any]:
    """Take back what `original` did. What it answered is open again; what it opened, as an undo, is answered again."""
    own, had = _effects(comment, before, review), original.effects
    queue.restore(comment, had.get("queue", []))
    notifiers.take_back(original)
    Notice.objects.filter(pk__in=had.get("notices", [])).update(withdrawn_at=None)
    _restore_review(comment, had.get("review"))
    if comment.state == State.HELD and not comment.queue_items.filter(kind=queue.Kind.HELD).exists():
        labels = queue.likely(original.scores, original.checkpoint, original.weights)
        queue.enter(comment, queue.Kind.HELD, labels or None)
    return own | _answer_again(had.get("reopened", {})) | {"reopened": _reopen(original)}


def of_redo(decision: Decision, original: Decision) -> None:
    """After an undo of an undo is on record: whoever waited for what is decided again hears of it."""
    for appeal in original.effects.get("reopened", {}).get("appeals", []):
        again = {**appeal, "answer_id": decision.pk, "closed_at": timezone.now()}
        Appeal.objects.filter(pk=again.pop("id"), closed_at__isnull=True).update(**again)
    notifiers.tell(decision, decision.effects["reports"])


def _reopen(original: Decision) -> dict[str, Any]:
    """What the decision answered is open again. Returns what an undo of this undo needs to answer it as before."""
    reports, escalations = (original.effects.get(name, []) for name in ("reports", "escalations"))
    Report.objects.filter(pk__in=reports).update(handled_at=None)
    Escalation.objects.filter(pk__in=escalations).update(closed_at=None)
    answered = Appeal.objects.filter(answer_id=original.pk)
    appeals = list(answered.values("id", "outcome", "answer", "closed_by_id", "closed_by_name"))
    answered.update(outcome="", answer="", answer_id=None, closed_at=None, closed_by=None, closed_by_name="")
    return {"reports": reports, "escalations": escalations, "appeals": appeals}


def _answer_again(reopened: dict[str, Any]) -> dict[str, Any]:
    """Close what an undo had opened, as far as it is open still; returns the ids."""
    closed = {}
    for model, name, when in ((Report, "reports", "handled_at"), (Escalation, "escalations", "closed_at")):
        waiting = model.objects.filter(pk__in=reopened.get(name, []), **{f"{when}__isnull": True})
        closed[name] = list(waiting.values_list("pk", flat=True))
        model.objects.filter(pk__in=closed[name]).update(**{when: timezone.now()})
    return closed


def _effects(comment: Comment, before: Place, review: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "before": asdict(before),
        "after": asdict(Place.of(comment)),
        "queue": queue.leave(comment),
        "notices": withdraw_notices(comment),
        "review": review,
    }


# --- reports and questions to colleagues ------------------------------------------------------------------


def _answer_reports(comment: Comment) -> list[int]:
    """Mark the open reports as answered by this decision; returns their ids."""
    handled = list(
        Report.objects.filter(comment=comment, handled_at__isnull=True).select_for_update().values_list("pk", flat=True)
    )
    if handled:
        Report.objects.filter(pk__in=handled).update(handled_at=timezone.now())
    return handled


def _close_escalations(comment: Comment) -> list[int]:
    """What a colleague was asked to look at has been looked at; returns the escalations' ids."""
    asked = list(Escalation.objects.filter(comment=comment, closed_at__isnull=True).values_list("pk", flat=True))
    if asked:
        Escalation.objects.filter(pk__in=asked).update(closed_at=timezone.now())
    return asked


# --- reviews ----------------------------------------------------------------------------------------------


def standing_review(comment: Comment) -> dict[str, Any] | None:
    """The review that stands, as JSON; read before the move, which ends it where it no longer fits."""
    found = Review.objects.filter(comment=comment).values("decision_id", "approved", "actor_id").first()
    return dict(found) if found else None


def reviewed(comment: Comment, decision: Decision) -> None:
    """A person has looked at this revision: it is no longer new."""
    stands = Review(
        comment=comment,
        decision_id=decision.pk,
        approved=decision.action == Action.APPROVE,
        actor_id=decision.actor_id or 0,
    )
    Review.objects.bulk_create(
        [stands],
        update_conflicts=True,
        unique_fields=["comment"],
        update_fields=["decision_id", "approved", "actor_id"],
    )


def _restore_review(comment: Comment, review: dict[str, Any] | None) -> None:
    """Undo: the review before the reversed decision stands again, where it still fits the comment's state."""
    fits = review is not None and comment.state == (State.PUBLISHED if review["approved"] else State.REJECTED)
    if review is not None and fits:
        Review.objects.update_or_create(comment=comment, defaults=review)
    else:
        Review.objects.filter(comment=comment).delete()


# --- what the author was told -----------------------------------------------------------------------------


def withdraw_notices(comment: Comment) -> list[int]:
    """Take back what the author was told earlier; returns the notices' ids."""
    standing = list(Notice.objects.filter(comment=comment, withdrawn_at__isnull=True).values_list("pk", flat=True))
    if standing:
        Notice.objects.filter(pk__in=standing).update(withdrawn_at=timezone.now())
    return standing
