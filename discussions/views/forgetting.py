"""The pages on which readers see what is kept on them, and have it taken away."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from discussions import accounts, forgetting
from discussions.models import Reader
from discussions.refusals import Refused
from discussions.views import who
from discussions.views.taking_part import check_pace, status_of

CHOICES = {forgetting.KEEP, forgetting.DELETE}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: HttpRequest) -> HttpResponse:
    """What is kept on this reader.

    POST erases a guest, or sends the link that does where an address is confirmed; it closes an account once the
    password was given again.
    """
    reader = who.current(request)
    if reader is None:
        raise Http404
    context = {
        "person": reader,
        "kept": forgetting.kept_on(reader),
        "works_here": forgetting.works_here(reader),
        "comments": request.GET.get("comments"),
        "sure": accounts.gave_password_lately(request),
        "sent": False,
        "error": "",
    }
    status = 200
    if request.method == "POST":
        comments = context["comments"] = request.POST.get("comments", "")
        try:
            check_pace(request, "forget", reader)
            if comments not in CHOICES:
                raise Refused("choice", _("Say what is to become of your comments."))
            if reader.kind == Reader.Kind.ACCOUNT:
                return _closed(request, reader, comments)
            if not reader.email_confirmed_at:
                return _forgotten(request, reader, comments)
            forgetting.ask(reader, comments)
            context["sent"] = True
        except Refused as refused:
            context["error"], status = str(refused.message), status_of(refused)
    return render(request, "discussions/forget.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirmed(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail. It asks before it erases: mail scanners open links, too."""
    reader, comments = forgetting.by_token(token)
    if reader is not None and request.method == "POST":
        return _forgotten(request, reader, comments)
    context = {"person": reader, "delete": comments == forgetting.DELETE}
    return render(request, "discussions/forget_confirmed.html", context, status=200 if reader else 404)


def _closed(request: HttpRequest, reader: Reader, comments: str) -> HttpResponse:
    """Close an account whose password was given in the last minutes; otherwise go and ask for it, and come back."""
    if not forgetting.works_here(reader) and not accounts.gave_password_lately(request):
        back = reverse("forget", query={"comments": comments})
        return redirect(reverse("account_reauthenticate", query={"next": back}))
    forgetting.forget(reader, comments=comments)
    logout(request)
    messages.success(request, _("Your account is closed: no name, no address, no log-in."))
    return redirect("home")


def _forgotten(request: HttpRequest, reader: Reader, comments: str) -> HttpResponse:
    forgetting.forget(reader, comments=comments)
    messages.success(request, _("You are forgotten here: no name, no address, no cookie."))
    response = redirect("home")
    who.end(response)
    return response
