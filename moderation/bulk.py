"""Many comments at once: each is its own decision with its own result, and the whole can be taken back.

The batch's id makes it idempotent: sent twice, the second time finds its own decisions and reports them as done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from discussions.models import Comment, Revision, User
from moderation import colleagues, decisions, lines, roles
from moderation.models import Action, Decision, Score

MOST = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item. `words` says why where it was not done; `hateful` texts stay blurred here too."""

    comment_id: int
    author: str
    text: str
    done: bool
    words: str
    decision_id: int | None = None
    hateful: bool = False


def act(
    items: Sequence[tuple[int, int]],
    *,
    action: str,
    by: User,
    batch: UUID,
    reason_code: str = "",
    words: str = "",
) -> list[Result]:
    """Decide (comment id, version seen) pairs alike; results in the given order.

    Raises ValueError for nothing at all, more than 200, an unknown action or a missing reason.
    """
    if not items:
        raise ValueError(_("Nothing is selected. Mark comments with x first."))
    if len(items) > MOST:
        raise ValueError(
            _("%(n)d comments are selected, and at most %(most)d are done at once. Nothing was done; select fewer.")
            % {"n": len(items), "most": MOST}
        )
    earlier = {d.comment_id: d for d in Decision.objects.filter(batch=batch).exclude(action=Action.UNDO)}
    shown = _shown([pk for pk, _version in items], by)
    results: dict[int, Result] = {}
    for comment_id, version in items:
        if comment_id in results:
            continue
        author, text = shown.get(comment_id, ("?", ""))
        if comment_id in earlier:
            results[comment_id] = Result(comment_id, author, text, True, "", earlier[comment_id].pk)
            continue
        try:
            decision = decisions.by_person(
                comment_id=comment_id, action=action, by=by, version_seen=version,
                reason_code=reason_code, words=words, batch=batch,
            )  # fmt: skip
        except decisions.Conflict as conflict:
            results[comment_id] = Result(comment_id, author, text, False, _told(conflict))
        except roles.NotAllowed as error:
            results[comment_id] = Result(comment_id, author, text, False, str(error))
        except Comment.DoesNotExist:
            results[comment_id] = Result(comment_id, author, text, False, _("It no longer exists."))
        else:
            results[comment_id] = Result(comment_id, author, text, True, "", decision.pk)
    return _veiled(list(results.values()))


def undo(batch: UUID, *, by: User) -> list[Result]:
    """Take back every decision of a batch that still stands."""
    made = list(
        Decision.objects.filter(batch=batch, reversed_by__isnull=True).exclude(action=Action.UNDO).order_by("id")
    )
    shown = _shown([d.comment_id for d in made], by)
    results = []
    for decision in made:
        author, text = shown.get(decision.comment_id, ("?", ""))
        try:
            back = decisions.undo(decision_id=decision.pk, by=by)
        except decisions.Conflict as conflict:
            results.append(Result(decision.comment_id, author, text, False, _told(conflict)))
        except roles.NotAllowed as error:
            results.append(Result(decision.comment_id, author, text, False, str(error)))
        else:
            results.append(Result(decision.comment_id, author, text, True, "", back.pk))
    return _veiled(results)


def _veiled(results: list[Result]) -> list[Result]:
    """Mark what is likely to hurt, by the score of the version shown."""
    scores = Score.objects.filter(comment_id__in=[r.comment_id for r in results], revision=F("comment__revision"))
    hateful = {pk for pk, labels in scores.values_list("comment_id", "labels") if lines.is_hateful(labels)}
    return [replace(result, hateful=result.comment_id in hateful) for result in results]


def _told(conflict: decisions.Conflict) -> str:
    """What happened meanwhile."""
    if conflict.latest is None:
        return _("It changed meanwhile; look at it again.")
    who = colleagues.who_decided(conflict.latest)
    return _("%(who)s was first: %(did)s.") % {"who": who, "did": conflict.latest.get_action_display()}


def _shown(ids: Sequence[int], by: User) -> dict[int, tuple[str, str]]:
    """comment id → (author, newest words), where this person may look."""
    visible = Comment.objects.filter(roles.reach(by), pk__in=ids)
    names = {pk: (name, n) for pk, name, n in visible.values_list("pk", "reader__name", "revision")}
    texts = {
        (pk, number): text
        for pk, number, text in Revision.objects.filter(comment_id__in=names).values_list(
            "comment_id", "number", "text"
        )
    }
    return {pk: (name, texts.get((pk, number), "")) for pk, (name, number) in names.items()}
