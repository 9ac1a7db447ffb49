"""Who is asking: an account's reader, a guest remembered by a signed cookie, or nobody."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from discussions import languages, names
from discussions.models import Reader, User

_SALT = "parley.guest"
_YEAR = 365 * 24 * 3600
_KEPT = "_parley_reader"


def cookie() -> str:
    """The guest cookie's name. On https it is one that no other host and no plain page can set."""
    return "__Host-reader" if settings.HTTPS else "reader"


def is_known(request: HttpRequest) -> bool:
    """Whether the request carries anything that could name a reader; costs no query."""
    return cookie() in request.COOKIES or settings.SESSION_COOKIE_NAME in request.COOKIES


def current(request: HttpRequest) -> Reader | None:
    """The reader behind a request, or None. Looked up once per request; no query for a stranger."""
    if not hasattr(request, _KEPT):
        setattr(request, _KEPT, _find(request) if is_known(request) else None)
    found: Reader | None = getattr(request, _KEPT)
    return found


def _find(request: HttpRequest) -> Reader | None:
    if request.user.is_authenticated:
        reader = Reader.objects.select_related("user").filter(user=request.user).first()
        return reader or _first_words(request.user)
    try:
        pk = signing.loads(request.COOKIES.get(cookie(), ""), salt=_SALT, max_age=_YEAR)
    except signing.BadSignature:
        return None
    return Reader.objects.filter(pk=pk, kind=Reader.Kind.GUEST, erased_at=None).first()


def _first_words(user: User) -> Reader:
    """An account made on the command line has no public name yet; it gets one that is free."""
    wish = user.email.partition("@")[0][:50] or "reader"
    name, number = wish, 1
    while Reader.objects.filter(name_key=names.key(name), kind=Reader.Kind.ACCOUNT).exists():
        number += 1
        name = f"{wish} {number}"
    return Reader.objects.create(kind=Reader.Kind.ACCOUNT, user=user, name=name, language=languages.active())


def back(request: HttpRequest, otherwise: str, *, anchor: str = "") -> HttpResponse:
    """To the page of this site that the request came from, or to another one."""
    return redirect((came_from(request) or otherwise) + anchor)


def came_from(request: HttpRequest) -> str:
    """The page of this site that the request came from; "" for one elsewhere."""
    page = request.headers.get("Referer", "").partition("#")[0]
    safe = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=settings.HTTPS)
    return page if safe else ""


def remember(request: HttpRequest, response: HttpResponse, reader: Reader) -> None:
    """Let a guest come back as the same reader: a signed cookie, unreadable to scripts."""
    setattr(request, _KEPT, reader)
    if reader.kind == Reader.Kind.GUEST:
        response.set_cookie(
            cookie(),
            signing.dumps(reader.pk, salt=_SALT),
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.HTTPS,
        )


def end(response: HttpResponse) -> None:
    """Let the browser forget the guest."""
    response.delete_cookie(cookie(), samesite="Lax")
