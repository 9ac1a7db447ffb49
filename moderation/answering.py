"""Who may answer an appeal, and who may refuse again what an appeal has published."""

from __future__ import annotations

from django.utils.translation import gettext as _

from discussions.models import Comment, Report, User
from moderation import roles
from moderation.models import Appeal, Decision


def why_not(appeal: Appeal, by: User) -> str:
    """Empty where this person may answer the appeal, else the reason."""
    if reason := roles.why_not(by, roles.APPEALS, appeal.comment):
        return reason
    refusal = Decision.objects.get(pk=appeal.decision_id)
    if refusal.actor_id == by.pk:
        return _("You took this decision, so somebody else answers the appeal.")
    return ""


def why_not_refuse(comment: Comment, by: User, *, latest: Decision | None) -> str:
    """Empty where this person may refuse the comment's newest version as far as appeals go, else the reason.

    Whoever's refusal was overturned does not refuse the same version again, and while the answer is the `latest`
    decision nobody does who may not answer appeals. Reports that came in since, other than their own, ask anew.
    """
    overturned = list(Appeal.objects.filter(comment=comment, outcome=Appeal.Outcome.OVERTURNED).order_by("-pk"))
    if not overturned:
        return ""
    refusers = dict(
        Decision.objects.filter(pk__in=[a.decision_id for a in overturned], revision=comment.revision).values_list(
            "pk", "actor_id"
        )
    )
    for appeal in overturned:
        if appeal.decision_id not in refusers or _reported_since(appeal, comment, by):
            continue
        if refusers[appeal.decision_id] == by.pk:
            return _(
                "Your refusal of these words was overturned on appeal. A colleague can refuse them again, and so can "
                "you once they are edited or reported anew."
            )
        standing = latest is not None and latest.pk == appeal.answer_id
        if standing and (reason := roles.why_not(by, roles.APPEALS, comment)):
            return _("An appeal published these words. %(reason)s") % {"reason": reason}
    return ""


def _reported_since(appeal: Appeal, comment: Comment, by: User) -> bool:
    """Whether somebody else has reported this version after the answer, and nobody has decided on it yet."""
    waiting = Report.objects.filter(comment=comment, revision=comment.revision, handled_at__isnull=True)
    return waiting.filter(created_at__gt=appeal.closed_at).exclude(reader__user=by).exists()
