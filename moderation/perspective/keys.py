"""API keys: made, found, revoked. A key is 256 random bits; only a keyed hash of it is stored."""

from __future__ import annotations

import os
import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from moderation.models.api_key import ApiKey

PREFIX = "pk-"
MOST_REQUESTS = 2_000_000_000  # what its column holds
FRESH_SECONDS = 1.0
"""How long a process trusts what it read of a key: a revoked one ends within this time."""
STALE_SECONDS = 600.0
"""How long it goes on trusting it while the database is away, so that callers keep getting scores."""


class KeyProblem(Exception):
    """A key cannot be made or revoked; the message says why."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request needs to know of its key."""

    key_id: int
    name: str
    per_second: int
    per_day: int | None


def digest(token: str, *, secret: str | bytes | None = None) -> str:
    """64 hex digits. Fast on purpose: a random key of this length cannot be guessed from it."""
    return salted_hmac("moderation.api_key", token, secret=secret, algorithm="sha256").hexdigest()


def create(*, name: str, per_second: int = 100, per_day: int | None = None, by: str = "") -> tuple[ApiKey, str]:
    """(the row, the key itself). The key cannot be read again later. Raises KeyProblem."""
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise KeyProblem(
            "A key needs a name of 1 to 100 characters that can be printed, such as the system that will use it."
        )
    if not all(1 <= quota <= MOST_REQUESTS for quota in (per_second, 1 if per_day is None else per_day)):
        raise KeyProblem(f"A quota is at least 1 request and at most {MOST_REQUESTS:,}.")
    token = PREFIX + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            key = ApiKey.objects.create(
                name=name,
                digest=digest(token),
                hint=token[: len(PREFIX) + 5],
                per_second=per_second,
                per_day=per_day,
                created_by=by,
            )
    except IntegrityError:
        raise KeyProblem(f"There is a key named {name!r} in use. Revoke it first, or take another name.") from None
    return key, token


def revoke(*, name: str) -> ApiKey:
    """End a key's use; within FRESH_SECONDS no process answers it. Raises KeyProblem."""
    key = ApiKey.objects.filter(name=name, revoked_at__isnull=True).first()
    if key is None or not ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        raise KeyProblem(f"There is no key named {name!r} in use.")
    key.refresh_from_db()
    forget()
    return key


_known: dict[str, tuple[float, Caller]] = {}
_lock = threading.Lock()


def forget() -> None:
    """Drop what this process knows of keys."""
    with _lock:
        _known.clear()


def find(token: str) -> Caller | None:
    """The caller with this key, or None. Raises DatabaseError where the database is away and the key not known."""
    hashed = digest(token)
    found = _known.get(hashed)
    age = time.monotonic() - found[0] if found else 0.0
    if found and age < FRESH_SECONDS:
        return found[1]
    digests = [hashed, *(digest(token, secret=secret) for secret in settings.SECRET_KEY_FALLBACKS)]
    try:
        key = ApiKey.objects.filter(digest__in=digests, revoked_at__isnull=True).first()
    except DatabaseError:
        if found and age < STALE_SECONDS:
            return found[1]
        raise
    with _lock:
        if len(_known) > 1000:
            _known.clear()
        if key is None:
            _known.pop(hashed, None)
            return None
        caller = Caller(key.pk, key.name, key.per_second, key.per_day)
        _known[hashed] = (time.monotonic(), caller)
    return caller


# --- the local demo ----------------------------------------------------------------------------------------

DEMO_NAME = "demo"


def ensure_demo_key(folder: Path) -> str:
    """The demo's key: made once, kept in `folder`/demo_api_key (mode 600), and named in demo_logins.txt there."""
    path = folder / "demo_api_key"
    token = path.read_text().strip() if path.is_file() else ""
    if not token or find(token) is None:
        ApiKey.objects.filter(name=DEMO_NAME, revoked_at__isnull=True).update(revoked_at=timezone.now())
        _key, token = create(name=DEMO_NAME, by="make run")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(token + "\n")
    logins = folder / "demo_logins.txt"
    lines = logins.read_text().splitlines() if logins.is_file() else []
    kept = [line for line in lines if not line.startswith("Scoring key")]
    told = [*kept, f"Scoring key (POST /v1alpha1/comments:analyze?key=…): {token}"]
    if told != lines:
        logins.write_text("\n".join(told) + "\n")
        logins.chmod(0o600)
    return token
