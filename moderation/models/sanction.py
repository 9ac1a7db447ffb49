"""What limits a reader, from when until when, why, and by whom."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from discussions.models import Reader


class SanctionQuerySet(models.QuerySet["Sanction"]):
    def in_force(self, now: datetime | None = None) -> SanctionQuerySet:
        """Neither lifted nor over."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=now or timezone.now()), lifted_at__isnull=True)

    def touching(self, reader: Reader) -> SanctionQuerySet:
        """The reader's own sanctions, those of the reader's address, and those of its domain."""
        email = (reader.user.email if reader.user else reader.email).lower()
        own = Q(reader_id=reader.pk)
        if not email:
            return self.filter(own)
        return self.filter(own | Q(email=email) | Q(domain=email.rpartition("@")[2]))


class Sanction(models.Model):
    """One measure against a reader, against an address (guests come back under a new name) or a whole mail domain.

    `batch` marks the refusals that came with it, so that lifting it can bring the comments back.
    """

    class Kind(models.TextChoices):
        WARN = "warn", _("warned")
        PREMODERATE = "premoderate", _("every comment is looked at first")
        SUSPEND = "suspend", _("suspended")
        BAN = "ban", _("banned")

    kind = models.CharField(max_length=12, choices=Kind)
    reader = models.ForeignKey("discussions.Reader", models.CASCADE, null=True, related_name="sanctions")
    email = models.EmailField(blank=True)
    domain = models.CharField(max_length=253, blank=True)
    reason_code = models.CharField(max_length=40)
    words = models.TextField(blank=True, max_length=2000)
    until = models.DateTimeField(null=True)
    by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")
    lifted_by_name = models.CharField(max_length=254, blank=True)
    batch = models.UUIDField(null=True)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index("email", name="sanction_of_address", condition=Q(lifted_at__isnull=True) & ~Q(email="")),
            models.Index("domain", name="sanction_of_domain", condition=Q(lifted_at__isnull=True) & ~Q(domain="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["warn", "premoderate", "suspend", "ban"]), name="sanction_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(reader__isnull=False, domain="") | Q(reader__isnull=True, email="") & ~Q(domain=""),
                name="sanction_of_a_reader_or_a_domain",
            ),
            models.CheckConstraint(
                condition=~Q(kind="suspend") | Q(until__isnull=False), name="sanction_suspension_ends"
            ),
            models.CheckConstraint(condition=~Q(reason_code=""), name="sanction_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reader_id or self.domain}"

    @property
    def is_in_force(self) -> bool:
        """Whether it limits anybody now."""
        return self.lifted_at is None and (self.until is None or self.until > timezone.now())
