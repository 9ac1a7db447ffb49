"""How much each key is used, written at most once a second so that a request never waits for it."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from datetime import date

import structlog
from django.db import Error as DatabaseError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from moderation.models.api_key import ApiKey

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
_counts: Counter[tuple[int, date, bool]] = Counter()
_lock = threading.Lock()
_timer: threading.Timer | None = None

_ADD = """
INSERT INTO moderation_apikeyusage (key_id, day, answered, refused)
SELECT id, %s, %s, %s FROM moderation_apikey WHERE id = %s
ON CONFLICT (key_id, day) DO UPDATE SET answered = moderation_apikeyusage.answered + excluded.answered,
                                        refused = moderation_apikeyusage.refused + excluded.refused
"""


def _add(key_id: int, day: date, answered: int, refused: int) -> None:
    with suppress(IntegrityError), transaction.atomic(), connection.cursor() as cursor:  # the key has just gone
        cursor.execute(_ADD, [day, answered, refused, key_id])


def note(key_id: int, *, refused: bool = False) -> None:
    """Count one request; the database hears of it within about EVERY_SECONDS."""
    global _timer  # noqa: PLW0603 - one timer per process
    with _lock:
        _counts[key_id, timezone.now().date(), refused] += 1
        if _timer is None:
            _timer = threading.Timer(EVERY_SECONDS, _run)
            _timer.daemon = True
            _timer.start()


def _run() -> None:
    global _timer  # noqa: PLW0603 - one timer per process
    with _lock:
        _timer = None
    try:
        flush()
    finally:
        connection.close()


def flush() -> None:
    """Write what was counted. With the database away the counts wait for the next time."""
    with _lock:
        counts, now = dict(_counts), timezone.now()
        _counts.clear()
    if not counts:
        return
    try:
        with transaction.atomic():  # all of them or none, for the counts go back together
            for (key_id, day, refused), count in counts.items():
                _add(key_id, day, 0 if refused else count, count if refused else 0)
            ApiKey.objects.filter(pk__in={key_id for key_id, _day, _refused in counts}).update(last_used_at=now)
    except (DatabaseError, RuntimeError) as error:
        with _lock:
            _counts.update(counts)
        log.warning("api_usage_not_written", error=type(error).__name__)
