"""Mail about what is new in a discussion, or in answer to one comment, for those who asked for it.

Only confirmed addresses are written to. Every message can be stopped with one click: the link carries a signed
token that names one follow, or one reader's mail of the day, and nothing else (RFC 8058 for mail programs).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from discussions import languages, markup
from discussions.models import Article, Comment, Follow, Mute, Reader, Revision

_STOP, _STOP_DIGEST, _CONFIRM = "parley.unsubscribe", "parley.unsubscribe-digest", "parley.confirm"
CONFIRM_SECONDS = 3 * 24 * 3600
MOST_IN_A_MAIL = 12
MOST_IN_A_DIGEST = 40  # follows; the others' turn comes the next day
PAUSE = {Follow.Pace.AT_ONCE: timedelta(minutes=1), Follow.Pace.DAILY: timedelta(hours=24)}


def address_of(reader: Reader) -> str:
    """Where mail for a reader goes, or "" while nobody has confirmed an address."""
    if reader.user is not None:
        return reader.user.email
    return reader.email if reader.email_confirmed_at else ""


def follow(
    *, reader: Reader, article: Article, comment: Comment | None = None, pace: str = Follow.Pace.AT_ONCE
) -> Follow:
    """Ask for mail from now on; a second time only changes the pace."""
    made, _new = Follow.objects.update_or_create(
        reader=reader,
        article=article,
        comment=comment,
        defaults={"pace": pace},
        create_defaults={"pace": pace, "told_version": _version(article.pk)},
    )
    return made


def _version(article_id: int) -> int:
    """The thread's version now: whatever has come by then, and is read after this, has come with it or before."""
    return Article.objects.values_list("thread_version", flat=True).get(pk=article_id)


def stop_token(follow: Follow) -> str:
    """What a mail carries to end this follow; it does not expire, as the mail does not either.

    It names who follows what, not the row: whoever stopped and follows again ends that with an old mail as well.
    """
    return signing.Signer(salt=_STOP).sign_object([follow.reader_id, follow.article_id, follow.comment_id])


def by_stop_token(token: str) -> Follow | None:
    """The follow a token names, or None for one that has ended. Raises BadSignature for a cut-off or forged token."""
    follows = Follow.objects.select_related("article", "reader", "comment__reader")
    if token.count(":") > 1:  # from a mail of an earlier version: a row, with the time
        return follows.filter(pk=signing.loads(token, salt=_STOP)).first()
    reader, article, comment = signing.Signer(salt=_STOP).unsign_object(token)
    return follows.filter(reader=reader, article=article, comment=comment).first()


def digest_token(reader: Reader) -> str:
    """What a reader's mail of the day carries to end it as a whole; it does not expire either."""
    return signing.dumps(reader.pk, salt=_STOP_DIGEST)


def by_digest_token(token: str) -> QuerySet[Follow] | None:
    """All that the mail of the day with this token tells of, nothing where it has ended; None for a broken token."""
    try:
        pk = signing.loads(token, salt=_STOP_DIGEST)
    except signing.BadSignature:
        return None
    return Follow.objects.filter(reader=pk, pace=Follow.Pace.DAILY).select_related("article", "comment")


def words_followed(follow: Follow) -> str:
    """The first words of the comment whose answers are followed; "" where there is none, or it cannot be read."""
    if follow.comment is None or follow.comment.shown_revision is None:
        return ""
    shown = Revision.objects.filter(comment=follow.comment, number=follow.comment.shown_revision)
    return markup.excerpt(shown.values_list("text", flat=True).get(), 200)


def ask_to_confirm(reader: Reader) -> None:
    """Write to a guest's address to see that it is theirs."""
    token = signing.dumps([reader.pk, reader.email], salt=_CONFIRM)
    link = settings.SITE_URL + reverse("confirm_guest", args=[token])
    context = {"reader": reader, "link": link, "site_name": settings.SITE_NAME}
    with languages.speaking_to(reader):
        words = render_to_string("discussions/mail/confirm.txt", context)
        EmailMessage(_("Is this your address?"), words, to=[reader.email]).send()


def by_confirm_token(token: str) -> Reader | None:
    """The guest whose address a link confirms, or None for a forged, old or outdated one."""
    try:
        pk, email = signing.loads(token, salt=_CONFIRM, max_age=CONFIRM_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Reader.objects.filter(pk=pk, email=email, kind=Reader.Kind.GUEST, erased_at=None).first()


def tell_due(*, most: int = 200) -> int:
    """Write to the followers for whom something is new and whose pause is over. Returns how many mails were saved."""
    now = timezone.now()
    at_once = _with_news().filter(pace=Follow.Pace.AT_ONCE, told_at__lte=now - PAUSE[Follow.Pace.AT_ONCE])
    daily = _with_news().filter(pace=Follow.Pace.DAILY, told_at__lte=now - PAUSE[Follow.Pace.DAILY])
    daily = daily.filter(Q(reader__digest_at=None) | Q(reader__digest_at__lte=now - PAUSE[Follow.Pace.DAILY]))
    told = sum(_tell(pk) for pk in at_once.order_by("told_at").values_list("pk", flat=True)[:most])
    readers = daily.order_by("reader_id").values_list("reader_id", flat=True).distinct()
    return told + sum(_tell_daily(pk) for pk in readers[:most])


def _with_news() -> QuerySet[Follow]:
    """Follows with something their reader has not been told of."""
    told = OuterRef("told_version")
    # The condition on `appeared` says nothing new, but an index can begin there.
    news = Comment.objects.readable().filter(article=OuterRef("article"), appeared__gt=told, first_appeared__gt=told)
    answers = news.filter(parent=OuterRef("comment"))
    return Follow.objects.filter(Q(Exists(answers)) | Q(comment=None) & Q(Exists(news)))


@transaction.atomic
def _tell(pk: int) -> bool:
    """Save one follower's mail and remember what it told, in one transaction."""
    found = Follow.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk)
    follow = found.select_related("reader__user", "article", "comment").first()
    if follow is None:
        return False
    told = _taken(follow)
    address = address_of(follow.reader)
    if not address or not told:
        return False
    with languages.speaking_to(follow.reader):
        _send(_subject(follow), "news", address, _part(follow, told) | {"follow": follow})
    return True


