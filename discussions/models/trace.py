"""What may tell that two readers are one person: keyed hashes, kept for a while and for the desk alone."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Trace(models.Model):
    """One signal a reader signed up or posted with. `digest` is a keyed hash: nothing can be read back from it."""

    class Kind(models.TextChoices):
        ADDRESS = "address", _("network address")
        BROWSER = "browser", _("browser at that address")
        MAILBOX = "mailbox", _("mailbox")
        DOMAIN = "domain", _("mail domain")

    reader = models.ForeignKey("discussions.Reader", models.CASCADE, related_name="traces", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    digest = models.CharField(max_length=32)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index("digest", "kind", name="trace_shared"),
            models.Index("seen_at", name="trace_age"),
        ]
        constraints = [models.UniqueConstraint(fields=["reader", "kind", "digest"], name="trace_once_a_reader")]

    def __str__(self) -> str:
        return f"{self.kind} of reader {self.reader_id}"
