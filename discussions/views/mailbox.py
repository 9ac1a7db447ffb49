"""The local demo's mailbox: what would have been sent, with links to click. Not part of a real site's addresses."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discussions.models import Mail

MOST = 50
MOST_CHARS = 20_000


@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The newest messages first."""
    messages = [
        {"mail": mail, "lines": mail.body[:MOST_CHARS].splitlines()} for mail in Mail.objects.order_by("-pk")[:MOST]
    ]
    return render(request, "discussions/mailbox.html", {"found": messages})
