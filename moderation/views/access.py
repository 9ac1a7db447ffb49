"""Who gets in. Every view of the desk is behind `desk`, so that none is reachable by being forgotten."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from discussions.accounts import used_second_factor
from discussions.models import User
from moderation import roles


class DeskRequest(HttpRequest):
    """A request that has passed `desk`."""

    user: User
    role: roles.Role
    htmx: Any


P = ParamSpec("P")
View = Callable[Concatenate[DeskRequest, P], HttpResponse]


LANGUAGE = "en"
"""The desk's own words exist in English only. Half a page in another language, or mirrored, helps nobody."""


def desk(what: str = roles.SEE_DESK, *, methods: tuple[str, ...] = ("GET", "HEAD")) -> Callable[[View[P]], Any]:
    """Let in whoever may do `what`; strangers to the login, others to a page that says what is missing."""

    def wrap(view: View[P]) -> Any:
        @never_cache
        @require_http_methods(list(methods))
        @wraps(view)
        def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _ask_to_sign_in(request)
            roles.for_this_request(request.user)
            if roles.role_of(request.user) is None:  # a reader, who is told in the reader's own language
                return refused(request, roles.why_not(request.user, what))
            with translation.override(LANGUAGE):
                if reason := roles.why_not(request.user, what):
                    return _spoken(refused(request, reason))
            if settings.STAFF_NEED_SECOND_FACTOR and not used_second_factor(request):
                return _ask_for_second_factor(request)
            request.role = roles.role_of(request.user)
            with translation.override(LANGUAGE):
                return _spoken(view(request, *args, **kwargs))

        guarded.desk_permission = what  # type: ignore[attr-defined]  # what the role × action test reads
        guarded.desk_methods = methods  # type: ignore[attr-defined]
        return guarded

    return wrap


def _spoken(response: HttpResponse) -> HttpResponse:
    response["Content-Language"] = LANGUAGE
    return response


def guard_admin(site: AdminSite) -> None:
    """Put Django's admin behind the same log-in as the desk, with its limits and its second factor."""
    staff_only = site.has_permission

    def has_permission(request: HttpRequest) -> bool:
        return staff_only(request) and (not settings.STAFF_NEED_SECOND_FACTOR or used_second_factor(request))

    @never_cache
    def login(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        onward = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
            onward = reverse("admin:index")
        if has_permission(request):
            return redirect(onward)
        if not request.user.is_authenticated:
            return redirect_to_login(onward)
        if not staff_only(request):
            return refused(request, _("This part of the desk is not open to you"))
        return _ask_for_second_factor(request)

    site.has_permission = has_permission  # type: ignore[method-assign]
    site.login = login  # type: ignore[method-assign]


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(_("You are signed out. Sign in again."), status=401)
    return redirect_to_login(request.get_full_path())


def _ask_for_second_factor(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(_("The desk needs your second factor. Load the page again."), status=401)
    if not is_mfa_enabled(request.user):
        messages.warning(request, _("The desk needs a second factor. Set one up here, then come back."))
        return redirect("mfa_activate_totp")
    return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")


def refused(request: HttpRequest, reason: str, *, status: int = 403) -> HttpResponse:
    """A page that says in clear words why not."""
    if request.headers.get("HX-Request"):
        return render(request, "moderation/parts/refused.html", {"reason": reason}, status=status)
    return render(request, "moderation/refused.html", {"reason": reason, "closed": status == 403}, status=status)
