"""Addresses, and accounts that nobody confirmed, are kept no longer than the settings say."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from discussions.mail import MAX_ATTEMPTS
from discussions.models import Comment, Follow, Mail, Reader, Report, User, Vote

MOST = 5000  # rows a run: an hour later it goes on


class Forgotten(NamedTuple):
    """How many of each a run erased."""

    addresses: int
    notifiers: int
    mails: int
    accounts: int
    sessions: int
    origins: int


def forget() -> Forgotten:
    """Erase what was kept for its time: guests' addresses, who signed notices, mail that was sent or never can be,
    unconfirmed accounts, ended sessions, where votes came from."""
    return Forgotten(
        _guests(settings.GUEST_EMAIL_DAYS),
        _notifiers(settings.GUEST_EMAIL_DAYS),
        _mail(settings.SENT_MAIL_DAYS),
        _unconfirmed(settings.UNCONFIRMED_DAYS),
        _sessions(),
        _origins(settings.SIGNAL_DAYS),
    )


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
    since = timezone.now() - timedelta(days=days)
    old = Mail.objects.filter(Q(sent_at__lt=since) | Q(attempts__gte=MAX_ATTEMPTS, available_at__lt=since))
    chosen = list(old.values_list("pk", flat=True)[:MOST])
    return Mail.objects.filter(pk__in=chosen).delete()[0]


def _notifiers(days: int) -> int:
    """Who gave a notice of illegal content, so long after it was decided."""
    if days <= 0:
        return 0
    signed = Report.objects.exclude(notifier_name="", notifier_email="")
    old = signed.filter(handled_at__lt=timezone.now() - timedelta(days=days))
    chosen = list(old.values_list("pk", flat=True)[:MOST])
    return Report.objects.filter(pk__in=chosen).update(notifier_name="", notifier_email="")


def _unconfirmed(days: int) -> int:
    """Accounts that nobody ever confirmed, with the public names they held. Whoever has done anything stays."""
    if days <= 0:
        return 0
    since = timezone.now() - timedelta(days=days)
    asked = EmailAddress.objects.filter(user=OuterRef("pk"))
    spoke = Comment.objects.filter(reader__user=OuterRef("pk"))
    old = User.objects.filter(date_joined__lt=since, last_login=None, is_staff=False, is_superuser=False)
    old = old.filter(Exists(asked), ~Exists(asked.filter(verified=True)), ~Exists(spoke))
    chosen = list(old.values_list("pk", flat=True)[:MOST])
    User.objects.filter(pk__in=chosen).delete()
    return len(chosen)


def _sessions() -> int:
    ended = Session.objects.filter(expire_date__lt=timezone.now())
    chosen = list(ended.values_list("pk", flat=True)[:MOST])
    return Session.objects.filter(pk__in=chosen).delete()[0]


def _origins(days: int) -> int:
    """Votes forget the address they came from; whether they count is settled by then."""
    old = Vote.objects.filter(created_at__lt=timezone.now() - timedelta(days=max(0, days))).exclude(origin="")
    chosen = list(old.order_by("created_at").values_list("pk", flat=True)[:MOST])
    return Vote.objects.filter(pk__in=chosen).update(origin="")
