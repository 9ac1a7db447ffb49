"""After a change of policy: what waits under an earlier version is judged again, where an editor asks for it.

An editor's request stands on the policy's own row, and every place in the queue knows the version its comment was
judged by. So whoever works on it may die at any moment, and any number may: the next one goes on with what is left. The
stored scores are used; what was seen only then (the same words by others) still counts. Nothing that a person has in
hand is touched: decided before, reported, asked about, or just being looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from discussions import states, wake
from discussions.models import Comment, Report, Revision, State, User
from moderation import decisions, policy, roles, signals
from moderation.models import Decision, Escalation, Policy, QueueItem, Score
from moderation.rules import Outdated

AT_A_TIME = 50  # in one transaction: nobody who decides meanwhile waits long for a thread


@dataclass(frozen=True, slots=True)
class Stored:
    """What a stored score says besides its labels; its language is that of a foreign part, where there was one."""

    language: str | None
    language_known: bool
    complete: bool
    foreign: str | None = None


def outdated(in_force: Policy) -> QuerySet[QueueItem]:
    """Places on the held queue whose comment was judged by an earlier version, and by policy alone."""
    items = QueueItem.objects.filter(kind=QueueItem.Kind.HELD, policy_version__lt=in_force.version)
    by_people = Decision.objects.filter(comment_id=OuterRef("comment_id"), actor=Decision.Actor.PERSON)
    reported = Report.objects.filter(comment=OuterRef("comment_id"), handled_at__isnull=True)
    asked = Escalation.objects.filter(comment=OuterRef("comment_id"))
    return items.filter(~Exists(by_people), ~Exists(reported), ~Exists(asked))


@transaction.atomic
def ask(*, by: User, seen_version: int) -> int:
    """Have what waits judged again by the version in force, in the background. Returns how many there are.

    Raises NotAllowed, and rules.Outdated where `seen_version` is no longer in force.
    """
    roles.require(by, roles.EDIT_POLICY)
    in_force = Policy.objects.in_force()
    if in_force.version != seen_version:
        raise Outdated(in_force)
    Policy.objects.filter(pk=in_force.pk, rejudge_at__isnull=True).update(rejudge_at=timezone.now(), rejudge_by=by)
    transaction.on_commit(partial(wake.send, "moderation.rejudge"))
    return outdated(in_force).count()


def is_due() -> bool:
    """Whether an editor has asked, and something is left to do."""
    in_force = Policy.objects.in_force()
    return in_force.rejudge_at is not None and outdated(in_force).exists()


def run(*, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Judge again what an editor asked for. Returns how many comments were; any number may run at once."""
    done, after = 0, 0
    while not should_stop():
        in_force = Policy.objects.in_force()
        if in_force.rejudge_at is None:
            break
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
        chosen = outdated(in_force).filter(free, pk__gt=after).order_by("pk")[:AT_A_TIME]
        items = list(chosen.values_list("pk", "comment_id"))
        if not items:
            break
        after = items[-1][0]
        done += _judge([comment_id for _pk, comment_id in items], in_force)
    return done


@transaction.atomic
def _judge(comment_ids: list[int], in_force: Policy) -> int:
    states.lock_threads(Comment.objects.filter(pk__in=comment_ids).order_by().values_list("article_id", flat=True))
    if Policy.objects.in_force().version != in_force.version:
        return 0
    still = outdated(in_force).filter(comment__in=comment_ids, comment__state=State.HELD)
    comments = Comment.objects.select_related("article", "reader__user")
    found = list(comments.filter(pk__in=still.values("comment_id")).order_by("pk"))
    for comment in found:
        _judge_one(comment, in_force)
    return len(found)


def _judge_one(comment: Comment, in_force: Policy) -> None:
    revision = Revision.objects.get(comment=comment, number=comment.revision)
    score = Score.objects.filter(comment=comment, revision=comment.revision).order_by("-id").first()
    earlier = _verdict_on(comment)
    if score is None or earlier is None:  # nothing to judge by that was not there the first time
        QueueItem.objects.filter(comment=comment).update(policy_version=in_force.version)
        return
    seen = {reason["rule"]: reason for reason in earlier.reasons}
    stored = Stored(score.language, score.language_known, "incomplete" not in seen)
    known = signals.collect(comment, revision.text, in_force.rules, scores=stored)
    then = int(seen.get("duplicate", {}).get("value", 0))
    known = replace(known, duplicates_by_others=max(known.duplicates_by_others, then))
    verdict = policy.decide(policy.told_by(score.labels), known, in_force.rules)
    if verdict.outcome == "hold" and _same(verdict.reasons, earlier.reasons):
        QueueItem.objects.filter(comment=comment).update(policy_version=in_force.version)
        return
    decisions.by_policy(comment, verdict, score=score, policy=in_force, sha256=revision.sha256, again=True)


def _verdict_on(comment: Comment) -> Decision | None:
    """Policy's latest verdict on the newest revision."""
    made = Decision.objects.filter(comment_id=comment.pk, revision=comment.revision, actor=Decision.Actor.MACHINE)
    return made.order_by("-id").first()


def _same(some: list[dict[str, Any]], others: list[dict[str, Any]]) -> bool:
    return len(some) == len(others) and all(reason in others for reason in some)
