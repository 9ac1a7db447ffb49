"""Keys of other systems that ask for scores, how much they used them, and what they suggested."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ApiKey(models.Model):
    """One caller's key. The key itself is shown once and never stored; `digest` finds it, `hint` lets people tell it.

    `per_second` and `per_day` are quotas in requests; no `per_day` means none. A key is revoked, never deleted, so
    that its usage stays explained.
    """

    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=16)
    per_second = models.PositiveIntegerField(_("requests per second"), default=100)
    per_day = models.PositiveIntegerField(_("requests per day"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=254, blank=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(per_second__gte=1), name="api_key_per_second_is_positive"),
            models.CheckConstraint(
                condition=Q(per_day__isnull=True) | Q(per_day__gte=1), name="api_key_per_day_is_positive"
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(revoked_at__isnull=True), name="api_key_name_once_in_use"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class ApiKeyUsage(models.Model):
    """What one key did on one UTC day: requests answered (refusals by content included) and refused by quota."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="usage", db_index=False)
    day = models.DateField()
    answered = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="api_key_usage_once_per_day")]

    def __str__(self) -> str:
        return f"{self.key_id} on {self.day}: {self.answered}"


class Evidence(NamedTuple):
    """One correction: what the caller says (0..1), and what our checkpoint said then, None where it did not answer."""

    text: str
    said: float
    ours: float | None


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def evidence(self, label: str = "toxicity", *, newest: int | None = None) -> list[Evidence]:
        """What callers say of texts, for one label of the checkpoint, oldest first; of the `newest` only.

        Coral's moderators say 1 (rejected) and 0 (approved), so this reads like decisions on comments.
        """
        from moderation.perspective.attributes import SERVED

        names = [name for name, served in SERVED.items() if served == label]
        found = []
        told = self.order_by("-id").values_list("text", "scores", "ours")[:newest]
        for text, scores, ours in reversed(told):
            values = [scores[name]["summaryScore"]["value"] for name in names if "summaryScore" in scores.get(name, {})]
            if values:
                found.append(Evidence(text, max(values), (ours or {}).get(label)))
        return found


class Suggestion(models.Model):
    """What a caller says a text should have scored; kept once for each text its key names, the last word counting.

    `community` and `token` are the caller's own names ("Coral:https://…", "comment:<id>"); where a caller gives no
    token, the text's hash stands in, and for longer names than fit here theirs. `scores`: {attribute:
    {"summaryScore": {"value", "type"}, "spanScores": […]}}.
    `ours`: {label: probability} of the checkpoint at that time, null where no worker answered.
    """

    key = models.ForeignKey(ApiKey, models.PROTECT, related_name="suggestions")
    community = models.CharField(max_length=300, blank=True)
    token = models.CharField(max_length=300)
    text = models.TextField()
    scores: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    ours = models.JSONField(null=True)
    context = models.JSONField(null=True)
    languages = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suggested score")
        verbose_name_plural = _("suggested scores")
        constraints = [
            models.UniqueConstraint(fields=["key", "community", "token"], name="suggestion_once_per_key_and_token")
        ]

    def __str__(self) -> str:
        return f"{self.community} {self.token}"


class ThresholdTable(models.Model):
    """Thresholds on this site's scores that hold the same share as a caller's old ones (moderation/perspective/
    thresholds.py). The newest of an attribute counts.

    `rows`: [{"old", "share", "new", "low", "high", "agreement"}]; `low` to `high` is the 95 % interval of `new`.
    """

    attribute = models.CharField(max_length=60)
    rows = models.JSONField()
    texts = models.PositiveIntegerField()
    checkpoint = models.CharField(max_length=120)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.attribute} ({self.texts} texts)"