@transaction.atomic
def _tell_daily(pk: int) -> bool:
    """Save one reader's mail of the day, about all they follow once a day, and remember what it told."""
    locked = Reader.objects.select_for_update(skip_locked=True, of=("self",), no_key=True).select_related("user")
    reader = locked.filter(pk=pk).first()
    now = timezone.now()
    if reader is None or (reader.digest_at and reader.digest_at > now - PAUSE[Follow.Pace.DAILY]):
        return False
    due = _with_news().filter(reader=reader, pace=Follow.Pace.DAILY).select_related("article", "comment")
    follows = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("told_at")[:MOST_IN_A_DIGEST])
    taken = [(follow, told) for follow in follows if (told := _taken(follow))]
    address = address_of(reader)
    if not address or not taken:
        return False
    reader.digest_at = now
    reader.save(update_fields=["digest_at"])
    with languages.speaking_to(reader):
        about = {follow.article_id: follow.article.title for follow, _told in taken}
        subject = ngettext(
            "Once a day: what is new in %(n)d discussion", "Once a day: what is new in %(n)d discussions", len(about)
        )
        stop = settings.SITE_URL + reverse("stop_digest", args=[digest_token(reader)])
        parts = [_part(follow, told) for follow, told in taken]
        _send(subject % {"n": len(about)}, "digest", address, {"parts": parts, "stop": stop})
    return True


def _taken(follow: Follow) -> list[Comment]:
    """What is new for a locked follow, one more than a mail tells of; it counts as told from now on."""
    version = _version(follow.article_id)
    come = Comment.objects.readable().filter(
        article=follow.article,
        appeared__gt=follow.told_version,
        first_appeared__gt=follow.told_version,
        first_appeared__lte=version,
    )
    if follow.comment is not None:
        come = come.filter(parent=follow.comment)
    muted = Mute.objects.filter(reader=follow.reader_id).values("muted")
    news = come.exclude(reader=follow.reader_id).exclude(reader__in=muted)
    if follow.comment is None:  # answers that they follow apart come in that mail, and once
        apart = Follow.objects.filter(reader=follow.reader_id, article=follow.article, pace=follow.pace)
        news = news.exclude(parent__in=apart.exclude(comment=None).values("comment"))
    told = list(news.select_related("reader").order_by("pk")[: MOST_IN_A_MAIL + 1])
    follow.told_version, follow.told_at = version, timezone.now()
    follow.save(update_fields=["told_version", "told_at"])
    return told


def _subject(follow: Follow) -> str:
    if follow.comment is None:
        return _("New in: %s") % follow.article.title
    if follow.comment.reader_id == follow.reader_id:
        return _("New answers to your comment")
    return _("New answers to a comment you follow")


def _part(follow: Follow, told: list[Comment]) -> dict[str, Any]:
    """What a mail says of one follow: where, what is new, and the link that ends it."""
    shown = Revision.objects.filter(comment__in=[one.pk for one in told])
    words = {(one.comment_id, one.number): one.text for one in shown}
    return {
        "title": follow.article.title,
        "heading": _subject(follow),
        "answers": follow.comment is not None,
        "article_link": settings.SITE_URL + follow.article.get_absolute_url(),
        "news": [
            {
                "name": one.reader.name,
                "words": markup.excerpt(words.get((one.pk, one.shown_revision or 0), ""), 400),
                "link": settings.SITE_URL + one.get_absolute_url(),
            }
            for one in told[:MOST_IN_A_MAIL]
        ],
        "more": len(told) > MOST_IN_A_MAIL,
        "stop": settings.SITE_URL + reverse("unsubscribe", args=[stop_token(follow)]),
    }


def _send(subject: str, template: str, address: str, context: dict[str, Any]) -> None:
    """Save a mail that its own button in the mail program ends: `stop` of the context is where it posts (RFC 8058)."""
    EmailMessage(
        subject,
        render_to_string(f"discussions/mail/{template}.txt", context | {"site_name": settings.SITE_NAME}),
        to=[address],
        headers={"List-Unsubscribe": f"<{context['stop']}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    ).send()
