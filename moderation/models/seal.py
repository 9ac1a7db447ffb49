"""Seals on the record: the head of the hash chain at a moment, so that a later change shows."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils import timezone

from discussions.models.append_only import never_emptied


class Seal(models.Model):
    """The chain's head (SHA-256, hex) after the first `count` decisions, the last of which is `through_id`."""

    through_id = models.BigIntegerField()
    count = models.PositiveBigIntegerField()
    head = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="seal_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            never_emptied("seal_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"seal of {self.count} decisions"
