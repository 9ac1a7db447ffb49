"""Mail is saved in the transaction that causes it and sent by the mail worker: nothing is lost, nobody waits.

A message is sent at least once: a crash between the mail server's "yes" and the commit sends it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from typing import Any

import environ
import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from discussions.models import Mail

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 12
FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 6 * 3600
SAID_AGAIN_SECONDS = 3600
TAKE_BACK_TIME = timedelta(minutes=2)  # a mail about a decision waits so long: one taken back at once is never sent


def check_sendable(address: str) -> None:
    """Raise ValidationError for a well-formed address that no mail can go to: a part of its domain is too long."""
    try:
        address.rpartition("@")[2].encode("idna")
    except UnicodeError:
        raise ValidationError(_("Mail cannot be sent to this address: a part of its domain is too long.")) from None


class OutboxBackend(BaseEmailBackend):
    """Django's mail door: every message becomes one row per recipient, sent later by `deliver_due`."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Save the messages; returns how many. Rolled back with the caller's transaction."""
        for message in email_messages:
            html = next((str(part[0]) for part in getattr(message, "alternatives", []) if part[1] == "text/html"), "")
            Mail.objects.bulk_create(
                Mail(
                    to=recipient,
                    subject=" ".join(str(message.subject).split())[:998],
                    body=str(message.body),
                    html=html,
                    sender=message.from_email or settings.DEFAULT_FROM_EMAIL,
                    headers=dict(message.extra_headers),
                )
                for recipient in message.recipients()
            )
        return len(email_messages)


def deliver_due(*, most: int = 50) -> int:
    """Hand on the messages that are due, oldest first, one transaction each. Returns how many were delivered.

    In the local demo a message counts as delivered once the mailbox page shows it. A site without EMAIL_URL keeps
    its mail until one is set.
    """
    if not settings.PARLEY_LOCAL and not settings.EMAIL_URL:
        _say_that_it_waits(Mail.objects.filter(sent_at=None).exists())
        return 0
    delivered = 0
    for _turn in range(most):
        outcome = _deliver_one()
        if outcome is None:
            break
        delivered += outcome
    return delivered


_said_at: float | None = None  # by this process's clock; one process sends the mail


def _say_that_it_waits(waits: bool) -> None:
    """Log it when mail begins to wait, and then once an hour while it does."""
    global _said_at  # noqa: PLW0603
    if not waits:
        _said_at = None
    elif _said_at is None or monotonic() - _said_at >= SAID_AGAIN_SECONDS:
        _said_at = monotonic()
        log.warning("mail_waits", hint="Set EMAIL_URL so that mail can be sent.")


@transaction.atomic
def _deliver_one() -> bool | None:
    """Send the oldest due message. None when nothing is due; False when the mail server refused."""
    due = Mail.objects.filter(sent_at=None, available_at__lte=timezone.now(), attempts__lt=MAX_ATTEMPTS)
    mail = due.select_for_update(skip_locked=True).order_by("available_at", "pk").first()
    if mail is None:
        return None
    mail.attempts += 1
    try:
        if not settings.PARLEY_LOCAL:
            _send(mail)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one message, the next one goes out
        mail.error = f"{type(error).__name__}: {error}"[:500]
        mail.available_at = timezone.now() + timedelta(seconds=pause_after(mail.attempts))
        log.warning("mail_failed", mail=mail.pk, attempts=mail.attempts, error=type(error).__name__)
    else:
        mail.sent_at, mail.error = timezone.now(), ""
    mail.save(update_fields=["attempts", "sent_at", "error", "available_at"])
    return mail.sent_at is not None


def pause_after(attempts: int) -> int:
    """Seconds until the next try: doubling from 30 s, six hours at most."""
    return int(min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS))


def _send(mail: Mail) -> None:
    config: dict[str, Any] = environ.Env.email_url_config(settings.EMAIL_URL)
    connection = get_connection(
        config["EMAIL_BACKEND"],
        host=config.get("EMAIL_HOST"),
        port=config.get("EMAIL_PORT"),
        username=config.get("EMAIL_HOST_USER"),
        password=config.get("EMAIL_HOST_PASSWORD"),
        use_tls=config.get("EMAIL_USE_TLS", False),
        use_ssl=config.get("EMAIL_USE_SSL", False),
        timeout=20,
    )
    message = EmailMultiAlternatives(
        mail.subject, mail.body, mail.sender, [mail.to], headers=mail.headers, connection=connection
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.send()
