"""The numbers page, its charts' data as CSV, and the record's export."""

from __future__ import annotations

import io
from typing import cast

from defusedcsv import csv
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from moderation import charts, exposure, insight, record, roles
from moderation.filters import Filters
from moderation.views.access import DeskRequest, desk
from moderation.views.queues import frame


@desk()
def page(request: DeskRequest) -> HttpResponse:
    """Volume, outcomes, waits, reasons, labels; who decided what is for seniors, one's own line for everybody."""
    alone = None if roles.may(request.user, roles.SANCTION) else request.user.pk
    numbers = insight.of(_period(request), section_ids=roles.sections_of(request.user), person=alone)
    hateful_today = exposure.today(request.user.pk)
    context = {
        "insight": numbers,
        "periods": [(key, title) for key, (_n, _unit, title) in insight.PERIODS.items()],
        "charts": [
            (numbers.volume, charts.columns(numbers.volume, ["plain"])),
            (numbers.outcomes, charts.columns(numbers.outcomes, ["published", "held", "rejected"])),
            (numbers.waits, charts.columns(numbers.waits, ["held", "machine"])),
            (numbers.by_reason, charts.bars(numbers.by_reason, ["rejected", "machine"])),
            (numbers.by_label, charts.bars(numbers.by_label, ["published", "rejected"])),
        ],
        "exposure": hateful_today,
        "pause": hateful_today >= exposure.PAUSE_AFTER,
        "may_export": roles.may(request.user, roles.EXPORT),
    }
    return render(request, "moderation/insight.html", frame(request, "insight", Filters()) | context)


@desk()
def table(request: DeskRequest, key: str) -> HttpResponse:
    """One chart's data as CSV; cells that a spreadsheet would take for formulas are disarmed."""
    numbers = insight.of(_period(request), section_ids=roles.sections_of(request.user))
    tables = numbers.tables(people=roles.may(request.user, roles.SANCTION))
    if key not in tables:
        raise Http404
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(tables[key].columns)
    writer.writerows(tables[key].rows)
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}-{numbers.period}.csv"'
    return response


@desk(roles.EXPORT, methods=("POST",))
def export(request: DeskRequest) -> HttpResponse:
    """The whole record as hash-chained JSON lines; leaves a seal, hence a POST."""
    response = StreamingHttpResponse(record.lines(), content_type="application/jsonl; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="record.jsonl"'
    return cast(HttpResponse, response)  # the stubs keep the two apart


def _period(request: DeskRequest) -> str:
    period = request.GET.get("period", "week")
    return period if period in insight.PERIODS else "week"
