"""What the site answers when the database is away, cannot hold what was sent, or knows no such page: clean pages that
keep the words."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from discussions.views import errors, who

log = structlog.get_logger(__name__)

MOST_TO_SWALLOW = 32 * 2**20  # bytes


class TooLarge:
    """A form larger than the site takes: told on a page of the site's own, before anything reads it as a form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if most is None or not length.isdigit() or int(length) <= most:
            return self.get_response(request)
        log.warning("too_large", path=request.path, length=length[:20])
        _swallow(request, int(length))
        words = _(
            "What you sent is larger than %(most)s, and nothing of it was saved. A comment holds %(chars)d characters. "
            "Go back, shorten the text and send it again; in most browsers it is still in the form."
        ) % {"most": filesizeformat(most), "chars": settings.COMMENT_MAX_CHARS}
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"error": words}, status=413)
        context = {"title": _("This is too much at once"), "words": words, "back": who.came_from(request)}
        return HttpResponse(render_to_string("discussions/errors/page.html", context, request), status=413)


def _swallow(request: HttpRequest, length: int) -> None:
    """Read what is being sent, within reason: a browser that is cut off in the middle shows no answer at all."""
    left = min(length, MOST_TO_SWALLOW)
    while left > 0 and (piece := request.read(min(left, 65536))):
        left -= len(piece)


class NotAllowed:
    """An empty 405 becomes a page for whoever reads pages; what carries words of its own stays as it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.streaming or response.content:
            return response
        if "text/html" not in request.headers.get("Accept", ""):
            return response
        return errors.not_allowed(request, response.headers.get("Allow", ""))


class DatabaseDown:
    """Turn a lost database connection into a 503 page. Nothing was saved, so the text is given back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            response = self.get_response(request)
        except (OperationalError, InterfaceError) as error:
            return errors.database_down(request, error)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, (OperationalError, InterfaceError)):
            return errors.database_down(request, error)
        if isinstance(error, (DataError, UnicodeEncodeError)):
            return self.unstorable(request, error)
        return None

    def unstorable(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """A NUL byte, half a character, a number out of range: the request's fault, and no reason for a traceback."""
        log.warning("not_storable", path=request.path, error=type(error).__name__)
        words = _(
            "Something in this request cannot be stored, such as an invisible character or far too large a number."
        )
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"error": words}, status=400)
        context = {"title": _("This cannot be read"), "words": words, "typed": request.POST.get("text", "")}
        return render(request, "discussions/errors/page.html", context, status=400)
