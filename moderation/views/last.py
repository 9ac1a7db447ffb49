"""The last action and its way back: shown for ten seconds, under `u` for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from discussions.models import Comment
from moderation import reasons
from moderation.models import Action, Appeal, Decision, Sanction, Trust, Undoable
from moderation.views.access import DeskRequest

LOOKED_AT = 10
"""Entries on top of the stack that are tried: what somebody else has undone meanwhile is passed over."""
FRESH = timedelta(seconds=10)


def remember(request: DeskRequest, *, decision: Decision | None = None, batch: UUID | None = None) -> None:
    """Put a decision that has just been taken, or a batch, on the stack of what its maker can undo."""
    if batch:
        _push(request, f"batch:{batch}")
    elif decision:  # its number is new, so it stands nowhere on the stack yet
        Undoable.objects.create(by=request.user, entry=f"decision:{decision.pk}")


def _push(request: DeskRequest, entry: str) -> None:
    _drop(request, entry)
    Undoable.objects.bulk_create([Undoable(by=request.user, entry=entry)], ignore_conflicts=True)


def _drop(request: DeskRequest, entry: str) -> None:
    Undoable.objects.filter(by=request.user, entry=entry).delete()


def forget(request: DeskRequest, *, decision_id: int | None = None, batch: UUID | None = None) -> None:
    """It was undone."""
    _drop(request, f"batch:{batch}" if batch else f"decision:{decision_id}")


def remember_answer(request: DeskRequest, appeal: Appeal) -> None:
    """An appeal was answered."""
    _push(request, f"appeal:{appeal.pk}")


def forget_answer(request: DeskRequest, appeal: Appeal) -> None:
    """The answer was taken back."""
    _drop(request, f"appeal:{appeal.pk}")


def remember_measure(request: DeskRequest, measure: Sanction | Trust) -> None:
    """A reader was sanctioned or trusted."""
    _push(request, _entry(measure))


def forget_measure(request: DeskRequest, measure: Sanction | Trust) -> None:
    """The sanction was lifted, or the trust taken back."""
    _drop(request, _entry(measure))


def _entry(measure: Sanction | Trust) -> str:
    return f"{'sanction' if isinstance(measure, Sanction) else 'trust'}:{measure.pk}"


def context(request: DeskRequest) -> dict[str, Any]:
    """The newest action that can be undone, and whether it has just happened."""
    stack = _stack(request)
    newest = _first(stack)
    return {"last": newest, "back": newest, "fresh": bool(stack) and timezone.now() - stack[0].at < FRESH}


def taken_back(request: DeskRequest, words: str, *, comment_id: int | None = None) -> dict[str, Any]:
    """After an undo: what it did, and the action before, which the next undo takes back."""
    told_now = {
        "words": words,
        "batch": None,
        "decision": None,
        "comment": comment_id,
        "appeal": None,
        "action": "undo",
    }
    return {"last": told_now, "back": undoable(request), "fresh": True}


def undoable(request: DeskRequest) -> dict[str, Any] | None:
    """The newest action on the stack that still exists."""
    return _first(_stack(request))


def _stack(request: DeskRequest) -> list[Undoable]:
    return list(Undoable.objects.filter(by=request.user).order_by("-id")[:LOOKED_AT])


def _first(stack: list[Undoable]) -> dict[str, Any] | None:
    return next(filter(None, (describe(each.entry) for each in stack)), None)


def describe(entry: str) -> dict[str, Any] | None:
    """The action in words and the address that undoes it."""
    kind, _sep, key = entry.partition(":")
    if kind == "batch":
        made = Decision.objects.filter(batch=key).exclude(action=Action.UNDO)
        n = made.count()
        first = made.first()
        if first is None:
            return None
        words = (
            ngettext("%(n)d comment approved", "%(n)d comments approved", n)
            if first.action == Action.APPROVE
            else ngettext("%(n)d comment refused", "%(n)d comments refused", n)
        )
        return {"words": words % {"n": n}, "batch": key, "decision": None, "comment": None, "appeal": None,
                "action": first.action}  # fmt: skip
    if kind == "appeal":
        appeal = Appeal.objects.filter(pk=key, closed_at__isnull=False).first()
        return _answered(appeal) if appeal else None
    if kind in {"sanction", "trust"}:
        return _measure(kind, key)
    decision = Decision.objects.filter(pk=key).first()
    return told(decision) if decision else None


def _measure(kind: str, key: str) -> dict[str, Any] | None:
    """A sanction or a trust that is still in force."""
    if kind == "sanction":
        sanction = Sanction.objects.select_related("reader").filter(pk=key, lifted_at__isnull=True).first()
        if sanction is None:
            return None
        words = _("%(who)s: %(what)s") % {
            "who": sanction.reader.name if sanction.reader else f"@{sanction.domain}",
            "what": sanction.get_kind_display(),
        }
        url = reverse("desk_lift", args=[key])
    else:
        trust = Trust.objects.select_related("reader").filter(pk=key, lifted_at__isnull=True).first()
        if trust is None:
            return None
        words = _("%(who)s: %(what)s") % {"who": trust.reader.name, "what": _("trusted")}
        url = reverse("desk_untrust", args=[key])
    return {
        "words": words,
        "batch": None,
        "decision": None,
        "comment": None,
        "appeal": None,
        "action": kind,
        "url": url,
    }


def _answered(appeal: Appeal) -> dict[str, Any]:
    words = (
        _("The appeal was right: the comment is published")
        if appeal.outcome == Appeal.Outcome.OVERTURNED
        else _("The refusal stands; its author reads your answer")
        if appeal.answer
        else _("The refusal stands")
    )
    return {"words": words, "batch": None, "decision": None, "comment": appeal.comment_id, "appeal": appeal.pk,
            "action": "appeal"}  # fmt: skip


def told(decision: Decision) -> dict[str, Any]:
    """One decision in words."""
    author = Comment.objects.filter(pk=decision.comment_id).values_list("reader__name", flat=True).first() or "?"
    if decision.action == Action.APPROVE:
        words = _("Approved %(author)s’s comment") % {"author": author}
    elif decision.action == Action.REJECT:
        code = decision.reason_code
        why = str(reasons.REFUSALS[code][1]) if code in reasons.REFUSALS else code
        words = _("Refused %(author)s’s comment: %(why)s") % {"author": author, "why": why}
    else:
        words = _("Took it back: %(author)s’s comment is where it was") % {"author": author}
    return {
        "words": words,
        "batch": None,
        "decision": decision.pk,
        "comment": decision.comment_id,
        "appeal": None,
        "action": decision.action,
    }
