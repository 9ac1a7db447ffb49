"""Comments as the desk meets them: scored, decided by policy, waiting."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from discussions import states
from discussions.models import Article, Comment, Reader, Revision, State
from moderation import decisions
from moderation.models import Policy, Score
from moderation.policy import DEFAULT_RULES, Signals, Verdict, decide
from tests.factories.discussions import post

LABELS = {
    "toxicity": 0.8,
    "severe_toxicity": 0.02,
    "obscene": 0.1,
    "threat": 0.01,
    "insult": 0.7,
    "identity_attack": 0.02,
}
QUIET = Signals(
    banned=[], suspect=[], links=0, published_before=9, address_confirmed=True, language="en", language_known=True,
    duplicates_by_others=0, premoderated=False, refused_before=False,
)  # fmt: skip


def first_policy() -> Policy:
    """Version 1, which a migration writes and the end of a transactional test takes away with everything else."""
    return Policy.objects.get_or_create(version=1, defaults={"rules": DEFAULT_RULES})[0]


def scored(comment: Comment, labels: dict[str, float]) -> Score:
    return Score.objects.create(
        comment=comment, revision=comment.revision, labels=labels, plain=labels, folded=None, windows=1,
        checkpoint="compact", weights="f" * 64, backend="onnx-int8", engine_version="1", language="en",
        language_known=True, milliseconds=4.0, spans=[],
    )  # fmt: skip


def judged(
    article: Article,
    text: str = "",
    *,
    labels: dict[str, float] | None = None,
    reader: Reader | None = None,
    parent: Comment | None = None,
    **signals: Any,
) -> Comment:
    """A comment that policy has judged by these labels; by default an insult that waits for a person."""
    from dataclasses import replace

    comment = post(article, text, reader=reader, parent=parent, state=State.PENDING)
    score = scored(comment, LABELS | (labels or {}))
    in_force = Policy.objects.in_force()
    verdict: Verdict = decide(score.labels, replace(QUIET, **signals), in_force.rules)
    with transaction.atomic():
        states.lock_threads([article.pk])
        sha256 = Revision.objects.get(comment=comment, number=1).sha256
        decisions.by_policy(comment, verdict, score=score, policy=in_force, sha256=sha256)
        comment.outbox.all().delete()
    comment.refresh_from_db()
    return comment
