"""Appeals: the author's page, and the answer at the desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from discussions.models import Comment, Notice, State
from discussions.views import who
from moderation import answering, appeals, decisions, roles
from moderation.models import Appeal
from moderation.views import last
from moderation.views.access import DeskRequest, desk, refused
from moderation.views.decide import conflict_page
from moderation.views.queues import around, card_url, comments, is_script


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, comment_id: int) -> HttpResponse:
    """The author of a refused comment asks another person to look at it. Open to that author alone."""
    comment = get_object_or_404(Comment.objects.select_related("article", "reader"), pk=comment_id)
    reader = who.current(request)
    notice = (
        Notice.objects.filter(comment=comment, outcome=State.REJECTED, withdrawn_at__isnull=True)
        .order_by("-created_at", "-pk")
        .first()
    )
    context: dict[str, Any] = {"comment": comment, "notice": notice, "typed": request.POST.get("words", "")}
    try:
        appeals.check(notice, reader)
    except appeals.NotPossible as error:
        return render(request, "moderation/appeal.html", context | {"closed": str(error)}, status=403)
    if request.method == "POST" and notice is not None and reader is not None:
        try:
            appeals.file(notice, by=reader, words=context["typed"])
        except appeals.NotPossible as error:
            return render(request, "moderation/appeal.html", context | {"problem": str(error)}, status=422)
        return render(request, "moderation/appeal.html", context | {"done": True})
    return render(request, "moderation/appeal.html", context)


@desk(roles.APPEALS, methods=("POST",))
def answer(request: DeskRequest, appeal_id: int) -> HttpResponse:
    """Uphold or overturn: `outcome` and words for the author, who is owed them where the refusal stands."""
    appeal = get_object_or_404(Appeal.objects.select_related("comment__reader", "comment__article"), pk=appeal_id)
    outcome, words = request.POST.get("outcome", ""), request.POST.get("words", "").strip()[: appeals.MOST_CHARS]
    if outcome == Appeal.Outcome.UPHELD and not words and _may_answer(appeal, request):
        return _ask_again(request, appeal, _("Tell the author why the refusal stands."))
    try:
        done = appeals.answer(appeal.pk, by=request.user, outcome=outcome, words=words)
    except decisions.Conflict as conflict:
        return conflict_page(request, conflict)
    except roles.NotAllowed as error:
        return refused(request, str(error))
    except ValueError as error:
        return _ask_again(request, appeal, str(error))
    last.remember_answer(request, done)
    return redirect(card_url(done.comment_id, "appeals"))


def _may_answer(appeal: Appeal, request: DeskRequest) -> bool:
    waits = Appeal.objects.waiting().filter(pk=appeal.pk).exists()
    return waits and not answering.why_not(appeal, request.user)


def _ask_again(request: DeskRequest, appeal: Appeal, problem: str) -> HttpResponse:
    """The card once more with what is missing, and the words as they were typed."""
    comment = comments().get(pk=appeal.comment_id)
    context = around(request, comment, "appeals") | {"problem": problem, "typed": request.POST.get("words", "")}
    return render(request, "moderation/desk.html", context, status=422)


@desk(roles.APPEALS, methods=("POST",))
def reopen(request: DeskRequest, appeal_id: int) -> HttpResponse:
    """Take the answer to an appeal back."""
    appeal = get_object_or_404(Appeal, pk=appeal_id)
    try:
        appeals.reopen(appeal.pk, by=request.user)
    except decisions.Conflict as conflict:
        last.forget_answer(request, appeal)
        return conflict_page(request, conflict)
    except roles.NotAllowed as error:
        return refused(request, str(error))
    last.forget_answer(request, appeal)
    if is_script(request):
        words = _("Took it back: the appeal is open again")
        told = last.taken_back(request, words, comment_id=appeal.comment_id)
        return render(request, "moderation/parts/last.html", told)
    return redirect(card_url(appeal.comment_id, "appeals"))
