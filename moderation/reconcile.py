"""What should never happen, looked for regularly: pending comments that nobody would score, and old queues."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from prometheus_client import Gauge

from discussions.models import Comment, OutboxEntry, Revision, State
from moderation import alike, queue
from moderation.models import Undoable, Worker

log = structlog.get_logger(__name__)

oldest_pending = Gauge(
    "parley_oldest_pending_seconds",
    "Age of the oldest revision waiting for its score.",
    multiprocess_mode="mostrecent",  # whichever worker looked last knows best
)


SLICE = 500
"""Comments that are given their outbox rows in one transaction."""


def reconcile() -> int:
    """Give every pending comment without an outbox row a new one. Returns how many needed it; each is an alarm.

    Every step is a transaction of its own: whoever changes a thread locks it before its comments, so none of the
    comments locked here may still be held when reports are taken.
    """
    found = rescued = _rescue()
    while rescued == SLICE:
        rescued = _rescue()
        found += rescued
    age = OutboxEntry.objects.oldest_age()
    oldest_pending.set(age)
    if age > settings.SCORING_STALE_SECONDS:
        log.error("scoring_is_late", oldest_pending_seconds=age)
    Worker.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()
    Undoable.objects.filter(at__lt=timezone.now() - timedelta(days=7)).delete()
    alike.forget()
    queue.take_reports()  # a report whose wake-up was lost, or that came before its comment could be read
    return found


@transaction.atomic
def _rescue() -> int:
    """One slice of them, of those that nobody else is changing at this moment."""
    newest = Revision.objects.filter(comment=OuterRef("pk"), number=OuterRef("revision"))
    waiting = OutboxEntry.objects.filter(comment=OuterRef("pk"), revision=OuterRef("revision"))
    lost = Comment.objects.filter(~Exists(waiting), Exists(newest), state=State.PENDING)
    orphans = list(lost.order_by("pk").select_for_update(skip_locked=True)[:SLICE])
    for comment in orphans:
        revision = Revision.objects.get(comment=comment, number=comment.revision)
        OutboxEntry.objects.get_or_create(
            comment=comment, revision=comment.revision, defaults={"chars": len(revision.text)}
        )
        log.error("pending_without_outbox_row", comment=comment.pk)
    return len(orphans)
