"""What the desk keeps beside the record: reviews that stand, counts, notes, escalations, presets for reasons."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Review(models.Model):
    """A person's decision that stands on the comment's newest revision. Gone with the next edit.

    A trigger removes it as soon as the comment is neither published nor refused, so that an approved review always
    belongs to a published comment and "new" is exactly what is published without one.
    """

    comment = models.OneToOneField("discussions.Comment", models.CASCADE, primary_key=True, related_name="review")
    decision_id = models.BigIntegerField()
    approved = models.BooleanField()
    actor_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index("approved", models.F("decision_id").desc(), name="review_newest"),
            models.Index("actor_id", models.F("decision_id").desc(), name="review_by_actor"),
        ]

    def __str__(self) -> str:
        return f"review of comment {self.comment_id}"


class Tally(models.Model):
    """Differences whose sum is the number of comments on a queue or in a state, written by triggers.

    Nobody updates a row, so nobody waits for one; moderation/tallies.py sums them and folds them together.
    """

    name = models.CharField(max_length=12)
    section_id = models.BigIntegerField(null=True)
    n = models.IntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(n=0), name="tally_changes_something")]

    def __str__(self) -> str:
        return f"{self.name} {self.n:+d}"


class Note(models.Model):
    """A moderator's note to colleagues about a reader or one comment. Readers never see it."""

    reader = models.ForeignKey("discussions.Reader", models.CASCADE, related_name="desk_notes")
    comment = models.ForeignKey("discussions.Comment", models.CASCADE, null=True, related_name="desk_notes")
    text = models.TextField(_("note"), max_length=4000)
    by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="note_says_something")]

    def __str__(self) -> str:
        return f"note {self.pk}"


class Escalation(models.Model):
    """One moderator asks another to look: somebody in particular, or whoever is senior."""

    comment = models.ForeignKey("discussions.Comment", models.CASCADE, related_name="escalations")
    to = models.ForeignKey("discussions.User", models.CASCADE, null=True, related_name="escalations")
    by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=254)
    words = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index("to", "id", name="escalation_open", condition=Q(closed_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(
                fields=["comment"], condition=Q(closed_at__isnull=True), name="escalation_open_once_per_comment"
            )
        ]

    def __str__(self) -> str:
        return f"escalation of comment {self.comment_id}"


class Preset(models.Model):
    """Words for the author that a newsroom uses again and again, offered beside a refusal's reason."""

    reason_code = models.CharField(_("reason"), max_length=40)
    words = models.TextField(_("words for the author"), max_length=1000)
    language = models.CharField(_("language"), max_length=8, blank=True)

    class Meta:
        verbose_name = _("words for a refusal")
        verbose_name_plural = _("words for refusals")
        ordering = ["reason_code", "id"]

    def __str__(self) -> str:
        return self.words[:60]


class Undoable(models.Model):
    """One entry on a person's stack of what `u` takes back: "decision:12", "batch:…", "appeal:3", "sanction:4", …

    A row for each action, so that two answers on their way at once cannot overwrite each other's.
    """

    by = models.ForeignKey("discussions.User", models.CASCADE, related_name="+", db_index=False)
    entry = models.CharField(max_length=60)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("by", "entry", name="undoable_once")]
        indexes = [models.Index("by", models.F("id").desc(), name="undoable_newest")]

    def __str__(self) -> str:
        return self.entry
