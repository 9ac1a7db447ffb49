"""Readers at the desk: everything they wrote, notes about them, sanctions; and asking a colleague about a comment."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from discussions import markup, traces
from discussions.models import Comment, Reader, Revision, State
from moderation import authors, colleagues, lines, reasons, roles, sanctions, trust
from moderation.filters import Filters
from moderation.models import Escalation, Note, Policy, Sanction, Trust
from moderation.views import last
from moderation.views.access import DeskRequest, desk, refused
from moderation.views.queues import frame, is_script

ROWS = 30
_PERIODS = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30), "365": timedelta(days=365)}
_END_OF_DAY = time(23, 59, 59)


@desk()
def reader(request: DeskRequest, reader_id: int) -> HttpResponse:
    """One reader: record, notes, sanctions, all comments. For a script the drawer alone."""
    found = get_object_or_404(Reader.objects.select_related("user"), pk=reader_id)
    context = _about(request, found)
    if is_script(request):
        return render(request, "moderation/parts/reader.html", context)
    return render(request, "moderation/reader.html", frame(request, "reader", Filters()) | context)


def _about(request: DeskRequest, found: Reader) -> dict[str, Any]:
    state = request.GET.get("state", "")
    comments = Comment.objects.filter(reader=found).select_related("article")
    section_ids = roles.sections_of(request.user)
    if section_ids:
        comments = comments.filter(article__section__in=section_ids)
    if state in State.values:
        comments = comments.filter(state=state)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        comments = comments.filter(pk__lt=int(before))
    rows = list(comments.order_by("-pk")[: ROWS + 1])
    texts = {
        (pk, number): text
        for pk, number, text in Revision.objects.filter(comment__in=rows).values_list("comment_id", "number", "text")
    }
    hateful = lines.hateful(comment.pk for comment in rows)
    return {
        "reader": found,
        "record": authors.record_of(found),
        "notes": Note.objects.filter(reader=found).select_related("by__reader")[:50],
        "sanctions": Sanction.objects.touching(found).select_related("by__reader", "lifted_by__reader")[:50],
        "status": Sanction.objects.touching(found).in_force(),
        "alike": _alike(found),
        "shared": traces.shared(found),
        "signal_days": settings.SIGNAL_DAYS,
        "trusts": Trust.objects.filter(reader=found).select_related("by__reader", "lifted_by__reader")[:20],
        "trusted": trust.in_force(found),
        "trust_counts": bool(Policy.objects.in_force().rules.get("trust_publishes")),
        "comments": [
            (comment, texts.get((comment.pk, comment.revision), ""), (comment.pk, comment.revision) in hateful)
            for comment in rows[:ROWS]
        ],
        "older": rows[ROWS - 1].pk if len(rows) > ROWS else None,
        "state": state,
        "kinds": Sanction.Kind.choices,
        "reasons": [(code, title) for code, (_key, title, _w) in reasons.REFUSALS.items()],
        "may_sanction": roles.may(request.user, roles.SANCTION),
        "back": request.GET.get("back", ""),
    }


def _alike(found: Reader) -> list[Reader]:
    """Others with the same address or a look-alike name."""
    email = (found.user.email if found.user else found.email).lower()
    same = Q(name_key=found.name_key)
    if email:
        same |= Q(email__iexact=email) | Q(user__email__iexact=email)
    return list(Reader.objects.filter(same).exclude(pk=found.pk).order_by("-pk")[:10])


@desk(roles.DECIDE, methods=("POST",))
def note(request: DeskRequest, reader_id: int) -> HttpResponse:
    """Leave a note for colleagues, about the reader or, with `comment`, about one comment of theirs."""
    found = get_object_or_404(Reader, pk=reader_id)
    text = markup.clean(request.POST.get("text", ""))[:4000].strip()
    if not text:
        return refused(request, _("The note is empty."), status=422)
    about = Comment.objects.filter(roles.reach(request.user), reader=found)
    comment = about.filter(pk=_number(request.POST.get("comment", "")) or 0).first()
    Note.objects.create(reader=found, comment=comment, text=text, by=request.user, by_name=str(request.user))
    return _back(request, found)


@desk(roles.DECIDE, methods=("POST",))
def unnote(request: DeskRequest, note_id: int) -> HttpResponse:
    """Take one's own note back."""
    found = get_object_or_404(Note.objects.select_related("reader"), pk=note_id)
    if found.by_id != request.user.pk and not roles.may(request.user, roles.ADMINISTER):
        return refused(request, _("Only whoever wrote a note takes it back."))
    found.delete()
    return _back(request, found.reader)


@desk(roles.SANCTION, methods=("POST",))
def sanction(request: DeskRequest, reader_id: int) -> HttpResponse:
    """Impose a sanction on a reader, or with `domain` on everybody at that mail domain."""
    found = get_object_or_404(Reader.objects.select_related("user"), pk=reader_id)
    by_domain = request.POST.get("scope") == "domain"
    email = found.user.email if found.user else found.email
    try:
        made = sanctions.impose(
            kind=request.POST.get("kind", ""),
            by=request.user,
            reader=None if by_domain else found,
            domain=email.rpartition("@")[2] if by_domain else "",
            reason_code=request.POST.get("reason", ""),
            words=request.POST.get("words", "").strip()[:2000],
            until=_until(request.POST.get("days", ""), request.POST.get("until", "").strip()),
            refuse_comments=request.POST.get("existing") == "refuse",
        )
    except roles.NotAllowed as error:
        return refused(request, str(error))
    except ValueError as error:
        return refused(request, str(error), status=422)
    last.remember_measure(request, made)
    return _back(request, found, measure=True)


