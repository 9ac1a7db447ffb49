"""The desk itself: queues, lists, cards, live counts. Each page works alone; scripts ask for its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from discussions.models import Comment, State, User
from moderation import ask, cards, colleagues, lines, lists, queue, reasons, roles, rows, tallies
from moderation.filters import Filters, choices
from moderation.models import Action, Decision, QueueItem, Score, Worker
from moderation.views import chips, last
from moderation.views.access import DeskRequest, desk, refused

SPANS_PATIENCE_SECONDS = 3.0
LIVE_IDS = 100


@desk()
def home(request: DeskRequest) -> HttpResponse:
    """The desk opens on what is held."""
    return _queue(request, "held")


@desk()
def queue_page(request: DeskRequest, name: str) -> HttpResponse:
    """One queue. With `after`, the next page of its list; asked by a script, the list's rows alone."""
    if name not in lists.NAMES:
        raise Http404
    return _queue(request, name)


def _queue(request: DeskRequest, name: str) -> HttpResponse:
    filters = Filters.of(request.GET.dict())
    page = lists.page(name, filters, by=request.user, after=request.GET.get("after", "")[:80])
    current = page.rows[0].id if page.rows and not request.headers.get("HX-Request") else None
    listed = rows.html(page.rows, name=name, query=filters.query, current=current)
    context: dict[str, Any] = {"page": page, "rows": listed, "name": name, "filters": filters, "current": current}
    if request.headers.get("HX-Request"):
        return render(request, "moderation/parts/rows.html", context | _selection(request))
    context |= frame(request, name, filters)
    if page.rows:
        first = comments().filter(pk=page.rows[0].id).first()
        context["card"] = card(first, by=request.user) if first else None
    context["peek"] = True  # narrow screens show the list until a card is chosen
    return render(request, "moderation/desk.html", context)


def frame(request: DeskRequest, name: str, filters: Filters) -> dict[str, Any]:
    """What stands around every list: queues with counts, filters, the last action."""
    counted = counts(request)
    offered = choices(request.user, filters, name)
    return {
        "name": name,
        "title": lists.NAMES[name][1] if name in lists.NAMES else "",
        "empty": lists.NAMES[name][2] if name in lists.NAMES else "",
        "down": scoring_down(counted),
        "queues": [(key, g, title, counted.get(key)) for key, (g, title, _empty) in lists.NAMES.items()],
        "filters": filters,
        "choices": offered,
        "chips": chips.of(filters, offered),
        "refusals": [(code, key, title) for code, (key, title, _w) in reasons.REFUSALS.items()],
        "may": {what: roles.may(request.user, what) for what in roles.NEEDED},
        **_selection(request),
        **last.context(request),
    }


def _selection(request: DeskRequest) -> dict[str, Any]:
    return {"query": Filters.of(request.GET.dict()).query}


def counts(request: DeskRequest) -> dict[str, int]:
    """Queue → how many comments stand on it, exactly; also `pending`, what waits for its score."""
    kept = tallies.counts(roles.sections_of(request.user))
    every = sum(kept.get(f"is_{state}", 0) for state in State.values)
    return {
        "held": kept.get("held", 0),
        "reported": kept.get("reported", 0),
        "new": kept.get("is_published", 0) - kept.get("approved", 0),
        "approved": kept.get("approved", 0),
        "rejected": kept.get("is_rejected", 0),
        "all": every,
        "pending": kept.get("is_pending", 0),
        **lists.open_questions(request.user),
    }


def scoring_down(counted: Mapping[str, int]) -> dict[str, int] | None:
    """How many comments wait for a score, by `counts`, while no worker has reported lately; None where one has."""
    return None if Worker.objects.ready() else {"waiting": counted["pending"]}


def comments() -> Any:
    """Comments with all that a card reads of them."""
    return Comment.objects.select_related("article__section", "reader__user", "parent__reader")


@desk()
def card_page(request: DeskRequest, comment_id: int) -> HttpResponse:
    """One comment: the card alone for a script, else the whole desk with the queue it was reached from."""
    comment = get_object_or_404(comments(), pk=comment_id)
    if reason := _out_of_reach(request, comment):
        return refused(request, reason)
    name = request.GET.get("queue", "")
    name = name if name in lists.NAMES else "held"
    if request.headers.get("HX-Request"):
        context = {"card": card(comment, by=request.user), "current": comment.pk, "name": name}
        return render(request, "moderation/parts/card.html", context | _selection(request))
    _take_lease(request, comment)
    return render(request, "moderation/desk.html", around(request, comment, name))


def around(request: DeskRequest, comment: Comment, name: str) -> dict[str, Any]:
    """A card with the whole desk around it, on the queue `name`."""
    filters = Filters.of(request.GET.dict())
    page = lists.page(name, filters, by=request.user)
    return frame(request, name, filters) | {
        "card": card(comment, by=request.user),
        "current": comment.pk,
        "page": page,
        "rows": rows.html(page.rows, name=name, query=filters.query, current=comment.pk),
    }


