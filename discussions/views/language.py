"""The reader's language, kept in a cookie."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discussions import languages
from discussions.views import who


@never_cache
@require_safe
def choose(request: HttpRequest, code: str) -> HttpResponse:
    """Remember a language and go back to where the reader was. It changes nothing but a cookie and
    the language of the mails, so GET will do."""
    if code not in dict(settings.LANGUAGES):
        raise Http404
    response = who.back(request, "/")
    reader = who.current(request)
    if reader is not None:
        with translation.override(code):
            languages.note(reader)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 24 * 3600, samesite="Lax", secure=settings.HTTPS
    )
    return response
