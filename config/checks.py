"""System checks: a wrong setting is named with a hint before the site starts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from environ import Env


@checks.register()
def settings_are_sane(**_kwargs: Any) -> list[CheckMessage]:
    """Addresses, times and limits that would only fail later."""
    found: list[CheckMessage] = []
    if not _is_address(settings.REDIS_URL, {"redis", "rediss"}):
        found.append(
            Error(
                "REDIS_URL must start with redis:// or rediss:// and name a host.",
                hint="redis://:password@localhost:6379; in the password, / : @ # % are written as %2F %3A %40 %23 %25",
                id="parley.E002",
            )
        )
    if not _is_address(settings.SITE_URL, {"http", "https"}) or urlsplit(settings.SITE_URL).path:
        found.append(
            Error(
                "SITE_URL must be a full address without a path: the site stands at the root of its host.",
                hint="SITE_URL=https://talk.example.org",
                id="parley.E003",
            )
        )
    if settings.EMAIL_URL and urlsplit(settings.EMAIL_URL).scheme not in Env.EMAIL_SCHEMES:
        found.append(
            Error(
                "EMAIL_URL names no way to send mail.",
                hint="EMAIL_URL=smtp+tls://user:password@mail.example.org:587",
                id="parley.E005",
            )
        )
    found.extend(
        Error(f"{name} must be {'above zero' if least else 'zero or more'}.", hint="See .env.sample.", id="parley.E004")
        for name, (value, least) in _numbers().items()
        if value < 0 or (least and not value)
    )
    if not settings.PARLEY_LOCAL and not settings.HTTPS and not settings.DEBUG:
        found.append(
            checks.Warning(
                "SITE_URL is not https: cookies travel unprotected.",
                hint="Put a TLS proxy in front and set SITE_URL=https://…",
                id="parley.W001",
            )
        )
    if not settings.PARLEY_LOCAL and not settings.EMAIL_URL:
        found.append(
            checks.Warning(
                "EMAIL_URL is not set: mail waits, so nobody can confirm an account.",
                hint="EMAIL_URL=smtp+tls://user:password@mail.example.org:587",
                id="parley.W002",
            )
        )
    return found


def _is_address(text: str, schemes: set[str]) -> bool:
    """Whether it has one of these schemes, a host, and a port that is a number if any."""
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _numbers() -> dict[str, tuple[float, bool]]:
    """The variable's name → (its value, whether it must be above zero)."""
    return {
        "COMMENT_MAX_CHARS": (settings.COMMENT_MAX_CHARS, True),
        "POSTS_PER_MINUTE": (settings.POSTS_PER_MINUTE, True),
        "PARLEY_LEASE_SECONDS": (settings.SCORING_LEASE_SECONDS, True),
        "PARLEY_SCORING_BATCH": (settings.SCORING_BATCH, True),
        "PARLEY_SWEEP_SECONDS": (settings.CELERY_BEAT_SCHEDULE["sweep"]["schedule"], True),
        "PARLEY_STALE_SECONDS": (settings.SCORING_STALE_SECONDS, True),
        "PARLEY_ASK_TIMEOUT_SECONDS": (settings.ASK_TIMEOUT_SECONDS, True),
        "PARLEY_ASK_ROOM": (settings.ASK_ROOM, True),
        "SECURE_HSTS_SECONDS": (settings.SECURE_HSTS_SECONDS, False),
        "TRUSTED_PROXIES": (settings.TRUSTED_PROXIES, False),
        "DATABASE_CONN_MAX_AGE": (settings.DATABASES["default"]["CONN_MAX_AGE"], False),
        "EDIT_WINDOW_SECONDS": (settings.EDIT_WINDOW_SECONDS, False),
        "CLOSE_AFTER_DAYS": (settings.CLOSE_AFTER_DAYS, False),
        "GUEST_EMAIL_DAYS": (settings.GUEST_EMAIL_DAYS, False),
        "SENT_MAIL_DAYS": (settings.SENT_MAIL_DAYS, False),
        "SIGNAL_DAYS": (settings.SIGNAL_DAYS, False),
        "LIKENESS_DAYS": (settings.LIKENESS_DAYS, False),
        "UNCONFIRMED_DAYS": (settings.UNCONFIRMED_DAYS, False),
        "PERSPECTIVE_SUGGESTION_DAYS": (settings.PERSPECTIVE_SUGGESTION_DAYS, False),
    }
