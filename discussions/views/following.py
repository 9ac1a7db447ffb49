"""Following and muting: what one reader wants to hear of, and of whom not."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from discussions import accounts, following, languages, limits, traces
from discussions.models import Follow, Mute, Reader
from discussions.refusals import Refused
from discussions.views import pressed, reading, who
from discussions.views.taking_part import check_pace, status_of

# Asking one mailbox whether it is theirs, whoever gave the address: nobody is written to all day because of a stranger.
MAILS_PER_MINUTE, MAILS_PER_DAY = 2, 10
_ERASED = gettext_lazy(
    "This site keeps addresses for a time only, and yours has been erased, so no mail can go to it. Give one with your "
    "next comment."
)


Said = tuple[int, str]  # a level of django.contrib.messages, and what the reader is told


def _known(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in whoever has a name here, at the usual pace. Strangers are told what to do; nothing is saved for them."""

    @wraps(view)
    def guarded(request: HttpRequest, **what: Any) -> HttpResponse:
        reader = who.current(request)
        if reader is None:
            return _instead(request, _("Who are you?"), _who_words(request, what), 403)
        try:
            check_pace(request, "follow", reader)
        except Refused as refused:
            return _instead(request, _("One moment, please"), str(refused.message), status_of(refused))
        return view(request, reader, **what)

    return guarded


def _who_words(request: HttpRequest, what: dict[str, Any]) -> str:
    words = _(
        '<a href="{log_in}">Log in</a>, or <a href="{write}">post once under a name</a>, so that this can be '
        "remembered for you."
    )
    page = write = reverse("home")
    if "slug" in what:
        page = reading.find_article(what["slug"]).get_absolute_url()
        write = f"{page}#write"
    elif request.resolver_match and request.resolver_match.url_name == "follow_comment":
        comment = reading.visible(request, what["pk"])
        page, write = comment.get_absolute_url(), f"{comment.article.get_absolute_url()}#write"
    return format_html(words, log_in=accounts.log_in_address(page), write=write)


def _instead(request: HttpRequest, title: str, words: str, status: int) -> HttpResponse:
    """A page rather than a message: messages live in sessions, and strangers get none."""
    context = {"title": title, "words": words, "back": who.came_from(request)}
    return render(request, "discussions/errors/page.html", context, status=status)


@pressed.stands_on("article", "slug")
@_known
def follow_article(request: HttpRequest, reader: Reader, slug: str) -> HttpResponse:
    """Follow a discussion, change how often one is told, or stop: `pace`, `stop`, or neither to turn it round."""
    article = reading.find_article(slug)
    wish = Follow(reader=reader, article=article, pace=_pace(request))
    return _followed(request, wish, _toggle(request, wish), article.get_absolute_url())


