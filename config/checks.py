"""System checks: a wrong setting is named with a hint before the site starts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error


@checks.register()
def settings_are_sane(**_kwargs: Any) -> list[CheckMessage]:
    """Database dialect, addresses, times and limits that would only fail later."""
    found: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        found.append(Error("Parley runs on PostgreSQL only.", hint="Set DATABASE_URL=postgres://…", id="parley.E001"))
    if urlsplit(settings.REDIS_URL).scheme not in {"redis", "rediss"}:
        found.append(
            Error(
                "REDIS_URL must start with redis:// or rediss://.",
                hint="redis://localhost:6379",
                id="parley.E002",
            )
        )
    if urlsplit(settings.SITE_URL).scheme not in {"http", "https"}:
        found.append(
            Error("SITE_URL must be a full address.", hint="SITE_URL=https://talk.example.org", id="parley.E003")
        )
    positive = ("SCORING_LEASE_SECONDS", "SCORING_BATCH", "COMMENT_MAX_CHARS", "POSTS_PER_MINUTE")
    found.extend(
        Error(f"{name} must be above zero.", hint="See .env.sample.", id="parley.E004")
        for name in positive
        if getattr(settings, name) <= 0
    )
    if not settings.PARLEY_LOCAL and not settings.HTTPS and not settings.DEBUG:
        found.append(
            checks.Warning(
                "SITE_URL is not https: cookies travel unprotected.",
                hint="Put a TLS proxy in front and set SITE_URL=https://…",
                id="parley.W001",
            )
        )
    return found
