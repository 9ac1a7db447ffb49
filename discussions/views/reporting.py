"""Readers tell the desk that a comment breaks the rules, or the law."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from discussions import receipts, reports, threads
from discussions.forms import ReportForm
from discussions.models import Comment, Report
from discussions.refusals import Refused
from discussions.views import reading, who
from discussions.views.taking_part import check_pace, fragment, status_of


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell the desk that a comment breaks the rules. Anybody may; nobody is told who did."""
    found = reportable(request, pk)
    reader = who.current(request)
    form = ReportForm.about(found, request.POST or None)
    if request.method != "POST":
        return report_form(request, found, form)
    if not form.is_valid():
        return report_form(request, found, form, status=422)
    try:
        check_pace(request, "report", reader)
        said = form.cleaned_data
        name, address = said["notifier_name"], said["notifier_email"]
        mailed = bool(address) and receipts.may_be_mailed(address)
        made = reports.save(
            comment=found,
            by=reader,
            reason=said["reason"],
            words=said["words"],
            notifier=(name, address),
            receipt=mailed,
        )
    except Refused as refused:
        form.add_error(None, str(refused.message))
        return report_form(request, found, form, status=status_of(refused))
    return report_form(request, found, form, done=made, mailed_to=address if mailed else "")


def reportable(request: HttpRequest, pk: int) -> Comment:
    """The comment, if it has words that can be read. Raises Http404."""
    found = reading.visible(request, pk)
    if found.shown_revision is None:
        raise Http404
    return found


def report_form(
    request: HttpRequest,
    found: Comment,
    form: ReportForm,
    *,
    status: int = 200,
    done: Report | None = None,
    mailed_to: str = "",
) -> HttpResponse:
    """The form to report a comment, empty or given back with what was wrong, or the thanks for it."""
    context = {
        "form": form,
        "comment": found,
        "article": found.article,
        "done": done,
        "mailed_to": mailed_to,
        "row": threads.one(found.pk),
    }
    if request.htmx:  # type: ignore[attr-defined]
        return fragment(render(request, "discussions/parts/report_form.html", context, status=status))
    return render(request, "discussions/report.html", context, status=status)
