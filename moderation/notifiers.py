"""What whoever gave a notice of illegal content is told once a person has decided (EU 2022/2065, Article 16(5)).

The mail goes to the address in the notice and waits a little, so that a decision that is taken back leaves no trace.
As in the receipt, nothing that anybody typed stands in it: nobody has shown that the address is theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from discussions import languages, mail, receipts
from discussions.models import Mail, Reader, Report, State
from moderation.models import Decision

_HEADER = "X-Parley-Decision"


def tell(decision: Decision, report_ids: Sequence[int]) -> None:
    """Queue one mail for each notice of illegal content among these reports that this decision answers."""
    notices = Report.objects.filter(pk__in=report_ids, reason=Report.Reason.ILLEGAL).exclude(notifier_email="")
    for notice in notices.select_related("reader", "comment__article"):
        if not receipts.may_be_mailed(notice.notifier_email):
            continue
        with languages.speaking_to(notice.reader or Reader()):
            _queue(decision, notice)


def take_back(decision: Decision) -> None:
    """The decision is reversed: who has not been told yet is not told."""
    Mail.objects.filter(sent_at=None, headers__contains={_HEADER: str(decision.pk)}).delete()


def _queue(decision: Decision, notice: Report) -> None:
    context = {
        "report": notice,
        "link": settings.SITE_URL + notice.comment.get_absolute_url(),
        "refused": decision.to_state == State.REJECTED,
        "site_name": settings.SITE_NAME,
    }
    Mail.objects.create(
        to=notice.notifier_email,
        subject=_("Your notice of illegal content, number %(number)s: decided") % {"number": notice.pk},
        body=render_to_string("moderation/mail/notice_decided.txt", context),
        sender=settings.DEFAULT_FROM_EMAIL,
        headers={_HEADER: str(decision.pk)},
        available_at=timezone.now() + mail.TAKE_BACK_TIME,
    )
