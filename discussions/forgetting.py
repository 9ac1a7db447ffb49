"""A reader's right to be forgotten: what is kept on them, and taking it away.

A guest is known by the cookie. Where they have confirmed an address, a link sent there has to agree as well, so that
nobody is erased by whoever sits down at their screen. For an account the password has to be given once more.
"""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from discussions import languages, posting, refusals, states
from discussions.models import Article, Comment, Follow, Mail, Mute, Reader, Report, Revision, State, Vote

_SALT = "parley.forget"
LINK_SECONDS = 24 * 3600
KEEP, DELETE = "keep", "delete"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the site keeps on one reader, in numbers."""

    comments: int
    votes: int
    reports: int
    follows: int
    mutes: int
    mails: int


def kept_on(reader: Reader) -> Kept:
    """Count it."""
    return Kept(
        comments=Comment.objects.filter(reader=reader).exclude(state=State.DELETED).count(),
        votes=Vote.objects.filter(reader=reader).count(),
        reports=Report.objects.filter(reader=reader).count(),
        follows=Follow.objects.filter(reader=reader).count(),
        mutes=Mute.objects.filter(reader=reader).count(),
        mails=_mails(reader).count(),
    )


def _mails(reader: Reader) -> QuerySet[Mail]:
    addresses = {reader.email}
    if reader.user is not None:
        addresses |= {reader.user.email, *EmailAddress.objects.filter(user=reader.user).values_list("email", flat=True)}
    return Mail.objects.filter(to__in=addresses - {""})


def works_here(reader: Reader) -> bool:
    """Whether the reader runs the site: what they decide has to stay answerable, so they cannot be forgotten yet."""
    return reader.user is not None and (reader.user.is_staff or reader.user.is_superuser)


def ask(reader: Reader, comments: str) -> None:
    """Send the link that says it is really meant. `comments` is KEEP or DELETE."""
    token = signing.dumps([reader.pk, reader.email, comments], salt=_SALT)
    link = settings.SITE_URL + reverse("forget_confirmed", args=[token])
    context = {"reader": reader, "link": link, "site_name": settings.SITE_NAME, "delete": comments == DELETE}
    with languages.speaking_to(reader):
        words = render_to_string("discussions/mail/forget.txt", context)
        EmailMessage(_("Shall we forget you?"), words, to=[reader.email]).send()


def by_token(token: str) -> tuple[Reader | None, str]:
    """The guest a link speaks of and what is to become of their comments; no guest for a forged, old or used one."""
    try:
        pk, email, comments = signing.loads(token, salt=_SALT, max_age=LINK_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None, ""
    reader = Reader.objects.filter(pk=pk, email=email, kind=Reader.Kind.GUEST, erased_at=None).first()
    return reader, comments


@transaction.atomic
def forget(reader: Reader, *, comments: str) -> None:
    """Erase a guest or close an account: name, addresses, log-in, mails, follows, mutes and signals go.

    Their comments stay without a name, or go: then they leave tombstones where others have answered, and their words
    are erased in every version. The record of decisions stays: it holds neither name nor words. A second time is no
    error. Raises Refused "staff" for somebody who runs the site.
    """
    # The threads first, as every decision does it: its notice to the author wants the reader's row afterwards.
    states.lock_threads(Comment.objects.filter(reader=reader).values_list("article_id", flat=True).distinct())
    locked = Reader.objects.select_for_update(of=("self",)).select_related("user")
    reader = locked.get(pk=reader.pk)
    if reader.erased_at is not None:
        return
    if works_here(reader):
        raise refusals.Refused("staff", _("You work for this site, so your account cannot be closed yet."))
    _mails(reader).delete()
    written = Comment.objects.filter(reader=reader)
    # Once more, for a thread in which they wrote between the two locks; those that are held already cost nothing.
    states.lock_threads(written.values_list("article_id", flat=True).distinct())
    if comments == DELETE:
        for comment in written.exclude(state=State.DELETED).order_by("article_id", "id"):
            posting.delete(comment=comment, by=reader)
        Revision.objects.filter(comment__in=written).update(text="", html="")
    Follow.objects.filter(reader=reader).delete()
    Mute.objects.filter(reader=reader).delete()
    Mute.objects.filter(muted=reader).delete()
    Report.objects.filter(reader=reader).update(reader=None, notifier_name="", notifier_email="")
    reader.traces.all().delete()
    with translation.override(settings.LANGUAGE_CODE):
        reader.name = _("A former reader")
    reader.email, reader.email_confirmed_at, reader.language, reader.erased_at = "", None, "", timezone.now()
    reader.digest_at = None
    account, reader.user, reader.kind = reader.user, None, Reader.Kind.GUEST
    reader.save()
    if account is not None:
        account.delete()
    Article.objects.filter(pk__in=written.values("article")).update(thread_version=F("thread_version") + 1)
