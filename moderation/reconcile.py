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


@transaction.atomic
def reconcile() -> int:
    """Give every pending comment without an outbox row a new one. Returns how many needed it; each is an alarm."""
    waiting = OutboxEntry.objects.filter(comment=OuterRef("pk"), revision=OuterRef("revision"))
    orphans = Comment.objects.filter(~Exists(waiting), state=State.PENDING).select_for_update(skip_locked=True)
    found = 0
    for comment in orphans:
        revision = Revision.objects.filter(comment=comment, number=comment.revision).first()
        if revision is None:
            continue
        OutboxEntry.objects.get_or_create(
            comment=comment, revision=comment.revision, defaults={"chars": len(revision.text)}
        )
        found += 1
        log.error("pending_without_outbox_row", comment=comment.pk)
    age = OutboxEntry.objects.oldest_age()
    oldest_pending.set(age)
    if age > settings.SCORING_STALE_SECONDS:
        log.error("scoring_is_late", oldest_pending_seconds=age)
    Worker.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()
    Undoable.objects.filter(at__lt=timezone.now() - timedelta(days=7)).delete()
    alike.forget()
    queue.take_reports()  # a report whose wake-up was lost, or that came before its comment could be read
    return found
