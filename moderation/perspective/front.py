"""What a request to the endpoint meets first.

Its addresses are answered here, before sessions, CSRF, redirects and request logs: callers follow no redirect and read
no HTML, and neither a text nor a key may reach a log. Whatever goes wrong ends in the JSON envelope.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable

import structlog
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]

from moderation.perspective import errors
from moderation.perspective.errors import ApiError

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 8 * 1024 * 1024
"""Context entries may be a megabyte each."""
MAX_BATCH_BYTES = 32 * 1024 * 1024
BODY_SECONDS = 10.0
"""For the next bytes of a body to come."""

_METHOD = re.compile(r"^/+v1alpha1/+comments(?::|%3[Aa])(analyze|suggestscore)/?$")
_OURS = re.compile(r"^/+(v1alpha1(/|$)|\$discovery(/|$)|discovery/v1/apis/commentanalyzer(/|$)|batch(/|$))")
_DISCOVERY = re.compile(r"^/+(\$discovery/rest|discovery/v1/apis/commentanalyzer/v1alpha1/rest)/?$")
_BATCH = re.compile(r"^/+batch(/commentanalyzer(/v1alpha1)?)?/?$")


def method_of(path: str) -> str:
    """ "analyze", "suggestscore", "discovery" or "batch"; empty for an address that has none."""
    if found := _METHOD.match(path):
        return found.group(1)
    if _DISCOVERY.match(path):
        return "discovery"
    return "batch" if _BATCH.match(path) else ""


class Front:
    """Middleware: the endpoint's requests go to its views by the shortest way, all others pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        from moderation.views import perspective  # at the process's start, so that the first caller need not wait

        self.views = perspective

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _OURS.match(request.path_info):
            return self.get_response(request)
        return answered(request, self.views.VIEWS.get(method_of(request.path_info), self.views.nowhere))


def answered(request: HttpRequest, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """The view's response; what it raised as the envelope, and logged without its words, which could hold a text."""
    from moderation.views import perspective

    try:
        response = view(request)
    except ApiError as error:
        response = perspective.refusal(error)
    except SuspiciousOperation:  # more parameters than anybody needs, and the like
        response = perspective.refusal(errors.invalid_request("This request cannot be read."))
    except Exception as error:  # noqa: BLE001 - no HTML page and no traceback with a text in it
        frame = traceback.extract_tb(error.__traceback__)[-1]
        log.error("perspective_failed", error=type(error).__name__, where=f"{frame.filename}:{frame.lineno}")
        response = perspective.refusal(errors.internal())
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def body_of(request: HttpRequest, most: int = MAX_BODY_BYTES) -> bytes:
    """The whole body, chunked or not, whatever its Content-Type. Raises ApiError where it is larger than `most` bytes,
    broken, or stays away for BODY_SECONDS.
    """
    stream = request
    if request.META.get("HTTP_TRANSFER_ENCODING") and request.META.get("wsgi.input_terminated"):
        stream = request.META["wsgi.input"]  # Django reads by Content-Length, which a chunked body does not have
    connection = request.META.get("gunicorn.socket")
    before = connection.gettimeout() if connection else None
    try:
        if connection:
            connection.settimeout(BODY_SECONDS)
        body = stream.read(most + 1)
    except (OSError, ParseException):
        raise errors.invalid_request("The request ended before its body did.") from None
    finally:
        if connection:
            connection.settimeout(before)
    if len(body) > most:
        raise errors.invalid_request(f"The request is larger than {most} bytes.")
    return body
