"""The confirmation of receipt that Article 16(4) of the EU Digital Services Act asks for, mailed where somebody gave
an address.

Nobody has shown that the address is theirs. So nothing that was typed stands in the mail: it serves nobody for sending
words to strangers.
"""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from discussions import limits, traces
from discussions.models import Report

MAILS_PER_DAY = 30  # to one mailbox, however its address is spelt


def may_be_mailed(address: str) -> bool:
    """Count one receipt to this address, and say whether it is still within the day's number."""
    mailbox = traces.mailbox_of(address)
    return bool(mailbox) and limits.allowed_today("receipt-mail", mailbox, per_day=MAILS_PER_DAY)


def send(report: Report) -> None:
    """Queue the receipt, in the language in use: that of the page on which the notice was given."""
    link = settings.SITE_URL + report.comment.get_absolute_url()
    context = {"report": report, "link": link, "site_name": settings.SITE_NAME}
    subject = _("Your notice of illegal content, number %(number)s") % {"number": report.pk}
    words = render_to_string("discussions/mail/receipt.txt", context)
    EmailMessage(subject, words, to=[report.notifier_email]).send()
