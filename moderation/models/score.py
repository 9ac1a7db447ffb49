"""Scores with their provenance, and the workers that make them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone


class Score(models.Model):
    """What one checkpoint said of one revision. Labels are probabilities, 0 to 1.

    `labels` is the verdict's basis: per label the maximum over windows and over the text as written (`plain`)
    and its folded copy (`folded`, empty where folding changed nothing).
    """

    comment = models.ForeignKey("discussions.Comment", models.CASCADE, related_name="scores", db_index=False)
    revision = models.PositiveIntegerField()
    labels = models.JSONField()
    plain = models.JSONField()
    folded = models.JSONField(null=True)
    windows = models.PositiveSmallIntegerField()
    checkpoint = models.CharField(max_length=120)
    weights = models.CharField(max_length=64)
    backend = models.CharField(max_length=20)
    engine_version = models.CharField(max_length=20)
    language = models.CharField(max_length=8, null=True)
    language_known = models.BooleanField()
    milliseconds = models.FloatField()
    spans = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index("language", "comment", name="score_language")]  # the lists' filter by language
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "revision", "weights"], name="score_once_per_revision_and_weights"
            ),
        ]

    def __str__(self) -> str:
        return f"score of comment {self.comment_id} revision {self.revision}"

    @property
    def top(self) -> tuple[str, float]:
        """The label that scored highest, and its probability."""
        label = max(self.labels, key=self.labels.__getitem__)
        return label, float(self.labels[label])


class WorkerQuerySet(models.QuerySet["Worker"]):
    def ready(self) -> list[Worker]:
        """Scoring workers that reported within PARLEY_STALE_SECONDS, newest first."""
        since = timezone.now() - timedelta(seconds=settings.SCORING_STALE_SECONDS)
        return list(self.filter(seen_at__gte=since).order_by("-seen_at"))


class Worker(models.Model):
    """A scoring process with its model loaded; it reports at every run."""

    name = models.CharField(max_length=120, unique=True)
    checkpoint = models.CharField(max_length=120)
    weights = models.CharField(max_length=64)
    backend = models.CharField(max_length=20)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    scored = models.PositiveBigIntegerField(default=0)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
