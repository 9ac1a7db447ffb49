"""The numbers say what the record says; CSV cells cannot start a formula."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation

from discussions.models import Article, Comment, Notice, Reader, State, User
from moderation import appeals, charts, decisions, exposure, insight, sanctions
from moderation.insight import Series, figures
from moderation.models import Decision, Staff
from tests.factories.moderation import judged
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
    namesake = staff("mo@elsewhere.example", name="Maud")
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


@pytest.mark.parametrize(("exact", "told"), [(0, 0), (0.0004, 0), (0.02, 0.1), (9.96, 10.0), (10.5, 10), (20.9, 21)])
def test_minutes_are_whole_from_ten(exact: float, told: float) -> None:
    assert figures.minutes(exact) == told


def test_a_wait_of_seconds_is_more_than_nothing(held: Comment, moderator: User) -> None:
    values = Decision.objects.filter(comment_id=held.pk, action="hold").values().get()
    del values["id"]
    Decision.objects.create(**values | {"created_at": timezone.now() - timedelta(seconds=3)})
    decisions.by_person(comment_id=held.pk, action="approve", by=moderator, version_seen=held.version)
    waits = insight.of("week").waits
    assert waits.rows[-1][1:] == (0.1, 0)
    assert not waits.is_empty
    assert [word.text for word in charts.columns(waits, ["a", "b"]).words[-3:]] == ["0", "0.05", "0.1"]


def test_agreement_is_cohens_kappa() -> None:
    cells = [("approve", "approve", 20), ("approve", "reject", 5), ("reject", "approve", 10), ("reject", "reject", 15)]
    assert figures.agreement(cells) == ("70 %", "0.40", 50)
    assert figures.agreement([]) == ("–", "–", 0)
    assert figures.agreement([("approve", "approve", 3)]) == ("100 %", "–", 3)


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


@pytest.mark.parametrize("language", ["de", "ar"])
def test_charts_are_drawn_with_plain_numbers_in_every_language(desk: Client, held: Comment, language: str) -> None:
    page = desk.get("/desk/insight/", headers={"Accept-Language": language}).content.decode()
    places = re.findall(r' (?:x|y|width|height)="([^"]*)"', "".join(re.findall(r"<svg.*?</svg>", page)))
    assert any("." in place for place in places)
    assert [place for place in places if not re.fullmatch(r"\d+(\.\d+)?", place)] == []
    with translation.override(language):
        chart = charts.Chart(10, 10, lines=[(2.5, 1.5, 3.5)])
        drawn = render_to_string("moderation/insight.html", {"charts": [(Series("x", "X", [], [("one", 1)]), chart)]})
    assert 'd="M1.5 2.5H3.5"' in drawn


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


def decide(comment: Comment, action: str, by: User, **how: Any) -> Decision:
    comment.refresh_from_db()
    return decisions.by_person(
        comment_id=comment.pk, action=action, by=by, version_seen=comment.version,
        **({"reason_code": "insult"} | how),
    )  # fmt: skip


def line(name: str) -> tuple[int, ...]:
    """approved, refused, reversed by others, hateful, hateful today"""
    return next(row[1:] for row in insight.of("day").people.rows if row[0] == name)


def agree() -> str:
    return next((f"{v} {aside}" for what, v, aside in insight.of("day").headline if what == "two people agree"), "")


def test_an_undo_that_was_undone_reversed_nothing(held: Comment, moderator: User, colleague: User) -> None:
    made = decide(held, "reject", moderator)
    back = decisions.undo(decision_id=made.pk, by=colleague)
    assert (line("mo")[2], insight.of("day").by_reason.rows) == (1, [])
    again = decisions.undo(decision_id=back.pk, by=colleague)
    assert (line("mo")[2], insight.of("day").by_reason.rows) == (0, [("Insult", 1, 0)])
    decisions.undo(decision_id=again.pk, by=moderator)  # a slip of one's own in the end
    assert (line("mo")[2], insight.of("day").by_reason.rows) == (0, [])


def test_a_refusal_stands_until_somebody_decides_otherwise(held: Comment, moderator: User, colleague: User) -> None:
    decide(held, "reject", moderator)
    decide(held, "reject", colleague, reason_code="hate")
    assert insight.of("day").by_reason.rows == [("Hate", 1, 0)]
    assert insight.of("day").by_label.rows == [("toxicity", 0, 1)]
    assert line("mo")[:3] == (0, 1, 0)
    approved = decide(held, "approve", colleague)
    assert insight.of("day").by_reason.rows == []
    assert insight.of("day").by_label.rows == [("toxicity", 1, 0)]
    assert (line("mo")[2], line("cleo")[2]) == (1, 0)
    decisions.undo(decision_id=approved.pk, by=colleague)
    assert insight.of("day").by_reason.rows == [("Hate", 1, 0)]
    assert line("mo")[2] == 0


def test_what_a_sanction_refused_with_it_counts_for_nobody(held: Comment, senior: User, colleague: User) -> None:
    Staff.objects.filter(user=colleague).update(role=Staff.Role.SENIOR)
    made = sanctions.impose(by=senior, reader=held.reader, kind="ban", reason_code="hate", refuse_comments=True)
    held.refresh_from_db()
    assert held.state == State.REJECTED
    assert insight.of("day").people.rows == []
    sanctions.lift(made, by=colleague)
    assert insight.of("day").people.rows == []


def test_what_policy_refused_of_somebody_banned_is_named(settled: Say, senior: User, author: Reader) -> None:
    sanctions.impose(by=senior, reader=author, kind="ban", reason_code="hate")
    settled("A calm word about the tram and its timetable.")
    assert insight.of("day").by_reason.rows == [("sanction on the reader", 0, 1)]


def test_an_appeal_counts_as_agreement_whichever_way_it_goes(held: Comment, moderator: User, senior: User) -> None:
    decide(held, "reject", moderator)
    filed = appeals.file(Notice.objects.get(comment=held, outcome="rejected"), by=held.reader, words="A quotation.")
    assert agree() == ""
    appeals.answer(filed.pk, by=senior, outcome="upheld")
    assert agree().startswith("100 % ")
    appeals.reopen(filed.pk, by=senior)
    appeals.answer(filed.pk, by=senior, outcome="overturned")
    assert agree().startswith("0 % ")
    assert agree().endswith("1 pair")


def test_each_hateful_comment_decided_on_is_counted_once_a_day(article: Article, moderator: User) -> None:
    decide(judged(article, labels={"toxicity": 0.91, "identity_attack": 0.49}), "approve", moderator)
    assert exposure.today(moderator.pk) == 0
    hateful = judged(article, labels={"identity_attack": 0.5})
    decisions.undo(decision_id=decide(hateful, "reject", moderator).pk, by=moderator)
    decide(hateful, "reject", moderator)
    assert exposure.today(moderator.pk) == 1
    assert line("mo")[3:] == (1, 1)


def test_at_every_fortieth_hateful_comment_the_desk_suggests_a_break(
    desk: Client, article: Article, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposure, "PAUSE_AFTER", 2)
    mild = judged(article, labels={"toxicity": 0.7})
    hateful = [judged(article, labels={"threat": 0.7}) for _n in range(5)]

    def told(*comments: Comment) -> bool:
        items = [f"{comment.pk}:{comment.version}" for comment in comments]
        if len(items) > 1:
            url, sent = "/desk/many/", {"item": items, "action": "approve"}
        else:
            [one] = comments
            url, sent = f"/desk/comments/{one.pk}/decide/", {"action": "approve", "version": one.version}
        return "Take a break" in desk.post(url, sent, headers={"HX-Request": "true"}).content.decode()

    assert [told(hateful[0]), told(mild), told(hateful[1]), told(hateful[2]), told(*hateful[3:])] == [
        False, False, True, False, True,
    ]  # fmt: skip
