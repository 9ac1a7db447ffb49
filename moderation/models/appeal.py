"""An author says that a refusal was wrong; somebody else than its author decides."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from discussions.models import Notice, State


class AppealQuerySet(models.QuerySet["Appeal"]):
    """Appeals."""

    def waiting(self) -> AppealQuerySet:
        """Those that want an answer: not answered yet, and the refusal they are about still stands.

        An edit, an approval or an undo ends a refusal without an answer; an undo can bring both back.
        """
        told = Notice.objects.filter(decision_id=OuterRef("decision_id"), withdrawn_at__isnull=True)
        return self.filter(Exists(told), closed_at__isnull=True, comment__state=State.REJECTED)


class Appeal(models.Model):
    """One appeal against one refusal, once. `decision_id` is the refusal, `answer_id` the decision that reversed it."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("the refusal stands")
        OVERTURNED = "overturned", _("the refusal was wrong")

    comment = models.ForeignKey("discussions.Comment", models.CASCADE, related_name="appeals")
    reader = models.ForeignKey("discussions.Reader", models.CASCADE, related_name="appeals")
    decision_id = models.BigIntegerField(unique=True)
    words = models.TextField(_("why the refusal is wrong"), max_length=4000)
    created_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    answer = models.TextField(blank=True, max_length=4000)
    answer_id = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("discussions.User", models.SET_NULL, null=True, related_name="+")
    closed_by_name = models.CharField(max_length=254, blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("id", name="appeal_open", condition=Q(closed_at__isnull=True))]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", closed_at__isnull=True)
                | Q(outcome__in=["upheld", "overturned"], closed_at__isnull=False),
                name="appeal_outcome_and_end_go_together",
            ),
            models.CheckConstraint(condition=~Q(words=""), name="appeal_says_why"),
        ]

    def __str__(self) -> str:
        return f"appeal {self.pk} against decision {self.decision_id}"
