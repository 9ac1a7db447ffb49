"""Celery's door to the ground floor's chores. Each is idempotent and does nothing when there is nothing to do."""

from __future__ import annotations

from celery import shared_task

from discussions import best, following, mail, retention, traces


@shared_task(name="discussions.send_mail", ignore_result=True)
def send_mail() -> None:
    """Write what followers are to be told, then hand on the mail that is due."""
    try:
        following.tell_due()
    finally:
        mail.deliver_due()


@shared_task(name="discussions.refresh_best", ignore_result=True)
def refresh_best() -> None:
    """Bring the order of the best comments up to the votes that came in since."""
    best.refresh()


@shared_task(name="discussions.forget", ignore_result=True)
def forget() -> None:
    """Erase the addresses and signals that were kept long enough."""
    retention.forget()
    traces.forget()
