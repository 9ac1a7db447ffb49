"""Mail waits in the database until the mail worker has handed it on."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Mail(models.Model):
    """One message. In the local demo it stays here and the mailbox page shows it."""

    to = models.TextField()
    subject = models.CharField(max_length=998)
    body = models.TextField()
    html = models.TextField(blank=True)
    sender = models.TextField()
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    available_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["available_at"], name="mail_due", condition=models.Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
