"""Decisions: policy's and people's, taking them back, and the record of all of them.

Each decision changes the comment by compare-and-set, writes one row of the append-only record with everything needed
to reverse it, and tells the author. All of it is one transaction: no effect without its row, no row without its effect.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from discussions import languages, states
from discussions.models import Comment, Notice, OutboxEntry, Revision, State, User
from discussions.models.comment import PERSON_MOVES, POLICY_MOVES, REJUDGE_MOVES
from discussions.states import Place
from moderation import answering, effects, notifiers, queue, reasons, roles
from moderation.models import Action, Appeal, Decision, Policy, Score
from moderation.policy import Verdict
from moderation.roles import NotAllowed


class Conflict(Exception):
    """Somebody else was first, or the author edited meanwhile. `latest` is the decision that stands, if any."""

    def __init__(self, comment: Comment, latest: Decision | None) -> None:
        super().__init__(f"comment {comment.pk} is at version {comment.version}")
        self.comment = comment
        self.latest = latest


_POLICY_ACTIONS = {
    "publish": (Action.PUBLISH, State.PUBLISHED),
    "hold": (Action.HOLD, State.HELD),
    "reject": (Action.REJECT, State.REJECTED),
}
_PERSON_ACTIONS = {Action.APPROVE: State.PUBLISHED, Action.REJECT: State.REJECTED}


def by_policy(
    comment: Comment, verdict: Verdict, *, score: Score | None, policy: Policy, sha256: str, again: bool = False
) -> Decision | None:
    """Carry out a verdict on the comment's pending newest revision; with `again`, on one that policy has held.

    Returns None where the comment has moved on. Must run inside a transaction that holds the thread's lock.
    """
    action, to = _POLICY_ACTIONS[verdict.outcome]
    before, allowed = Place.of(comment), REJUDGE_MOVES if again else POLICY_MOVES
    if State(comment.state) not in allowed or not states.move(
        comment, states.target(comment, to, by_person=False), allowed=allowed
    ):
        return None
    left = queue.leave(comment) if again and to != State.HELD else []
    decision = Decision.objects.create(
        **_copies(comment, score, sha256),
        actor=Decision.Actor.MACHINE,
        action=action,
        from_state=before.state,
        to_state=comment.state,
        policy_version=policy.version,
        reasons=verdict.reasons,
        reason_code=reasons.code_of(verdict.reasons) if action == Action.REJECT else "",
        effects={"before": asdict(before), "after": asdict(Place.of(comment))} | ({"queue": left} if left else {}),
    )
    if comment.revision > 1 or again:
        effects.withdraw_notices(comment)
    if to == State.HELD:
        labels = queue.likely(score.labels, score.checkpoint, score.weights) if score else None
        queue.enter(comment, queue.Kind.HELD, labels)
    if to in {State.HELD, State.REJECTED}:
        _notify(comment, decision, score)
    return decision


@transaction.atomic
def by_person(
    *,
    comment_id: int,
    action: str,
    by: User,
    version_seen: int,
    reason_code: str = "",
    words: str = "",
    batch: UUID | None = None,
) -> Decision:
    """Approve or refuse a comment.

    `version_seen` is the comment's version the person was looking at; only a refusal keeps a reason and words. Raises
    Conflict where it is no longer that, NotAllowed where the person may not decide this comment, ValueError for an
    unknown action or a missing reason.
    """
    if action not in _PERSON_ACTIONS:
        raise ValueError(f"Unknown action {action!r}: use approve or reject.")
    if action == Action.REJECT and reason_code not in reasons.REFUSALS:
        raise ValueError("A refusal needs a reason: " + ", ".join(reasons.REFUSALS))
    if action != Action.REJECT:
        reason_code = words = ""  # a form that can refuse sends its reason with whichever button was pressed
    comment = _locked(comment_id)
    roles.require(by, roles.DECIDE, comment)
    latest = _latest_on(comment)
    if comment.version != version_seen or comment.state == State.DELETED:
        raise Conflict(comment, latest)
    if action == Action.REJECT:
        _respect_overturned(comment, by, latest)
    before, review = Place.of(comment), effects.standing_review(comment)
    place = states.target(comment, _PERSON_ACTIONS[Action(action)], by_person=True)
    if not states.move(comment, place, allowed=PERSON_MOVES):
        raise Conflict(comment, latest)
    if before.state == comment.state == State.REJECTED and Appeal.objects.filter(comment=comment).waiting().exists():
        raise NotAllowed(_("Its author has appealed: somebody answers that first."))
    score = _score_of(comment)
    OutboxEntry.objects.filter(comment=comment).delete()
    had = effects.of_decision(comment, before=before, review=review)
    decision = _record(comment, score, by, before, version_seen, action=Action(action), effects=had,
                       reason_code=reason_code, reason_words=words, batch=batch)  # fmt: skip
    effects.reviewed(comment, decision)
    notifiers.tell(decision, had["reports"])
    if action == Action.REJECT:
        _notify(comment, decision, score)
    return decision


@transaction.atomic
def undo(*, decision_id: int, by: User, version_seen: int | None = None, batch: UUID | None = None) -> Decision:
    """Reverse a person's decision, with every effect it had, as a decision of its own.

    Only the latest decision on a comment can be reversed; an undo can itself be undone, and the answer to an appeal by
    those who may answer it. Raises Conflict, NotAllowed.
    """
    original = Decision.objects.get(pk=decision_id)
    comment = _locked(original.comment_id)
    roles.require(by, roles.DECIDE, comment)
    latest = _latest_on(comment)
    stands = latest is not None and latest.pk == original.pk and original.revision == comment.revision
    if not stands or (version_seen is not None and comment.version != version_seen):
        raise Conflict(comment, latest)
    if original.actor != Decision.Actor.PERSON:
        raise NotAllowed(_("Policy’s own decision is not undone but decided anew: approve or refuse the comment."))
    _respect_answer(original, by)
    before, back_to = Place.of(comment), _earlier(Place(**original.effects["before"]))
    if back_to.state == State.REJECTED and original.actor_id != by.pk:  # refused again by another name
        _respect_overturned(comment, by, latest)
    seen, review = comment.version, effects.standing_review(comment)
    if comment.state == State.DELETED or not states.move(comment, back_to, allowed=PERSON_MOVES):
        raise Conflict(comment, latest)
    had = effects.of_undo(comment, original, before=before, review=review)
    score = _score_of(comment)
    decision = _record(
        comment, score, by, before, seen, action=Action.UNDO, effects=had, reverses=original, batch=batch
    )
    effects.of_redo(decision, original)
    return decision


def _locked(comment_id: int) -> Comment:
    """The comment, read while its thread's lock is held. Raises Comment.DoesNotExist."""
    states.lock_threads([Comment.objects.values_list("article_id", flat=True).get(pk=comment_id)])
    return Comment.objects.select_related("article", "reader__user").get(pk=comment_id)


