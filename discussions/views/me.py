"""A reader's own page: everything they said here, how it stands, and why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discussions.models import Comment, Follow, State
from discussions.views import own, who

PER_PAGE = 30


@never_cache
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """One's own comments, newest first, each with its state and, when held or refused, the statement of reasons."""
    reader = who.current(request)
    if reader is None:
        return redirect(f"{reverse('account_login')}?next={reverse('me')}")
    before = request.GET.get("before", "")
    comments = Comment.objects.filter(reader=reader).exclude(state=State.DELETED).order_by("-id")
    if before.isascii() and before.isdigit() and len(before) < 19:
        comments = comments.filter(pk__lt=int(before))
    found = own.of(comments[: PER_PAGE + 1])
    context = {
        "reader": reader,
        "found": found[:PER_PAGE],
        "follows": reader.follows.select_related("article", "comment").order_by("-pk")[:100],
        "paces": Follow.Pace.choices,
        "mutes": reader.mutes.select_related("muted").order_by("-pk")[:200],
        "older": found[PER_PAGE - 1].comment.pk if len(found) > PER_PAGE else None,
    }
    return render(request, "discussions/me.html", context)
