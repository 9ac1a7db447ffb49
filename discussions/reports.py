"""Reports and notices of illegal content come in; the desk is woken."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from discussions import markup, receipts, standing, wake
from discussions.models import Comment, Reader, Report
from discussions.refusals import Refused


@transaction.atomic
def save(
    *,
    comment: Comment,
    by: Reader | None,
    reason: str,
    words: str = "",
    notifier: tuple[str, str] = ("", ""),
    receipt: bool = False,
) -> Report:
    """Save a report, once per reader and revision, and wake the desk. Raises Refused.

    Who is barred may still give notice of illegal content: the law gives that right to everybody.

    `notifier` is the name and the address that somebody gives with a notice of illegal content; with `receipt` a
    confirmation goes there, once.
    Reports by strangers are different people's, and a notice of illegal content is never taken for another report: only
    one that says the same and is still open counts as the same.
    """
    if comment.shown_revision is None:
        raise Refused("gone", _("This comment is no longer there."))
    if reason not in Report.Reason.values:
        raise Refused("reason", _("Say what is wrong with the comment: choose a reason."))
    if by is not None and reason != Report.Reason.ILLEGAL and standing.is_barred(by):
        words = _(
            "You cannot take part in the discussion at present. Only notices of illegal content are taken from you."
        )
        raise Refused("barred", words)
    said = {
        "reason": reason,
        "words": markup.clean(words)[:2000],
        "notifier_name": markup.clean(notifier[0])[:120],
        "notifier_email": notifier[1],
    }
    where = {"comment": comment, "reader": by, "revision": comment.shown_revision}
    if by is None or reason == Report.Reason.ILLEGAL:
        # One after the other: nothing in the table keeps two strangers' equal reports apart from one sent twice.
        Comment.objects.select_for_update(of=("self",)).only("pk").get(pk=comment.pk)
        earlier = Report.objects.filter(**where, **said, handled_at=None).first()
        made, is_new = earlier or Report.objects.create(**where, **said), earlier is None
    else:
        others = Report.objects.exclude(reason=Report.Reason.ILLEGAL)
        made, is_new = others.get_or_create(**where, defaults=said)
    if receipt and is_new:
        receipts.send(made)
    transaction.on_commit(partial(wake.send, "moderation.take_reports"), robust=True)
    return made