def _until(days: str, day: str) -> datetime | None:
    """The end of a sanction: so many days from now, with "date" the end of that day (ISO 8601), with "" none.

    Raises ValueError with words for the person.
    """
    if not days:
        return None
    if days in _PERIODS:
        return timezone.now() + _PERIODS[days]
    if days != "date":
        raise ValueError(_("Choose for how long the sanction holds."))
    if not day:
        raise ValueError(_("Say until which day the sanction holds, year and all."))
    try:
        last_day = date.fromisoformat(day)
    except ValueError:
        raise ValueError(
            _("“%(day)s” is no day of the calendar. Write it like 2027-03-31.") % {"day": day[:20]}
        ) from None
    return datetime.combine(last_day, _END_OF_DAY, timezone.get_current_timezone())


@desk(roles.SANCTION, methods=("POST",))
def lift(request: DeskRequest, sanction_id: int) -> HttpResponse:
    """End a sanction; what it refused comes back."""
    found = get_object_or_404(Sanction.objects.select_related("reader"), pk=sanction_id)
    try:
        sanctions.lift(found, by=request.user)
    except roles.NotAllowed as error:
        return refused(request, str(error))
    last.forget_measure(request, found)
    if _from_undo(request):
        return _taken_back(request, _("Took it back: the sanction is lifted"))
    seen_at = found.reader or Reader.objects.filter(pk=_number(request.POST.get("reader", "")) or 0).first()
    return _back(request, seen_at) if seen_at else redirect("desk")


@desk(roles.SANCTION, methods=("POST",))
def trust_reader(request: DeskRequest, reader_id: int) -> HttpResponse:
    """Trust a reader, with the reason in `words`."""
    found = get_object_or_404(Reader.objects.select_related("user"), pk=reader_id)
    try:
        given = trust.give(reader=found, by=request.user, words=request.POST.get("words", "")[:2000])
    except roles.NotAllowed as error:
        return refused(request, str(error))
    except ValueError as error:
        return refused(request, str(error), status=422)
    last.remember_measure(request, given)
    return _back(request, found, measure=True)


@desk(roles.SANCTION, methods=("POST",))
def untrust(request: DeskRequest, trust_id: int) -> HttpResponse:
    """Take the trust in a reader back."""
    given = get_object_or_404(Trust.objects.select_related("reader__user"), pk=trust_id)
    trust.take_back(given, by=request.user)
    last.forget_measure(request, given)
    if _from_undo(request):
        return _taken_back(request, _("Took it back: the reader is trusted no more"))
    return _back(request, given.reader)


@desk(roles.DECIDE, methods=("POST",))
def ask_colleague(request: DeskRequest, comment_id: int) -> HttpResponse:
    """Ask somebody in particular (`to`), or whoever is senior, to look at a comment."""
    comment = get_object_or_404(Comment.objects.select_related("article", "reader"), pk=comment_id)
    if reason := roles.why_not(request.user, roles.DECIDE, comment):
        return refused(request, reason)
    to = None
    if chosen := request.POST.get("to", ""):
        asked = roles.colleagues(request.user, comment).filter(user=_number(chosen) or 0).select_related("user").first()
        if asked is None:
            return refused(request, _("This colleague does not see the comment. Ask somebody else."), status=422)
        to = asked.user
    words = markup.clean(request.POST.get("words", ""))[:2000].strip()
    with transaction.atomic():
        opened = Escalation.objects.select_for_update(of=("self",)).filter(comment=comment, closed_at__isnull=True)
        standing = opened.select_related("by__reader").first()
        if standing is not None and standing.by_id != request.user.pk:
            words = _("%(who)s has asked about this comment already. Answer that first.")
            return refused(request, words % {"who": colleagues.name_of(standing.by)}, status=422)
        Escalation.objects.update_or_create(
            comment=comment,
            closed_at__isnull=True,
            defaults={"to": to, "by": request.user, "by_name": str(request.user), "words": words},
        )
    if is_script(request):
        return HttpResponse(status=204)
    return redirect(f"{reverse('desk_comment', args=[comment.pk])}?queue={request.POST.get('queue', 'held')}")


@desk(roles.DECIDE, methods=("POST",))
def unask(request: DeskRequest, comment_id: int) -> HttpResponse:
    """Take the question back, or say that it is answered."""
    comment = get_object_or_404(Comment.objects.select_related("article", "reader"), pk=comment_id)
    if reason := roles.why_not(request.user, roles.DECIDE, comment):
        return refused(request, reason)
    Escalation.objects.filter(comment_id=comment_id, closed_at__isnull=True).update(closed_at=timezone.now())
    if is_script(request):
        return HttpResponse(status=204)
    return redirect(f"{reverse('desk_comment', args=[comment_id])}?queue={request.POST.get('queue', 'held')}")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _is_ours(request: DeskRequest) -> bool:
    return url_has_allowed_host_and_scheme(request.POST.get("next", ""), {request.get_host()}, request.is_secure())


def _from_undo(request: DeskRequest) -> bool:
    """Whether the form is the one with the last action, which names the queue; those in the drawer do not."""
    return is_script(request) and "queue" in request.POST


def _taken_back(request: DeskRequest, words: str) -> HttpResponse:
    return render(request, "moderation/parts/last.html", last.taken_back(request, words))


def _back(request: DeskRequest, found: Reader, *, measure: bool = False) -> HttpResponse:
    """To where the form was, or the reader's page; a script gets the drawer anew, after a measure with its undo."""
    if is_script(request):
        context = _about(request, found) | (last.context(request) | {"measure": True} if measure else {})
        return render(request, "moderation/parts/reader.html", context)
    if _is_ours(request):
        return redirect(request.POST["next"])
    return redirect("desk_reader", found.pk)
