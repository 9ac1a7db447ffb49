"""One comment's whole story: what was written, what was measured, what was decided and why."""

from __future__ import annotations

from typing import Any

from discussions.models import Comment
from moderation import reasons
from moderation.models import Decision, Score

_SCORE_FIELDS = (
    "revision", "labels", "plain", "folded", "windows", "checkpoint", "weights", "backend", "engine_version",
    "language", "language_known", "milliseconds", "spans", "created_at",
)  # fmt: skip
_DECISION_FIELDS = (
    "id", "revision", "text_sha256", "actor", "actor_name", "action", "from_state", "to_state", "version_seen",
    "policy_version", "checkpoint", "weights", "scores", "reasons", "reason_code", "reason_words", "effects",
    "reverses_id", "batch", "created_at",
)  # fmt: skip


def explain(comment: Comment) -> dict[str, Any]:
    """State, revisions, scores with provenance, policy version, reasons and decisions, oldest first; JSON-ready."""
    decisions = list(Decision.objects.filter(comment_id=comment.pk).order_by("id").values(*_DECISION_FIELDS))
    for decision in decisions:
        decision["sentences"] = [reasons.sentence(reason) for reason in decision["reasons"]]
    by_policy = [d for d in decisions if d["actor"] == Decision.Actor.MACHINE]
    return {
        "comment": comment.pk,
        "article": comment.article.slug,
        "author": comment.reader.name,
        "state": comment.state,
        "revision": comment.revision,
        "shown_revision": comment.shown_revision,
        "version": comment.version,
        "created_at": comment.created_at,
        "revisions": list(comment.revisions.order_by("number").values("number", "text", "sha256", "created_at")),
        "scores": list(Score.objects.filter(comment=comment).order_by("id").values(*_SCORE_FIELDS)),
        "policy_version": by_policy[-1]["policy_version"] if by_policy else None,
        "reasons": by_policy[-1]["reasons"] if by_policy else [],
        "decisions": decisions,
    }
