"""Sanctions: imposed with a reason and an end, felt by the pipeline, lifted with everything they did.

The discussion itself knows nothing of them. A comment by somebody sanctioned is posted like any other and meets the
sanction as one of policy's signals: held where every comment is looked at first, refused where somebody is suspended.
Recommending and reporting have no policy; they ask `bars`, which the settings name.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from discussions import languages, mail, states
from discussions.models import Comment, Mail, Reader, State, User
from moderation import bulk, reasons, roles
from moderation.models import Decision, Sanction, Score
from moderation.roles import NotAllowed

MOST_HIDDEN = bulk.MOST
LONGEST = timedelta(days=3653)  # ten years; whoever means longer means without an end
_HEADER = "X-Parley-Sanction"
_STRICTNESS = [Sanction.Kind.PREMODERATE, Sanction.Kind.SUSPEND, Sanction.Kind.BAN]


def felt_by(reader: Reader) -> str:
    """The strictest sanction in force on a reader that limits posting: "premoderate", "suspend", "ban" or ""."""
    kinds = set(Sanction.objects.touching(reader).in_force().values_list("kind", flat=True))
    return next((str(kind) for kind in reversed(_STRICTNESS) if kind in kinds), "")


def bars(reader: Reader) -> bool:
    """Whether the reader is suspended or banned. The discussion asks this by its name in the settings."""
    return felt_by(reader) in {Sanction.Kind.SUSPEND, Sanction.Kind.BAN}


@transaction.atomic
def impose(
    *,
    kind: str,
    by: User,
    reason_code: str,
    reader: Reader | None = None,
    domain: str = "",
    words: str = "",
    until: datetime | None = None,
    refuse_comments: bool = False,
) -> Sanction:
    """Sanction a reader, or everybody whose address is at `domain`.

    With `refuse_comments` the reader's readable and waiting comments, newest first, are refused along with it, at most
    200. Raises NotAllowed, or ValueError with words for the person.
    """
    roles.require(by, roles.SANCTION)
    _check(kind=kind, reason_code=reason_code, until=until)
    if (reader is None) == (not domain):
        raise ValueError(_("Name either a reader or a mail domain."))
    if domain and refuse_comments:
        raise ValueError(
            _("A sanction on a mail domain leaves comments as they are. Sanction the reader to refuse theirs.")
        )
    if reader is not None:
        _check_reader(reader, by)
    made = Sanction.objects.create(
        kind=kind,
        reader=reader,
        email=_address(reader) if reader else "",
        domain=_domain(domain) if domain else "",
        reason_code=reason_code,
        words=words,
        until=until,
        by=by,
        by_name=str(by),
        batch=uuid4() if refuse_comments and reader else None,
    )
    if reader is not None and made.batch is not None:
        _refuse_comments(made, reader, by)
    if reader is not None:
        _tell(made, reader)
    return made


@transaction.atomic
def lift(sanction: Sanction, *, by: User) -> list[bulk.Result]:
    """End a sanction and bring back what it took with it; returns what became of each comment."""
    roles.require(by, roles.SANCTION)
    if sanction.reader is not None and sanction.reader.user_id == by.pk:
        raise NotAllowed(_("Nobody sanctions themselves."))
    ended = Sanction.objects.filter(pk=sanction.pk, lifted_at__isnull=True).update(
        lifted_at=timezone.now(), lifted_by=by, lifted_by_name=str(by)
    )
    if not ended:
        return []
    Mail.objects.filter(sent_at__isnull=True, headers__contains={_HEADER: str(sanction.pk)}).delete()
    if sanction.batch is None:
        return []
    states.lock_threads(Decision.objects.filter(batch=sanction.batch).values_list("article_id", flat=True))
    return bulk.undo(sanction.batch, by=by)


def _check(*, kind: str, reason_code: str, until: datetime | None) -> None:
    if kind not in Sanction.Kind.values:
        raise ValueError(_("Choose what the sanction is."))
    if reason_code not in reasons.REFUSALS:
        raise ValueError(_("A sanction needs a reason."))
    if kind == Sanction.Kind.SUSPEND and until is None:
        raise ValueError(_("A suspension needs an end. Without one it is a ban."))
    if until is not None and until <= timezone.now():
        raise ValueError(_("The end lies in the past."))
    if until is not None and until > timezone.now() + LONGEST:
        raise ValueError(_("The end lies more than ten years ahead. For good, choose a ban without an end."))


def _check_reader(reader: Reader, by: User) -> None:
    if reader.user_id == by.pk:
        raise NotAllowed(_("Nobody sanctions themselves."))
    if reader.user is not None and roles.role_of(reader.user) is not None:
        raise NotAllowed(_("This is a colleague. An administrator takes their role away first."))


def _address(reader: Reader) -> str:
    return (reader.user.email if reader.user else reader.email).lower()


def _domain(domain: str) -> str:
    domain = domain.strip().lower().removeprefix("@")
    try:
        validate_domain_name(domain)
    except ValidationError:
        raise ValueError(_("“%(domain)s” is not a mail domain such as example.org.") % {"domain": domain}) from None
    return domain


def _refuse_comments(sanction: Sanction, reader: Reader, by: User) -> None:
    standing = Comment.objects.filter(reader=reader).filter(state__in=[State.PUBLISHED, State.HELD, State.PENDING])
    states.lock_threads(standing.order_by("-pk").values_list("article_id", flat=True)[:MOST_HIDDEN])
    items = list(standing.order_by("-pk").values_list("pk", "version")[:MOST_HIDDEN])
    if items and sanction.batch is not None:
        bulk.act(
            items,
            action="reject",
            by=by,
            batch=sanction.batch,
            reason_code=sanction.reason_code,
            words=sanction.words,
        )


def _language_of(reader: Reader) -> str | None:
    """What they wrote in lately."""
    latest = list(Comment.objects.filter(reader=reader).order_by("-pk").values_list("pk", flat=True)[:5])
    return Score.objects.filter(comment_id__in=latest).order_by("-id").values_list("language", flat=True).first()


def _tell(sanction: Sanction, reader: Reader) -> None:
    """One mail, where there is an address that is theirs, in their language and not in the moderator's.

    It waits a little, so that taking back is in time.
    """
    with languages.speaking_to(reader, otherwise=_language_of(reader)):
        _mail(sanction, reader)


def _mail(sanction: Sanction, reader: Reader) -> None:
    confirmed = reader.user is not None or reader.email_confirmed_at is not None
    address = _address(reader)
    if not address or not confirmed or sanction.kind == Sanction.Kind.PREMODERATE:
        return
    said = {
        Sanction.Kind.WARN: _("This is a warning. Nothing else changes for now."),
        Sanction.Kind.SUSPEND: _("You cannot take part until %(until)s.")
        % {"until": timezone.localtime(sanction.until).strftime("%Y-%m-%d %H:%M") if sanction.until else ""},
        Sanction.Kind.BAN: _("You can no longer take part."),
    }[Sanction.Kind(sanction.kind)]
    title = reasons.REFUSALS[sanction.reason_code][2]
    Mail.objects.create(
        to=address,
        subject=_("Your part in the discussion on %(site)s") % {"site": settings.SITE_NAME},
        body="\n\n".join(filter(None, [said, str(title), sanction.words])),
        sender=settings.DEFAULT_FROM_EMAIL,
        headers={_HEADER: str(sanction.pk)},
        available_at=timezone.now() + mail.TAKE_BACK_TIME,
    )
