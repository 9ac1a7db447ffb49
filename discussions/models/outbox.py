"""The outbox: what still has to be scored. PostgreSQL is the queue of record."""

from __future__ import annotations

from django.db import connection, models
from django.db.models.functions import Now


class OutboxQuerySet(models.QuerySet["OutboxEntry"]):
    def oldest_age(self) -> float:
        """Seconds since the oldest waiting revision was written, by the database's clock; 0.0 when none waits."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM statement_timestamp() - min(created_at)), 0)"
                " FROM discussions_outboxentry"
            )
            row = cursor.fetchone()
        return round(float(row[0]), 1)


class OutboxEntry(models.Model):
    """One revision waiting for its score. `available_at` is schedule, back-off and lease at once."""

    comment = models.ForeignKey("discussions.Comment", models.CASCADE, related_name="outbox", db_index=False)
    revision = models.PositiveIntegerField()
    chars = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    available_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = "outbox entry"
        verbose_name_plural = "outbox entries"
        indexes = [
            models.Index(fields=["available_at"], name="outbox_due"),
            models.Index(fields=["created_at"], name="outbox_age"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["comment", "revision"], name="outbox_once_per_revision"),
            models.CheckConstraint(
                condition=models.Q(attempts=0, token__isnull=True) | models.Q(attempts__gt=0, token__isnull=False),
                name="outbox_claimed_has_a_token",
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.comment_id} revision {self.revision}"
