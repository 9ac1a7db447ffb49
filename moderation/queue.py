"""What waits for a person, in which order, and who is looking at it.

Order is expected harm with age. Harm = probability × reach × weight of the reports, in (0, ∞). Because harm grows in
value with waiting time at the same rate for all, the order of two items never changes once both are in, and a number
fixed at entry keeps it: rank = ln(harm) − entered_at / τ. An item overtakes one that is e times as harmful by waiting
τ longer, so nothing starves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Now
from django.utils import timezone

from discussions import states
from discussions.models import Comment, Report, State, User
from moderation.models import QueueItem, Score
from moderation.scoring import curves

TAU = timedelta(hours=6)
LEASE = timedelta(minutes=3)
Kind = QueueItem.Kind


def harm_of(
    comment: Comment, labels: dict[str, float] | None, *, reports: int, weight: float | None = None
) -> tuple[float, dict[str, Any]]:
    """Expected harm and what went into it.

    probability: that of the likeliest label, 0.5 where nothing could be scored; reach: 1 + log2 of the article's
    readable comments for a visible comment, 1 for a hidden one; reports: 1 + what the open ones weigh (`weight_of`),
    each as much as its reporter was right so far; `weight` of None counts every report as 1.
    """
    weight = float(reports) if weight is None else weight
    probability = max(labels.values()) if labels else 0.5
    visible = comment.shown_revision is not None
    reach = 1.0 + (math.log2(1 + comment.article.comment_count) if visible else 0.0)
    harm = max(probability, 0.01) * reach * (1 + weight)
    why = {"probability": round(probability, 4), "reach": round(reach, 2), "reports": reports}
    return harm, why | {"weight": round(weight, 2)}


def likely(labels: dict[str, float], checkpoint: str, weights: str) -> dict[str, float]:
    """The labels as probabilities (0..1): calibrated where the checkpoint has a curve for them, else as scored."""
    calibration = curves.curves(checkpoint, weights)
    return {label: calibration[label].at(raw) if label in calibration else raw for label, raw in labels.items()}


def weight_of(reports: Iterable[Report]) -> float:
    """What open reports weigh together: for each the share of its reporter's answered reports that ended in a refusal.

    With a prior of two reports of which one was right (Laplace's rule of succession), doubled, so that somebody
    without a record weighs 1; a report without a reader weighs half as much.
    """
    readers = [report.reader_id for report in reports]
    answered = (
        Report.objects.filter(reader__in={pk for pk in readers if pk}, handled_at__isnull=False)
        .order_by()
        .values_list("reader_id")
        .annotate(all=Count("pk"), right=Count("pk", filter=Q(comment__state=State.REJECTED)))
    )
    records = {pk: (right, every) for pk, every, right in answered}
    weight = 0.0
    for pk in readers:
        right, every = records.get(pk, (0, 0)) if pk else (0, 0)
        weight += 2 * (right + 1) / (every + 2) * (1 if pk else 0.5)
    return weight


def rank_of(harm: float, entered_at: datetime) -> float:
    """The fixed place in the order; higher comes first."""
    return math.log(harm) - entered_at.timestamp() / TAU.total_seconds()


def enter(comment: Comment, kind: QueueItem.Kind, labels: dict[str, float] | None) -> QueueItem:
    """Put a comment on a queue, or refresh what is known of it there; its time of entry stays.

    `labels` are probabilities as `likely` gives them, None where nothing could be scored.
    """
    reports = list(Report.objects.filter(comment=comment, handled_at__isnull=True))
    weight = weight_of(reports) if reports else 0.0
    harm, why = harm_of(comment, labels, reports=len(reports), weight=weight)
    present = QueueItem.objects.filter(comment=comment, kind=kind).first()
    entered_at = present.entered_at if present else timezone.now()
    fresh = {"harm": harm, "why": why, "rank": rank_of(harm, entered_at)}
    if present is not None:
        QueueItem.objects.filter(pk=present.pk).update(**fresh)
        present.refresh_from_db()
        return present
    return QueueItem.objects.create(
        comment=comment,
        kind=kind,
        article_id=comment.article_id,
        section_id=comment.article.section_id,
        entered_at=entered_at,
        **fresh,
    )


def leave(comment: Comment) -> list[dict[str, Any]]:
    """Take a comment off every queue. Returns what `restore` needs to put it back where it stood."""
    items = list(QueueItem.objects.filter(comment=comment))
    QueueItem.objects.filter(comment=comment).delete()
    return [
        {"kind": i.kind, "harm": i.harm, "why": i.why, "rank": i.rank, "entered_at": i.entered_at.isoformat()}
        for i in items
    ]


def restore(comment: Comment, items: list[dict[str, Any]]) -> None:
    """Put a comment back on the queues that `leave` took it from, in its old place."""
    for item in items:
        QueueItem.objects.update_or_create(
            comment=comment,
            kind=item["kind"],
            defaults={
                "article_id": comment.article_id,
                "section_id": comment.article.section_id,
                "harm": item["harm"],
                "why": item["why"],
                "rank": item["rank"],
                "entered_at": datetime.fromisoformat(item["entered_at"]),
            },
        )


def claim(item: QueueItem, *, by: User) -> User | None:
    """Take the courtesy lease on a card. Returns who else is looking at it, None when nobody is."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now()) | Q(lease_by=by)
    taken = QueueItem.objects.filter(free, pk=item.pk).update(lease_by=by, lease_until=timezone.now() + LEASE)
    if taken:
        return None
    held = QueueItem.objects.select_related("lease_by").filter(pk=item.pk).first()
    return held.lease_by if held else None  # decided meanwhile: nobody looks at it any more


def release(*, by: User, but: Comment) -> None:
    """Give back the leases on every other card: one looks at one at a time, and has moved on to this."""
    QueueItem.objects.filter(lease_by=by).exclude(comment=but).update(lease_by=None, lease_until=None)


@transaction.atomic
def take_reports() -> int:
    """Put comments with open reports on the reported queue, and bring what is known of them there up to date.

    At most 500 at a time. Returns how many; running it twice changes nothing. Looked at again once the threads are
    locked: what somebody decided meanwhile has no open reports any more.
    """
    chosen = list(_reported_anew().order_by("id").values_list("pk", "article_id")[:500])
    states.lock_threads(article_id for _pk, article_id in chosen)
    count = 0
    for comment in _reported_anew().filter(pk__in=[pk for pk, _article_id in chosen]).select_related("article"):
        score = Score.objects.filter(comment=comment, revision=comment.revision).order_by("-id").first()
        enter(comment, Kind.REPORTED, likely(score.labels, score.checkpoint, score.weights) if score else None)
        count += 1
    return count


def _reported_anew() -> QuerySet[Comment]:
    """Readable comments with open reports that the reported queue does not know, or knows another number of."""
    opened = Report.objects.filter(comment=OuterRef("pk"), handled_at__isnull=True).order_by()
    queued = QueueItem.objects.filter(comment=OuterRef("pk"), kind=Kind.REPORTED)
    reports_known = Cast(KeyTextTransform("reports", "why"), IntegerField())
    readable = Comment.objects.filter(Exists(opened), shown_revision__isnull=False)
    return (
        readable.exclude(state__in=[State.HELD, State.DELETED])
        .annotate(
            opened=Subquery(opened.values("comment").annotate(n=Count("pk")).values("n")),
            known=Coalesce(Subquery(queued.annotate(n=reports_known).values("n")), 0),
        )
        .exclude(opened=F("known"))
    )
