"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's name and whether this is the local demo."""
    return {"site_name": settings.SITE_NAME, "local_demo": settings.PARLEY_LOCAL}
