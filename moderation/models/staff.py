"""Who works at the desk, and as what."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Staff(models.Model):
    """One account's role at the desk; a superuser is an admin without a row here."""

    class Role(models.IntegerChoices):
        MODERATOR = 10, _("moderator")
        SENIOR = 20, _("senior moderator")
        EDITOR = 30, _("editor")
        ADMIN = 40, _("admin")

    user = models.OneToOneField("discussions.User", models.CASCADE, related_name="desk")
    role = models.PositiveSmallIntegerField(_("role"), choices=Role, default=Role.MODERATOR)
    sections = models.ManyToManyField(
        "discussions.Section", blank=True, verbose_name=_("sections"), help_text=_("Empty: every section.")
    )

    class Meta:
        verbose_name = _("desk role")
        verbose_name_plural = _("desk roles")
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=[10, 20, 30, 40]), name="staff_role_is_known")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
