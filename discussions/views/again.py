"""A form whose token does not fit any more is shown again as it was filled in: one press sends it.

Nothing is saved on the way, except of a form that waited for a log-in. It is for forms of this site's own pages alone:
what another site sends is never made ready to be confirmed.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse

from discussions.forms import Draft, ReportForm
from discussions.refusals import Refused
from discussions.views import reading, reporting, taking_part, who


def form(request: HttpRequest, words: str) -> HttpResponse | None:
    """The form that was sent, with what was typed in it, a fresh token and `words` above; None for any other form."""
    place = request.resolver_match
    found = _FORMS.get(place.url_name or "") if place is not None else None
    if place is None or found is None:
        return None
    try:
        return found(request, Refused("expired", words), **place.kwargs)
    except Http404:
        return None


def after_log_in(request: HttpRequest) -> HttpResponse | None:
    """Carry out a form that was given back because nobody was logged in; None for any other one.

    Logging in has changed the token. In its place the browser vouches that the form came from this very site: no
    script can set that header, and who sends none is shown the form once more.
    """
    place = request.resolver_match
    vouched = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if place is None or place.url_name not in _AFTER_LOG_IN or "after_log_in" not in request.POST or not vouched:
        return None
    if who.current(request) is None:
        return None
    answer: HttpResponse = place.func(request, **place.kwargs)
    return answer


def _comment(request: HttpRequest, expired: Refused, slug: str) -> HttpResponse:
    draft = Draft.typed(request, reading.find_article(slug), who.current(request))
    if draft.lacks_account:
        expired = Refused("logged_out", taking_part.logged_out_words(draft.article.get_absolute_url()))
    try:
        draft.parent = taking_part.parent_of(request, draft.article)
    except Refused as gone:
        expired = Refused("expired", gone.message)
    return taking_part.given_back(request, draft, expired)


def _edit(request: HttpRequest, expired: Refused, pk: int) -> HttpResponse:
    if who.current(request) is None:
        return taking_part.edit_of_nobody(request, pk)
    _reader, found = taking_part.own_comment(request, pk)
    return taking_part.edit_form(request, found, expired)


def _report(request: HttpRequest, expired: Refused, pk: int) -> HttpResponse:
    found = reporting.reportable(request, pk)
    filled = ReportForm.about(found, request.POST)
    filled.add_error(None, str(expired.message))
    return reporting.report_form(request, found, filled, status=taking_part.status_of(expired))


_AFTER_LOG_IN = {"post", "edit"}
_FORMS: dict[str, Callable[..., HttpResponse]] = {"post": _comment, "edit": _edit, "report": _report}
