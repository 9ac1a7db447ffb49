"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import urlencode

from discussions.views import who

_READING = {"section", "article", "comment", "reader"}


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, the most a form may hold, whether a guest's cookie came along, where to go after logging in."""
    return {
        "site_name": settings.SITE_NAME,
        "local_demo": settings.PARLEY_LOCAL,
        "most_bytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        "remembered": who.cookie() in request.COOKIES,
        "and_back": _and_back(request),
    }


def _and_back(request: HttpRequest) -> str:
    """For the address of the log-in page: back to what is being read. Without its query, as pages are kept by path."""
    place = request.resolver_match
    reading = request.method == "GET" and place is not None and place.url_name in _READING
    return f"?{urlencode({'next': request.path})}" if reading else ""
