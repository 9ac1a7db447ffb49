"""Which comments say nearly the same, so that copies by many authors are seen as one thing."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone


class Likeness(models.Model):
    """What a comment's newest words are found by (moderation/alike.py); no word can be read from it.

    `bands` are hashes two texts are likely to share when they are nearly the same. `kin` is one random number for all
    comments that were found alike.
    """

    comment = models.OneToOneField("discussions.Comment", models.CASCADE, primary_key=True, related_name="likeness")
    bands = ArrayField(models.BigIntegerField())
    kin = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            GinIndex("bands", name="likeness_bands"),
            models.Index("kin", "comment", name="likeness_kin"),
            models.Index("created_at", name="likeness_age"),
        ]

    def __str__(self) -> str:
        return f"comment {self.comment_id} is of kin {self.kin}"
