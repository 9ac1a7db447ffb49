"""Approve, refuse, undo, one or many. A conflict is told with what the other one did; nothing is overwritten."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from discussions.models import Comment
from moderation import bulk, cards, decisions, exposure, lists, roles
from moderation.filters import Filters
from moderation.models import Action, Decision
from moderation.views import last
from moderation.views.access import DeskRequest, desk, refused
from moderation.views.queues import card_url, frame, is_script, queue_url

_MOST_WORDS = 2000


@desk(roles.DECIDE, methods=("POST",))
def decide(request: DeskRequest, comment_id: int) -> HttpResponse:
    """Approve or refuse one comment: `action`, `version` as seen, for a refusal `reason` and perhaps `words`."""
    version = _number(request.POST.get("version", ""))
    if version is None:  # whatever it was then, it may be other words by now
        get_object_or_404(Comment, pk=comment_id)
        words = _(
            "The form does not say which version of the comment you saw. Load the page again; nothing was decided."
        )
        return refused(request, words, status=422)
    try:
        decision = decisions.by_person(
            comment_id=comment_id,
            action=request.POST.get("action", ""),
            by=request.user,
            version_seen=version,
            reason_code=request.POST.get("reason", ""),
            words=request.POST.get("words", "").strip()[:_MOST_WORDS],
        )
    except Comment.DoesNotExist:
        raise Http404 from None
    except decisions.Conflict as conflict:
        return conflict_page(request, conflict)
    except roles.NotAllowed as error:
        return refused(request, str(error))
    except ValueError as error:
        return refused(request, str(error), status=422)
    last.remember(request, decision=decision)
    return _done(request, decision)


@desk(roles.DECIDE, methods=("POST",))
def undo(request: DeskRequest, decision_id: int) -> HttpResponse:
    """Take one decision back, with all it did."""
    original = get_object_or_404(Decision, pk=decision_id)
    try:
        decision = decisions.undo(decision_id=decision_id, by=request.user)
    except decisions.Conflict as conflict:
        last.forget(request, decision_id=original.pk)  # or it would bar the way to the actions before it
        return conflict_page(request, conflict)
    except roles.NotAllowed as error:
        return refused(request, str(error))
    last.forget(request, decision_id=original.pk)
    return _done(request, decision)


def _done(request: DeskRequest, decision: Decision) -> HttpResponse:
    """A script gets the last action with its undo; a form is sent on to the queue's next card."""
    if is_script(request):
        return render(request, "moderation/parts/last.html", _told(request, decision))
    name, query = _from(request)
    if decision.action == Action.UNDO:
        return redirect(card_url(decision.comment_id, name, query))
    following = lists.neighbour(name, Filters.of(_query(query)), by=request.user, without=[decision.comment_id])
    return redirect(card_url(following, name, query) if following else queue_url(name, query))


def _told(request: DeskRequest, decision: Decision) -> dict[str, Any]:
    told = last.told(decision)
    if decision.action == Action.UNDO:
        return last.taken_back(request, told["words"], comment_id=decision.comment_id)
    pause = exposure.pause_after(request.user.pk, [decision])
    return {"last": told, "back": told, "fresh": True, "pause": pause}


def _from(request: DeskRequest) -> tuple[str, str]:
    """The queue and filters the form was on."""
    name = request.POST.get("queue", "held")
    given = _query(request.POST.get("query", ""))
    return (name if name in lists.NAMES else "held"), Filters.of(given).query


def _query(text: str) -> dict[str, str]:
    return {key: str(value) for key, value in QueryDict(text[:2000]).items()}


def conflict_page(request: DeskRequest, conflict: decisions.Conflict) -> HttpResponse:
    """409: what the other one did, and the card as it is now."""
    comment = Comment.objects.select_related("article__section", "reader__user", "parent__reader").get(
        pk=conflict.comment.pk
    )
    name, query = _from(request)
    context: dict[str, Any] = {
        "comment": comment,
        "latest": cards.told([conflict.latest])[0] if conflict.latest else None,
        "name": name,
        "query": query,
    }
    if is_script(request):
        return render(request, "moderation/parts/conflict.html", context | last.context(request), status=409)
    context |= frame(request, name, Filters())
    return render(request, "moderation/conflict.html", context, status=409)


@desk(roles.DECIDE, methods=("POST",))
def many(request: DeskRequest) -> HttpResponse:
    """Approve or refuse the selected comments: `item` is `id:version`, at most 200; each gets its own result."""
    batch = _uuid(request.POST.get("batch", "")) or uuid4()
    items = [pair for pair in (_pair(text) for text in request.POST.getlist("item")) if pair]
    try:
        results = bulk.act(
            items,
            action=request.POST.get("action", ""),
            by=request.user,
            reason_code=request.POST.get("reason", ""),
            words=request.POST.get("words", "").strip()[:_MOST_WORDS],
            batch=batch,
        )
    except ValueError as error:
        return refused(request, str(error), status=422)
    if any(result.done for result in results):
        last.remember(request, batch=batch)
    return _results(request, results, batch)


@desk(roles.DECIDE, methods=("POST",))
def undo_many(request: DeskRequest, batch: UUID) -> HttpResponse:
    """Take a whole batch back; what somebody decided since stays as it is and is named."""
    results = bulk.undo(batch, by=request.user)
    last.forget(request, batch=batch)
    return _results(request, results, None)


def _results(request: DeskRequest, results: list[bulk.Result], batch: UUID | None) -> HttpResponse:
    name, query = _from(request)
    done = sum(1 for result in results if result.done)
    context = {"results": results, "done": done, "failed": len(results) - done, "batch": batch,
               "name": name, "query": query}  # fmt: skip
    if is_script(request):
        words = ngettext(
            "Took it back: %(n)d comment is where it was", "Took it back: %(n)d comments are where they were", done
        )
        told = last.context(request) if batch else last.taken_back(request, words % {"n": done})
        if batch:
            told["pause"] = exposure.pause_after(request.user.pk, Decision.objects.filter(batch=batch))
        return render(request, "moderation/parts/results.html", context | told)
    return render(request, "moderation/results.html", frame(request, name, Filters()) | context)


def _pair(text: str) -> tuple[int, int] | None:
    pk, _sep, version = text.partition(":")
    first, second = _number(pk), _number(version)
    return (first, second) if first is not None and second is not None else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