def _latest_on(comment: Comment) -> Decision | None:
    return Decision.objects.filter(comment_id=comment.pk).order_by("-id").first()


def _score_of(comment: Comment) -> Score | None:
    """Its newest revision's."""
    return Score.objects.filter(comment=comment, revision=comment.revision).order_by("-id").first()


def _respect_overturned(comment: Comment, by: User, latest: Decision | None) -> None:
    """What an appeal has published is not refused over its head. Raises NotAllowed."""
    if reason := answering.why_not_refuse(comment, by, latest=latest):
        raise NotAllowed(reason)


def _respect_answer(standing: Decision, by: User) -> None:
    """The answer to an appeal is taken back, or given again, by those alone who may give it. Raises NotAllowed."""
    answered = Appeal.objects.select_related("comment__reader__user", "comment__article")
    taken_back = [each["id"] for each in standing.effects.get("reopened", {}).get("appeals", [])]
    appeal = answered.filter(Q(answer_id=standing.pk) | Q(pk__in=taken_back)).first()
    if appeal is not None and (reason := answering.why_not(appeal, by)):
        raise NotAllowed(reason)


def _earlier(place: Place) -> Place:
    """Where an undo leads: a comment that was decided before it was scored goes back to a person, not to nobody."""
    return Place(State.HELD, place.shown_revision, place.refused_by_person) if place.state == State.PENDING else place


def _copies(comment: Comment, score: Score | None, sha256: str) -> dict[str, Any]:
    return {
        "comment_id": comment.pk,
        "article_id": comment.article_id,
        "reader_id": comment.reader_id,
        "revision": comment.revision,
        "text_sha256": sha256,
        "checkpoint": score.checkpoint if score else "",
        "weights": score.weights if score else "",
        "scores": score.labels if score else {},
    }


def _record(
    comment: Comment, score: Score | None, by: User, before: Place, version_seen: int, **fields: Any
) -> Decision:
    sha256 = Revision.objects.values_list("sha256", flat=True).get(comment=comment, number=comment.revision)
    return Decision.objects.create(
        **_copies(comment, score, sha256),
        actor=Decision.Actor.PERSON,
        actor_id=by.pk,
        actor_name=str(by),
        from_state=before.state,
        to_state=comment.state,
        version_seen=version_seen,
        policy_version=Policy.objects.in_force().version,
        **fields,
    )


def _notify(comment: Comment, decision: Decision, score: Score | None) -> None:
    """Give the author the statement of reasons."""
    with languages.speaking_to(comment.reader, otherwise=score.language if score else None):
        if decision.to_state == State.HELD:
            words = reasons.why_held(decision.reasons)
        else:
            automatic = decision.actor == Decision.Actor.MACHINE
            words = reasons.for_author(decision.reason_code, decision.reason_words, automatic=automatic)
    Notice.objects.create(
        reader_id=comment.reader_id,
        comment=comment,
        decision_id=decision.pk,
        outcome=decision.to_state,
        reason_code=decision.reason_code,
        words=words,
    )
