"""What waits for a person."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone


class QueueItem(models.Model):
    """One comment on one queue. `harm` is its expected harm, `rank` its fixed place in the order (moderation/queue.py).

    The lease is a courtesy that tells others who is looking; the law is the comment's version. `tags` are what the
    filters ask for, written by a trigger at entry: "label:threat" (policy acted on it), "rule:links", "language:de".
    `policy_version`, from the same trigger, is the one whose verdict stands; null where policy has given none.
    """

    class Kind(models.TextChoices):
        HELD = "held", "held"
        REPORTED = "reported", "reported"

    comment = models.ForeignKey("discussions.Comment", models.CASCADE, related_name="queue_items", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    article = models.ForeignKey("discussions.Article", models.CASCADE, related_name="+", db_index=False)
    section = models.ForeignKey("discussions.Section", models.SET_NULL, null=True, related_name="+", db_index=False)
    harm = models.FloatField(default=0.0)
    why = models.JSONField(default=dict)
    tags = ArrayField(models.CharField(max_length=80), default=list, editable=False)
    policy_version = models.PositiveIntegerField(null=True, editable=False)
    rank = models.FloatField(default=0.0)
    entered_at = models.DateTimeField(default=timezone.now)
    lease_by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")
    lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index("kind", models.F("rank").desc(), models.F("id"), name="queue_order"),
            models.Index("section", "kind", models.F("rank").desc(), models.F("id"), name="queue_order_of_section"),
            models.Index("article", "kind", models.F("rank").desc(), models.F("id"), name="queue_order_of_article"),
            GinIndex("tags", name="queue_tags"),
            models.Index("policy_version", "id", name="queue_judged_by", condition=models.Q(kind="held")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["comment", "kind"], name="queue_once_per_comment_and_kind"),
            models.CheckConstraint(
                condition=models.Q(lease_by__isnull=True, lease_until__isnull=True)
                | models.Q(lease_until__isnull=False),
                name="queue_lease_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: comment {self.comment_id}"
