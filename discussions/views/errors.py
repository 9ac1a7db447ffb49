"""Pages for what went wrong. They say what happened and what to do, and give back what was typed."""

from __future__ import annotations

import sys

import structlog
from django.db import InterfaceError, OperationalError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseNotFound,
    HttpResponseServerError,
    JsonResponse,
)
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext as _

from discussions import accounts
from discussions.views import again, who

log = structlog.get_logger(__name__)

_FROM_ELSEWHERE = ("Origin checking failed", "Referer checking failed")  # how Django begins to say it


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The token did not fit: nothing was saved. A form of this site's own is shown again, ready to be sent."""
    if not reason.startswith(_FROM_ELSEWHERE):
        if "application/json" in request.headers.get("Accept", ""):
            said = _("Nothing was saved: this page had been open for too long. Press once more.")
            return JsonResponse({"error": said, "token": get_token(request)}, status=403)
        if (done := again.after_log_in(request)) is not None:
            return done
        words = _(
            "Nothing was saved yet: the form had been open for too long, or your browser keeps no cookies for this "
            "site. Your words are still here. Press the button once more."
        )
        if (form := again.form(request, words)) is not None:
            return form
    typed = request.POST.get("text", "") or request.POST.get("words", "")
    words = _(
        "Nothing was saved: the form had been open for too long, or your browser keeps no cookies for this site. "
        "Go back, reload the page and try again."
    )
    if typed:
        words = _(
            "Nothing was saved: the form had been open for too long, or your browser keeps no cookies for this site. "
            "Copy your text, go back, reload the page and send it again."
        )
    context = {"title": _("Please send this again"), "words": words, "typed": typed, "back": who.came_from(request)}
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
    words = _("This is for others to do.")
    if not request.user.is_authenticated:
        words = _('You may have to <a href="{log_in}">log in</a>, or it is for others to do.')
        words = format_html(words, log_in=accounts.log_in_address(_page_of(request)))
    context = {"title": _("This is not open to you"), "words": words}
    return HttpResponseForbidden(render_to_string("discussions/errors/page.html", context, request=request))


def _page_of(request: HttpRequest) -> str:
    """A page that can be opened: the one asked for, or the one whose button was pressed."""
    return request.get_full_path() if request.method == "GET" else who.came_from(request) or "/"


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 in the site's own dress."""
    context = {
        "title": _("There is nothing here"),
        "words": _("The page may have moved, or the comment is no longer shown."),
    }
    return HttpResponseNotFound(render_to_string("discussions/errors/page.html", context, request=request))


def not_allowed(request: HttpRequest, permitted: str) -> HttpResponse:
    """405 in the site's own dress: an address that only a button or a form asks for, opened as a page."""
    context = {
        "title": _("There is no page here"),
        "words": _("This address belongs to a button or a form. Nothing was changed."),
        "back": who.came_from(request),
    }
    answer = render(request, "discussions/errors/page.html", context, status=405)
    answer.headers["Allow"] = permitted
    return answer


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429 in the site's own dress: where allauth counts, at the doors to the accounts."""
    context = {
        "title": _("One moment, please"),
        "words": _("That was more often than is allowed here. Wait a few minutes, then try again."),
        "back": who.came_from(request),
    }
    return render(request, "discussions/errors/page.html", context, status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 without the database, without context: whatever is broken must not break this page.

    A database that went away before any view began (who is it?) is answered as it is in a view.
    """
    error = sys.exc_info()[1]
    if isinstance(error, (OperationalError, InterfaceError)):
        return database_down(request, error)
    typed = request.POST.get("text", "") if request.method == "POST" else ""
    return HttpResponseServerError(render_to_string("discussions/errors/500.html", {"typed": typed}))


def database_down(request: HttpRequest, error: Exception) -> HttpResponse:
    """503 while the database is away: nothing was saved, and what was typed is given back."""
    log.error("database_down", path=request.path, error=str(error).strip()[:200])
    headers = {"Retry-After": "10", "Cache-Control": "no-store"}
    if "application/json" in request.headers.get("Accept", ""):
        body = {"error": _("The database does not answer. Nothing was saved; try again in a moment.")}
        return JsonResponse(body, status=503, headers=headers)
    typed = request.POST.get("text", "") if request.method == "POST" else ""
    page = render_to_string("discussions/errors/503.html", {"typed": typed})
    return HttpResponse(page, status=503, headers=headers)
