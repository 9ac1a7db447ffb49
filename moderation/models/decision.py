"""The record of decisions: append-only, kept by the database itself."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from discussions.models.append_only import never_emptied


class Action(models.TextChoices):
    PUBLISH = "publish", _("published by policy")
    HOLD = "hold", _("held for a person")
    REJECT = "reject", _("refused")
    APPROVE = "approve", _("approved")
    UNDO = "undo", _("taken back")


class Decision(models.Model):
    """What was decided about one revision, by whom, on what grounds, and with what effects.

    Holds copies, not foreign keys, so that erasing a reader or a comment leaves the record whole. `effects` says what
    the decision changed, in the form needed to reverse it (see moderation/decisions.py).
    """

    class Actor(models.TextChoices):
        PERSON = "person", _("a person")
        MACHINE = "machine", _("policy")

    comment_id = models.BigIntegerField()
    article_id = models.BigIntegerField()
    reader_id = models.BigIntegerField()
    revision = models.PositiveIntegerField()
    text_sha256 = models.CharField(max_length=64)
    actor = models.CharField(max_length=8, choices=Actor)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=10, choices=Action)
    from_state = models.CharField(max_length=10)
    to_state = models.CharField(max_length=10)
    version_seen = models.PositiveIntegerField(null=True)
    policy_version = models.PositiveIntegerField(null=True)
    checkpoint = models.CharField(max_length=120, blank=True)
    weights = models.CharField(max_length=64, blank=True)
    scores = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)
    reason_code = models.CharField(max_length=40, blank=True)
    reason_words = models.TextField(blank=True)
    effects = models.JSONField(default=dict)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    batch = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        indexes = [
            models.Index("comment_id", models.F("id").desc(), name="decision_of_comment"),
            models.Index("actor", models.F("id").desc(), name="decision_by_actor"),
            models.Index(models.F("created_at").desc(), name="decision_newest"),
            GinIndex(
                OpClass("reasons", "jsonb_path_ops"), name="decision_reasons", condition=models.Q(actor="machine")
            ),  # the lists' filters by label and rule
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(actor="person", actor_id__isnull=False, version_seen__isnull=False)
                | Q(actor="machine", actor_id__isnull=True),
                name="decision_person_is_named",
            ),
            models.CheckConstraint(
                condition=Q(action="undo", reverses__isnull=False) | ~Q(action="undo") & Q(reverses__isnull=True),
                name="decision_undo_names_what_it_reverses",
            ),
            models.CheckConstraint(
                condition=~Q(action="reject", actor="person") | ~Q(reason_code=""),
                name="decision_refusal_has_a_reason",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="decision_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            never_emptied("decision_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}: {self.action} comment {self.comment_id}"
