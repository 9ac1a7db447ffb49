"""The numbers say what the record says; CSV cells cannot start a formula."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from discussions.models import Comment, Notice, User
from moderation import appeals, charts, decisions, insight
from moderation.insight import Series
from moderation.models import Decision
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import staff

pytestmark = pytest.mark.django_db


def test_the_headline_counts_what_happened(settled: Say, held: Comment, moderator: User) -> None:
    settled("A calm word about the tram and its timetable.")
    decisions.by_person(
        comment_id=held.pk, action="reject", by=moderator, version_seen=held.version, reason_code="insult"
    )
    numbers = insight.of("day")
    headline = {what: value for what, value, _aside in numbers.headline}
    assert headline["posted"] == "2"
    assert headline["settled by policy"] == "50 %"
    assert headline["median wait for a person"].endswith(" s")
    assert headline["waiting now"] == "0"
    assert numbers.by_reason.rows == [("Insult", 1, 0)]
    assert numbers.by_label.rows == [("toxicity", 0, 1)]
    assert numbers.people.rows[0][:4] == ("mo", 0, 1, 0)
    assert sum(row[1] for row in numbers.volume.rows) == 2


def test_a_reversed_refusal_no_longer_counts_as_one(held: Comment, moderator: User, colleague: User) -> None:
    made = decisions.by_person(
        comment_id=held.pk, action="reject", by=moderator, version_seen=held.version, reason_code="insult"
    )
    decisions.undo(decision_id=made.pk, by=colleague)
    numbers = insight.of("day")
    assert numbers.by_reason.rows == []
    assert numbers.people.rows[0][:4] == ("mo", 0, 1, 1)


def test_a_moderator_sees_no_line_but_their_own(held: Comment, moderator: User, client: Client) -> None:
    namesake = staff("mo@elsewhere.example")
    decisions.by_person(comment_id=held.pk, action="approve", by=moderator, version_seen=held.version)
    client.force_login(namesake)
    assert b"<td>mo</td>" not in client.get("/desk/insight/").content
    client.force_login(moderator)
    assert client.get("/desk/insight/").context["insight"].people.rows[0][:2] == ("mo", 1)


def test_waits_are_told_over_time(held: Comment, moderator: User) -> None:
    values = Decision.objects.filter(comment_id=held.pk, action="hold").values().get()
    del values["id"]
    Decision.objects.create(**values | {"created_at": timezone.now() - timedelta(minutes=30)})
    decisions.by_person(comment_id=held.pk, action="approve", by=moderator, version_seen=held.version)
    waits = insight.of("week").waits.rows
    assert len(waits) == 7
    assert [row[1:] for row in waits] == [(0, 0)] * 6 + [(30, 0)]


def test_agreement_is_cohens_kappa() -> None:
    cells = [("approve", "approve", 20), ("approve", "reject", 5), ("reject", "approve", 10), ("reject", "reject", 15)]
    assert insight.agreement(cells) == ("70 %", "0.40", 50)
    assert insight.agreement([]) == ("–", "–", 0)
    assert insight.agreement([("approve", "approve", 3)]) == ("100 %", "–", 3)


@pytest.mark.parametrize("period", ["day", "week", "month", "year", "other"])
def test_every_period_has_a_page(desk: Client, held: Comment, period: str) -> None:
    assert desk.get("/desk/insight/", {"period": period}).status_code == 200


def test_csv_disarms_formulas(monkeypatch: pytest.MonkeyPatch, desk: Client) -> None:
    real = insight.of

    def poisoned(period: str, **_sections: object) -> insight.Insight:
        numbers = real(period)
        numbers.by_reason = Series("reasons", "", ["reason", "n"], [('=HYPERLINK("http://x.example")', 1)])
        return numbers

    monkeypatch.setattr(insight, "of", poisoned)
    lines = desk.get("/desk/insight/reasons.csv").content.decode().splitlines()
    assert lines[1].startswith("\"'=HYPERLINK")
    assert desk.get("/desk/insight/people.csv").status_code == 404


def test_a_moderator_sees_only_their_own_line(desk: Client, held: Comment, colleague: User) -> None:
    decisions.by_person(comment_id=held.pk, action="approve", by=colleague, version_seen=held.version)
    assert ">cleo<" not in desk.get("/desk/insight/").content.decode()


def test_charts_draw_every_value_within_their_frame() -> None:
    series = Series("x", "X", ["when", "a", "b"], [("one", 3, 1), ("two", 0, 0), ("three", 8, 2)])
    for chart in (charts.columns(series, ["held", "rejected"]), charts.bars(series, ["held", "rejected"])):
        assert len(chart.boxes) == 4
        assert all(b.x >= 0 and b.x + b.width <= chart.width and b.y + b.height <= chart.height for b in chart.boxes)
    empty = charts.columns(Series("x", "X", ["when", "a"], []), ["held"])
    assert empty.boxes == []


def test_the_figures_on_the_axis_are_within_the_frame() -> None:
    chart = charts.columns(Series("x", "X", ["when", "minutes"], [("one", 42_277)]), ["held"])
    figures = [word for word in chart.words if word.anchor == "end"]
    assert all(word.x >= 7 * len(word.text) for word in figures)


def test_only_the_first_decision_after_a_hold_ends_a_wait(held: Comment, moderator: User) -> None:
    first = decisions.by_person(comment_id=held.pk, action="approve", by=moderator, version_seen=held.version)
    again = Decision.objects.filter(pk=first.pk).values().get() | {"created_at": timezone.now() + timedelta(days=2)}
    del again["id"]
    Decision.objects.create(**again)
    headline = {what: value for what, value, _aside in insight.of("week").headline}
    assert headline["19 of 20 waited less than"].endswith(" s")


def test_what_its_maker_took_back_is_no_disagreement(held: Comment, moderator: User, colleague: User) -> None:
    slip = decisions.by_person(comment_id=held.pk, action="approve", by=moderator, version_seen=held.version)
    decisions.undo(decision_id=slip.pk, by=moderator)
    held.refresh_from_db()
    decisions.by_person(
        comment_id=held.pk, action="reject", by=colleague, version_seen=held.version, reason_code="insult"
    )
    numbers = insight.of("day")
    assert "two people agree" not in {what for what, *_rest in numbers.headline}
    assert numbers.by_label.rows == [("toxicity", 0, 1)]


def test_a_refusal_overturned_on_appeal_counts_with_whoever_refused(
    held: Comment, moderator: User, senior: User
) -> None:
    decisions.by_person(
        comment_id=held.pk, action="reject", by=moderator, version_seen=held.version, reason_code="insult"
    )
    notice = Notice.objects.get(comment=held, outcome="rejected")
    filed = appeals.file(notice, by=held.reader, words="I was quoting the mayor.")
    appeals.answer(filed.pk, by=senior, outcome="overturned")
    assert ("mo", 0, 1, 1) in [row[:4] for row in insight.of("day").people.rows]


def test_hateful_comments_decided_today_are_counted(held: Comment, moderator: User) -> None:
    assert insight.exposure_today(moderator.pk) == 0
