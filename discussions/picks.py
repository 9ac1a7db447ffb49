"""Editors' picks: comments lifted above the thread by the people who run the site."""

from __future__ import annotations

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from discussions.models import Article, Comment, User

log = structlog.get_logger(__name__)


@transaction.atomic
def toggle(*, comment: Comment, by: User) -> bool:
    """Make a comment a pick, or end that. Pages that show it are made anew. Returns whether it is a pick now."""
    picked = Comment.objects.filter(pk=comment.pk, picked_at=None).update(picked_at=timezone.now())
    if not picked:
        Comment.objects.filter(pk=comment.pk).update(picked_at=None)
    Article.objects.filter(pk=comment.article_id).update(thread_version=F("thread_version") + 1)
    log.info("pick", comment=comment.pk, picked=bool(picked), by=by.pk)
    return bool(picked)
