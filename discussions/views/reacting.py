"""One press on a comment: readers recommend it, and people of the house lift it out."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, strip_tags
from django.utils.translation import gettext as _

from discussions import accounts, limits, picks, standing, votes
from discussions.models import Comment, User, Vote
from discussions.refusals import Refused
from discussions.views import pressed, reading, who
from discussions.views.taking_part import check_pace, status_of


@pressed.stands_on("comment", "pk")
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Recommend a comment, or take the recommendation back. Guests count once they have a name here."""
    found = reading.visible(request, pk)
    reader = who.current(request)
    try:
        if reader is None:
            raise Refused("who", _who_words(found))
        check_pace(request, "vote", reader)
        voted = Vote.objects.filter(comment=found, reader=reader).exists()
        if voted:
            votes.take_back(comment=found, by=reader)
        else:
            votes.add(comment=found, by=reader, origin=limits.origin(request, f"vote:{found.pk}"))
    except Refused as refused:
        if _wants_json(request):
            said = conditional_escape(str(refused.message))
            return JsonResponse({"error": strip_tags(said), "html": said}, status=status_of(refused))
        return reading.comment_page(request, found, status=status_of(refused), problem=str(refused.message))
    if _wants_json(request):
        return JsonResponse({"voted": not voted, "votes": found.upvotes})
    return who.back(request, reverse("comment", args=[found.pk]), anchor=f"#c{found.pk}")


def _who_words(comment: Comment) -> str:
    words = _('<a href="{log_in}">Log in</a>, or <a href="{write}">post once under a name</a>, to recommend comments.')
    back = f"{comment.article.get_absolute_url()}#c{comment.pk}"
    write = f"{comment.article.get_absolute_url()}#write"
    return format_html(words, log_in=accounts.log_in_address(back), write=write)


@pressed.stands_on("comment", "pk")
def pick(request: HttpRequest, pk: int) -> HttpResponse:
    """Staff lift a comment above the thread, or put it back."""
    found = reading.visible(request, pk)
    picks.toggle(comment=found, by=_lifter(request, found))
    return redirect(found)


@pressed.stands_on("comment", "pk")
def pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Staff let a comment stand first in every order, or let it go back to its place."""
    found = reading.visible(request, pk)
    try:
        picks.toggle_pin(comment=found, by=_lifter(request, found))
    except Refused as refused:
        return reading.comment_page(request, found, status=status_of(refused), problem=str(refused.message))
    return redirect(found)


def _lifter(request: HttpRequest, comment: Comment) -> User:
    """The person of the house who asks. Raises PermissionDenied for others, and where it is not theirs to do."""
    person = standing.who_lifts(request, comment)
    if person is None:
        raise PermissionDenied
    return person


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")
