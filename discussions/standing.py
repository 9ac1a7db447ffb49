"""Whether somebody may take part, or lift what others wrote. Who decides that stands above this floor and is named in
the settings."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from discussions import accounts
from discussions.models import Comment, Reader, User


def is_barred(reader: Reader) -> bool:
    """Whether the reader is shut out at present. READERS_BARRED_BY names the function that knows; "" bars nobody."""
    name = settings.READERS_BARRED_BY
    return bool(name and import_string(name)(reader))


def who_lifts(request: HttpRequest, comment: Comment) -> User | None:
    """Who asks, if they run the site and may make this comment a pick or pin it, else None.

    COMMENTS_LIFTED_BY names the function that knows who answers for what; "" lets everybody who runs the site.
    """
    if not accounts.runs_the_site(request) or not isinstance(request.user, User):
        return None
    name = settings.COMMENTS_LIFTED_BY
    return request.user if not name or import_string(name)(request.user, comment) else None
