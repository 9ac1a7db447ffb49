"""What the people who run the site lifted out of a thread, and who did."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from discussions.models.append_only import never_emptied


class Highlight(models.Model):
    """One line of the record: a comment became a pick or a pin, or stopped being one. Copies only, never changed."""

    class Kind(models.TextChoices):
        PICK = "pick", _("editors’ pick")
        PIN = "pin", _("pin")

    comment_id = models.BigIntegerField()
    article_id = models.BigIntegerField()
    kind = models.CharField(max_length=4, choices=Kind)
    begins = models.BooleanField()
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("pick or pin")
        verbose_name_plural = _("picks and pins")
        indexes = [models.Index("comment_id", F("id").desc(), name="highlight_of_comment")]
        constraints = [models.CheckConstraint(condition=Q(kind__in=["pick", "pin"]), name="highlight_kind_is_known")]
        triggers = [
            pgtrigger.Protect(name="highlight_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            never_emptied("highlight_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: comment {self.comment_id}"