def card(comment: Comment, *, by: User) -> cards.Card:
    """The card; of the words around the comment's own it is told as well whether they stay blurred."""
    made, parent = cards.build(comment, by=by), comment.parent
    hateful = lines.hateful([pk for pk in (comment.parent_id, comment.pk if made.revisions else None) if pk])
    if parent is not None and made.parent is not None:
        made.parent["hateful"] = (parent.pk, parent.shown_revision or parent.revision) in hateful
    for revision in made.revisions:  # each shows what it took out of the one before
        revision["hateful"] = any((comment.pk, n) in hateful for n in (revision["number"], revision["number"] - 1))
    return made


def _out_of_reach(request: DeskRequest, comment: Comment) -> str:
    """Empty, or why this person may not even look."""
    section_ids = roles.sections_of(request.user)
    if section_ids and comment.article.section_id not in section_ids:
        return _("This comment stands in a section that is not yours.")
    return ""


@desk(methods=("POST",))
def lease(request: DeskRequest, comment_id: int) -> HttpResponse:
    """Tell the others who is looking at this card."""
    comment = get_object_or_404(Comment.objects.select_related("article"), pk=comment_id)
    if reason := _out_of_reach(request, comment):
        return refused(request, reason)
    _take_lease(request, comment)
    return HttpResponse(status=204)


def _take_lease(request: DeskRequest, comment: Comment) -> None:
    queue.release(by=request.user, but=comment)
    for item in QueueItem.objects.filter(comment=comment):
        queue.claim(item, by=request.user)


@desk(methods=("POST",))
def spans(request: DeskRequest, comment_id: int) -> HttpResponse:
    """Which passages drove the score: computed once by the ask worker, kept, and shown in the words."""
    comment = get_object_or_404(comments(), pk=comment_id)
    if reason := _out_of_reach(request, comment):
        return refused(request, reason)
    score = Score.objects.filter(comment=comment, revision=comment.revision).order_by("-id").first()
    if score is not None and score.spans is None:
        text = comment.revisions.get(number=comment.revision).text
        try:
            [found] = ask.scores([text], patience=SPANS_PATIENCE_SECONDS, spans=True)
        except ask.Unavailable:
            return HttpResponse(status=204)
        Score.objects.filter(pk=score.pk).update(spans=found.get("spans", []))
    return render(request, "moderation/parts/words.html", {"card": cards.build(comment, by=request.user)})


@desk()
def live(request: DeskRequest) -> HttpResponse:
    """What changed meanwhile, asked every few seconds: counts, and for the rows on the screen who has or decided them.

    `ids` are comment ids with the version on the screen: `12:3,15:1`.
    """
    seen = dict(_pairs(request.GET.get("ids", "")))
    reachable = Comment.objects.filter(roles.reach(request.user), pk__in=seen)
    standing = list(reachable.values_list("pk", "version", "state"))
    moved = [pk for pk, version, _state in standing if version != seen[pk]]
    latest = Decision.objects.filter(comment_id__in=moved).order_by("comment_id", "-id").distinct("comment_id")
    told = {d.comment_id: d for d in latest}
    names = colleagues.names(d.actor_id for d in told.values())
    gone = {
        pk: {
            "state": state,
            "label": str(State(state).label),
            "who": (names.get(told[pk].actor_id or 0) or _("policy")) if pk in told else "",
            "version": version,
            "waits": pk in told and _still_there(told[pk]),
        }
        for pk, version, state in standing
        if pk in moved
    }
    here = [pk for pk, _version, _state in standing]
    leases = {pk: name for pk, (name, _at) in lines.leases(here, request.user).items() if name}
    counted = counts(request)
    down = render_to_string("moderation/parts/down.html", {"down": scoring_down(counted)}).strip()
    return JsonResponse({"counts": counted, "gone": gone, "leases": leases, "down": down})


def _still_there(latest: Decision) -> bool:
    """Whether the comment is where it was: taken back, or judged again and held again."""
    return latest.action == Action.UNDO or (latest.action == Action.HOLD and latest.from_state == latest.to_state)


def _pairs(text: str) -> list[tuple[int, int]]:
    found = []
    for part in text.split(",")[:LIVE_IDS]:
        pk, _sep, version = part.partition(":")
        if (
            pk.isascii()
            and pk.isdigit()
            and version.isascii()
            and version.isdigit()
            and len(pk) < 19
            and len(version) < 9
        ):
            found.append((int(pk), int(version)))
    return found


def queue_url(name: str, query: str = "") -> str:
    """Where a queue's list stands."""
    return reverse("desk_queue", args=[name]) + (f"?{query}" if query else "")


def card_url(comment_id: int, name: str, query: str = "") -> str:
    """A card, reached from a queue."""
    return reverse("desk_comment", args=[comment_id]) + f"?queue={name}" + (f"&{query}" if query else "")


def is_script(request: HttpRequest) -> bool:
    """Whether a script asks for a fragment."""
    return bool(request.headers.get("HX-Request"))
