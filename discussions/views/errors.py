"""Pages for what went wrong. They say what happened and what to do, and give back what was typed."""

from __future__ import annotations

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseNotFound,
    HttpResponseServerError,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from elsewhere: nothing was saved, so the words are given back."""
    context = {
        "title": _("Please send this again"),
        "words": _(
            "Nothing was saved: the form had been open for too long, or your browser keeps no cookies for this site. "
            "Copy your text, go back, reload the page and send it again."
        ),
        "typed": request.POST.get("text", ""),
    }
    if getattr(request, "htmx", False):
        return render(request, "discussions/parts/wrong.html", context, status=403)
    return render(request, "discussions/errors/page.html", context, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 in the site's own dress: too many fields, a host or a form that makes no sense."""
    context = {
        "title": _("This cannot be read"),
        "words": _("Nothing was saved. Go back, reload the page and try again."),
    }
    return HttpResponseBadRequest(render_to_string("discussions/errors/page.html", context, request=request))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 in the site's own dress."""
    context = {"title": _("This is not open to you"), "words": _("You may have to log in, or it is for others to do.")}
    return HttpResponseForbidden(render_to_string("discussions/errors/page.html", context, request=request))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 in the site's own dress."""
    context = {
        "title": _("There is nothing here"),
        "words": _("The page may have moved, or the comment is no longer shown."),
    }
    return HttpResponseNotFound(render_to_string("discussions/errors/page.html", context, request=request))


def server_error(request: HttpRequest) -> HttpResponse:
    """500 without the database, without context: whatever is broken must not break this page."""
    typed = request.POST.get("text", "") if request.method == "POST" else ""
    return HttpResponseServerError(render_to_string("discussions/errors/500.html", {"typed": typed}))
