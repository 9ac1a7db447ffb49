"""Readers whose word is taken: set by hand, with a reason, until it is taken back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Trust(models.Model):
    """A senior's word that a reader may be trusted. Rows stay when it is taken back: they are the record of it."""

    reader = models.ForeignKey("discussions.Reader", models.CASCADE, related_name="trusted")
    words = models.TextField(_("why"), max_length=2000)
    by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")
    lifted_by_name = models.CharField(max_length=254, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["reader"], condition=Q(lifted_at__isnull=True), name="trust_once_a_reader"),
            models.CheckConstraint(condition=~Q(words=""), name="trust_says_why"),
        ]

    def __str__(self) -> str:
        return f"trust in {self.reader}"