@pressed.stands_on("comment", "pk")
@_known
def follow_comment(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Follow the answers to one comment, in the same way."""
    comment = reading.visible(request, pk)
    wish = Follow(reader=reader, article=comment.article, comment=comment, pace=_pace(request))
    return _followed(request, wish, _toggle(request, wish), comment.get_absolute_url())


def _followed(request: HttpRequest, wish: Follow, said: Said, page: str) -> HttpResponse:
    """The choices as they stand now and what came of it: put in their place by the script, else where they are."""
    if request.htmx:  # type: ignore[attr-defined]
        there = Follow.objects.filter(reader=wish.reader, article=wish.article, comment=wish.comment)
        pace = there.values_list("pace", flat=True).first() or ""
        context = {"following": pace, "comment": wish.comment, "address": request.path, "said": said[1]}
        return render(request, "discussions/parts/follow.html", context)
    messages.add_message(request, *said, extra_tags="follow")
    return who.back(request, page, anchor="#follow")


def _pace(request: HttpRequest) -> str:
    asked = request.POST.get("pace", "")
    return asked if asked in Follow.Pace.values else Follow.Pace.AT_ONCE


def _toggle(request: HttpRequest, wish: Follow) -> Said:
    reader = wish.reader
    there = Follow.objects.filter(reader=reader, article=wish.article, comment=wish.comment)
    if "stop" in request.POST or ("pace" not in request.POST and there.exists()):
        there.delete()
        return messages.INFO, _("You no longer follow this.")
    if not _has_address(reader):
        return messages.WARNING, str(_ERASED)
    languages.note(reader)
    following.follow(reader=reader, article=wish.article, comment=wish.comment, pace=wish.pace)
    if following.address_of(reader):
        often = {
            Follow.Pace.AT_ONCE: _("You will get a mail when something is new. One click in it stops them."),
            Follow.Pace.DAILY: _("You will get one mail a day when something is new. One click in it stops them."),
        }
        return messages.SUCCESS, often[Follow.Pace(wish.pace)]
    return _ask(request, reader)


def _has_address(reader: Reader) -> bool:
    """False for a guest whose address was erased when its time was over."""
    return bool(reader.user_id or reader.email)


def _ask(request: HttpRequest, reader: Reader) -> Said:
    if not _has_address(reader):
        return messages.WARNING, str(_ERASED)
    try:
        check_pace(request, "confirm", reader)
        mailbox = traces.mailbox_of(reader.email)
        if not limits.allowed("confirm-mail", mailbox, per_minute=MAILS_PER_MINUTE):
            raise Refused("too_fast", _("That was fast. Wait a minute, then try again; your words are still here."))
        if not limits.allowed_today("confirm-mail", mailbox, per_day=MAILS_PER_DAY):
            words = _(
                "We have written to this address several times today. Look into its spam folder, or try tomorrow."
            )
            raise Refused("too_fast", words)
    except Refused as refused:
        return messages.WARNING, str(refused.message)
    following.ask_to_confirm(reader)
    return messages.INFO, _("Mails start once you have confirmed your address: open the link we have just sent you.")


@pressed.stands_on("me")
@_known
def confirm_again(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Send a guest the link that confirms their address."""
    if reader.kind == Reader.Kind.GUEST and not reader.email_confirmed_at:
        messages.add_message(request, *_ask(request, reader))
    return redirect("me")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_guest(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail. It asks before it confirms: mail scanners open links, too."""
    reader = following.by_confirm_token(token)
    if request.method == "POST" and reader is not None:
        Reader.objects.filter(pk=reader.pk, email_confirmed_at=None).update(email_confirmed_at=timezone.now())
        messages.success(request, _("Thank you, the address is confirmed."))
        return redirect("me" if who.current(request) == reader else "home")
    context = {"person": reader, "done": reader is not None and reader.email_confirmed_at is not None}
    return render(request, "discussions/confirm.html", context, status=200 if reader else 404)


@csrf_exempt  # a mail program posts here with one click (RFC 8058); the signed token is the permission
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails of one follow, or of all, or get them once a day. Saying it twice is no error."""
    try:
        found = following.by_stop_token(token)
    except signing.BadSignature:  # the mails go on, so nobody is told that they ended
        return render(request, "discussions/unsubscribe.html", {"broken": True}, status=404)
    if found is None:
        return render(request, "discussions/unsubscribe.html", {"follow": None})
    words = following.words_followed(found)
    outcome = _answered(found, request.POST) if request.method == "POST" else ""
    context = {
        "follow": found,
        "outcome": outcome,
        "own": found.comment is not None and found.comment.reader_id == found.reader_id,
        "name": found.comment.reader.name if found.comment else "",
        "words": words,
        "others": Follow.objects.filter(reader=found.reader).exclude(pk=found.pk).count(),
    }
    return render(request, "discussions/unsubscribe.html", context)


def _answered(found: Follow, sent: QueryDict) -> str:
    """Do what a press on the page, or the mail program, asks for: "all", "daily" or "stop"."""
    if "all" in sent:
        Follow.objects.filter(reader=found.reader).delete()
        return "all"
    if sent.get("pace") == Follow.Pace.DAILY:
        found.pace = Follow.Pace.DAILY
        found.save(update_fields=["pace"])
        return "daily"
    Follow.objects.filter(pk=found.pk).delete()
    return "stop"


@csrf_exempt  # as above
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_digest(request: HttpRequest, token: str) -> HttpResponse:
    """End the mail of the day with all that it tells of, or see how to end a part of it. Twice is no error."""
    follows = following.by_digest_token(token)
    if follows is None:
        return render(request, "discussions/digest.html", {"broken": True}, status=404)
    if request.method == "POST":
        follows.delete()
        return render(request, "discussions/digest.html", {"ended": True})
    listed = list(follows.order_by("-pk"))
    for one in listed:
        one.stop = following.stop_token(one)  # type: ignore[attr-defined]  # for the template
    return render(request, "discussions/digest.html", {"follows": listed})


@pressed.stands_on("reader", "pk")
@_known
def mute(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Mute a reader for oneself, or unmute them. They are not told."""
    other = get_object_or_404(Reader, pk=reading.storable(pk))
    if reader != other:
        ended, _what = Mute.objects.filter(reader=reader, muted=other).delete()
        if not ended:
            Mute.objects.get_or_create(reader=reader, muted=other)
    return who.back(request, reverse("reader", args=[other.pk]))


@pressed.stands_on("me")
def change_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the pace of one's own follow, or end it."""
    reader = who.current(request)
    found = Follow.objects.filter(pk=reading.storable(pk), reader=reader).first() if reader else None
    if found is None:
        raise Http404
    if "stop" in request.POST:
        found.delete()
    else:
        found.pace = _pace(request)
        found.save(update_fields=["pace"])
    return redirect("me")
