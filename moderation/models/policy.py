"""The site's policy: append-only versions; the newest is in force."""

from __future__ import annotations

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from discussions.models.append_only import never_emptied
from moderation import reasons


class PolicyQuerySet(models.QuerySet["Policy"]):
    def in_force(self) -> Policy:
        """The newest version. There always is one: moderation/apps.py writes version 1 after every migrate."""
        return self.latest("version")


class Policy(models.Model):
    """One version of the rules. Rolling back is a new version with old rules, so the record stays whole.

    `rules`: thresholds {label: {hold, reject}} on probabilities, word lists, and switches (see moderation/policy.py).
    """

    version = models.PositiveIntegerField(unique=True)
    rules = models.JSONField(default=dict)
    note = models.CharField(_("note"), max_length=300, blank=True)
    by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When an editor had what waited judged again by this version (moderation/rejudging.py).
    rejudge_at = models.DateTimeField(null=True)
    rejudge_by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["-version"]
        constraints = [models.CheckConstraint(condition=models.Q(version__gte=1), name="policy_versions_start_at_1")]
        triggers = [
            pgtrigger.Protect(name="policy_is_append_only", operation=pgtrigger.Delete),
            never_emptied("policy_is_never_emptied"),
            pgtrigger.ReadOnly(name="policy_rules_never_change", fields=["version", "rules", "created_at"]),
        ]

    def __str__(self) -> str:
        return f"policy version {self.version}"

    def clean(self) -> None:
        """Raise ValidationError with every threshold that could never work as meant."""
        wrong = []
        for label, limits in self.rules.get("thresholds", {}).items():
            reject = limits.get("reject", 1.0)
            hold = limits.get("hold", reject)
            if not (0 < hold <= 1 and 0 < reject <= 1):
                wrong.append(_("%(label)s: thresholds are above 0 and up to 1.") % {"label": _called(label)})
            elif hold > reject:
                words = _("%(label)s: held from %(hold)s comes after refused from %(reject)s; it has to come first.")
                wrong.append(words % {"label": _called(label), "hold": hold, "reject": reject})
        if wrong:
            raise ValidationError(wrong)


def _called(label: str) -> str:
    return str(reasons.LABELS.get(label, label))
