"""Addresses are kept no longer than the settings say."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from discussions.models import Comment, Follow, Mail, Reader

MOST = 5000  # rows a run: an hour later it goes on


def forget() -> tuple[int, int]:
    """Erase guests' addresses and sent mail past their time. Returns how many of each."""
    return _guests(settings.GUEST_EMAIL_DAYS), _mail(settings.SENT_MAIL_DAYS)


def _guests(days: int) -> int:
    """Guests without a comment in `days` days, and without mails they asked for."""
    if days <= 0:
        return 0
    since = timezone.now() - timedelta(days=days)
    lately = Comment.objects.filter(reader=OuterRef("pk"), created_at__gte=since)
    wanted = Follow.objects.filter(reader=OuterRef("pk"))
    old = Reader.objects.filter(kind=Reader.Kind.GUEST, created_at__lt=since).exclude(email="")
    old = old.filter(~Exists(lately), ~Exists(wanted))
    chosen = list(old.values_list("pk", flat=True)[:MOST])
    return Reader.objects.filter(pk__in=chosen).update(email="", email_confirmed_at=None)


def _mail(days: int) -> int:
    if days <= 0:
        return 0
    old = Mail.objects.filter(sent_at__lt=timezone.now() - timedelta(days=days))
    chosen = list(old.values_list("pk", flat=True)[:MOST])
    return Mail.objects.filter(pk__in=chosen).delete()[0]
