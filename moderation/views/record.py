"""The record of decisions: who decided what, when and why, newest first."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from discussions.models import Article, Comment
from moderation import cards, roles
from moderation.filters import Filters
from moderation.models import Action, Decision
from moderation.views.access import DeskRequest, desk
from moderation.views.queues import frame

ROWS = 50


@desk()
def record(request: DeskRequest) -> HttpResponse:
    """The record, page by page; `who` narrows it to people, policy or oneself, `comment` to one comment."""
    who = request.GET.get("who", "people")
    comment_id = _number(request.GET.get("comment", ""))
    found = _narrowed(who if comment_id is None else "all", comment_id, request)
    before = _number(request.GET.get("before", ""))
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: ROWS + 1])
    reversed_by = dict(Decision.objects.filter(reverses__in=rows).values_list("reverses_id", "pk"))
    names = dict(Comment.objects.filter(pk__in=[d.comment_id for d in rows]).values_list("pk", "reader__name"))
    told = [
        row
        | {
            "author": names.get(d.comment_id, ""),
            "reversed_by": reversed_by.get(d.pk),
            "can_undo": d.actor == Decision.Actor.PERSON and d.pk not in reversed_by,
        }
        for d, row in zip(rows, cards.told(rows[:ROWS]), strict=False)
    ]
    context: dict[str, Any] = {
        "rows": told,
        "who": who,
        "comment_id": comment_id,
        "before": rows[ROWS - 1].pk if len(rows) > ROWS else None,
    }
    return render(request, "moderation/record.html", frame(request, "record", Filters()) | context)


def _narrowed(who: str, comment_id: int | None, request: DeskRequest) -> QuerySet[Decision]:
    found = Decision.objects.all()
    if section_ids := roles.sections_of(request.user):
        found = found.filter(article_id__in=Article.objects.filter(section__in=section_ids).values("pk"))
    if comment_id is not None:
        return found.filter(comment_id=comment_id)
    if who == "me":
        return found.filter(actor=Decision.Actor.PERSON, actor_id=request.user.pk)
    if who == "policy":
        return found.filter(actor=Decision.Actor.MACHINE)
    if who == "undone":
        return found.filter(action=Action.UNDO)
    return found if who == "all" else found.filter(actor=Decision.Actor.PERSON)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
