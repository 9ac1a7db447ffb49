"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from discussions.views import who


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name, the most a form may hold, whether a guest's cookie came along."""
    return {
        "site_name": settings.SITE_NAME,
        "local_demo": settings.PARLEY_LOCAL,
        "most_bytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        "remembered": who.cookie() in request.COOKIES,
    }
