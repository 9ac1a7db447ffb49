"""What readers say about comments, and what the site says to readers."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Vote(models.Model):
    """One reader's recommendation of one comment.

    `origin` is a keyed hash of the comment and the address the vote came from, for SIGNAL_DAYS; "" where it is not
    known. `counted` is false where others from the same address have said so already.
    """

    comment = models.ForeignKey("discussions.Comment", models.CASCADE, related_name="votes", db_index=False)
    reader = models.ForeignKey("discussions.Reader", models.CASCADE, related_name="votes")
    origin = models.CharField(max_length=32, default="", db_default="", blank=True)
    counted = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], name="vote_origin_age", condition=~models.Q(origin="")),
        ]
        constraints = [models.UniqueConstraint(fields=["comment", "reader"], name="vote_once")]

    def __str__(self) -> str:
        return f"vote {self.pk}"


class Judged(models.Model):
    """A mark that votes or reports of a comment have changed: its rank has to be worked out anew (best.py).

    Written by triggers and taken by `best.refresh`. Plain rows without constraints: marking waits for nobody.
    """

    comment_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"judged {self.comment_id}"


class Mute(models.Model):
    """One reader does not want to read another. It changes what one person sees and nothing else."""

    reader = models.ForeignKey("discussions.Reader", models.CASCADE, related_name="mutes", db_index=False)
    muted = models.ForeignKey("discussions.Reader", models.CASCADE, related_name="muted_by")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reader", "muted"], name="mute_once"),
            models.CheckConstraint(condition=~models.Q(reader=models.F("muted")), name="mute_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"mute {self.pk}"


class Follow(models.Model):
    """Mail about what is new: in a whole discussion, or in answer to one comment where `comment` is set.

    `told_version` is the article's `thread_version` up to which the reader has been told what came. Comments come in
    the order of their publication, whichever was begun first, so none is missed and none is told twice.
    """

    class Pace(models.TextChoices):
        AT_ONCE = "at_once", _("at once")
        DAILY = "daily", _("once a day")

    reader = models.ForeignKey("discussions.Reader", models.CASCADE, related_name="follows", db_index=False)
    article = models.ForeignKey("discussions.Article", models.CASCADE, related_name="follows")
    comment = models.ForeignKey("discussions.Comment", models.CASCADE, null=True, related_name="follows")
    pace = models.CharField(_("how often"), max_length=8, choices=Pace, default=Pace.AT_ONCE)
    created_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(default=timezone.now)
    told_version = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [models.Index(fields=["told_at"], name="follow_told")]
        constraints = [
            models.UniqueConstraint(fields=["reader", "article", "comment"], name="follow_once", nulls_distinct=False),
            models.CheckConstraint(condition=models.Q(pace__in=["at_once", "daily"]), name="follow_pace_is_known"),
        ]

    def __str__(self) -> str:
        return f"follow {self.pk}"


class Report(models.Model):
    """A reader's word that a comment breaks the rules. Open until a decision handles it."""

    class Reason(models.TextChoices):
        INSULT = "insult", _("insult or harassment")
        HATE = "hate", _("hate against a group")
        THREAT = "threat", _("threat")
        SPAM = "spam", _("advertising or spam")
        OFF_TOPIC = "off_topic", _("beside the point")
        ILLEGAL = "illegal", _("illegal content")
        OTHER = "other", _("something else")

    comment = models.ForeignKey("discussions.Comment", models.CASCADE, related_name="reports", db_index=False)
    reader = models.ForeignKey("discussions.Reader", models.SET_NULL, null=True, related_name="reports")
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    words = models.TextField(_("in your words"), blank=True, max_length=2000)
    # Of a notice of illegal content: who gives it, if they say so (EU 2022/2065, Article 16(2)(c)).
    notifier_name = models.CharField(_("name"), max_length=120, blank=True)
    notifier_email = models.EmailField(_("e-mail"), blank=True)
    revision = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        indexes = [
            models.Index(fields=["comment"], name="report_open", condition=models.Q(handled_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "reader", "revision"],
                condition=~models.Q(reason="illegal"),
                name="report_once_per_revision",
            ),
            models.CheckConstraint(
                condition=models.Q(reason__in=["insult", "hate", "threat", "spam", "off_topic", "illegal", "other"]),
                name="report_reason_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}: {self.reason}"


class Notice(models.Model):
    """A statement of reasons to a comment's author: what was decided, why, and what they can do."""

    UPHELD = "upheld"  # the outcome where another person has looked at a refusal and it stands
    OVERTURNED = "overturned"  # … and where it was wrong

    reader = models.ForeignKey("discussions.Reader", models.CASCADE, related_name="notices")
    comment = models.ForeignKey("discussions.Comment", models.CASCADE, related_name="notices")
    decision_id = models.BigIntegerField(null=True, unique=True)
    outcome = models.CharField(max_length=16)
    reason_code = models.CharField(max_length=40, blank=True)
    words = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    appealed_at = models.DateTimeField(null=True, blank=True)
    """When the author asked another person to look at it; each refusal has one appeal."""

    class Meta:
        indexes = [models.Index(fields=["comment", "-created_at"], name="notice_of_comment")]

    def __str__(self) -> str:
        return f"notice {self.pk}: {self.outcome}"
