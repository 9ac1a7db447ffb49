"""Addresses behind buttons. They act on POST alone; whoever opens one is led to the page its button stands on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

View = Callable[..., HttpResponse]


def stands_on(page: str, *names: str) -> Callable[[View], View]:
    """Let POST through and lead GET to the address `page`, made of the view's own arguments `names`.

    A press that was refused answers at the button's address with a page, and that page's links to the other languages,
    or a reload from the address bar, come back to it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **what: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, **what)
            if request.method in {"GET", "HEAD"}:
                return HttpResponseRedirect(reverse(page, kwargs={name: what[name] for name in names}))
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])

        return guarded

    return decorate
