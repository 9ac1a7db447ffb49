"""The card: every signal that was computed is shown, in a form that a person can weigh."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from discussions.models import Comment
from moderation import cards
from moderation.models import Score
from moderation.scoring import checkpoints
from moderation.scoring.curves import Curve, curves
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403

pytestmark = pytest.mark.django_db

RULES = {"thresholds": {"toxicity": {"hold": 0.5, "reject": 0.9}, "insult": {"hold": 0.5}}}
HALF = Curve((0.0, 0.8, 1.0), (0.0, 0.4, 1.0))


def test_a_calibrated_bar_and_its_thresholds_go_through_the_same_curve() -> None:
    [bar] = cards.bars({"toxicity": 0.6}, RULES, {"toxicity": HALF})
    assert (bar.value, bar.calibrated) == (0.6, pytest.approx(0.3))
    assert (bar.width, bar.hold, bar.reject, bar.level) == (300, 250, 700, "hold")


@pytest.mark.parametrize("raw", [0.0, 0.49, 0.5, 0.51, 0.89, 0.9, 0.91, 1.0])
def test_a_bar_passes_its_tick_exactly_when_the_policy_acts(raw: float) -> None:
    [bar] = cards.bars({"toxicity": raw}, RULES, {"toxicity": HALF})
    assert bar.hold is not None
    assert bar.reject is not None
    assert (bar.width >= bar.hold, bar.width >= bar.reject) == (bar.level != "publish", bar.level == "reject")


def test_without_a_curve_the_bar_is_raw_and_without_a_threshold_it_has_no_tick() -> None:
    bars = cards.bars({"threat": 0.2, "insult": 0.6}, RULES, {})
    assert [(b.label, b.calibrated, b.width, b.hold, b.reject, b.level) for b in bars] == [
        ("threat", None, 200, None, None, "publish"),
        ("insult", None, 600, 500, None, "hold"),
    ]


def bar_of(page: str, label: str) -> str:
    return next(b for b in re.findall(r'<li class="bar .*?</li>', page, re.S) if f'label">{label}<' in b)


def test_the_card_shows_probability_and_raw_score_and_says_what_is_not_calibrated(desk: Client, held: Comment) -> None:
    page = desk.get(reverse("desk_comment", args=[held.pk])).content.decode()
    assert "not calibrated" in bar_of(page, "toxicity")
    weights = checkpoints.open_checkpoint("compact").weights
    Score.objects.filter(comment=held).update(
        checkpoint="compact", weights=weights, labels={"toxicity": 0.9, "threat": 0.2}
    )
    page = desk.get(reverse("desk_comment", args=[held.pk])).content.decode()
    share = curves("compact", weights)["toxicity"].at(0.9)
    assert f"{100 * share:.0f}\u00a0%" in bar_of(page, "toxicity")
    assert ".90</span>" in bar_of(page, "toxicity")
    assert "not calibrated" not in bar_of(page, "toxicity")
    assert "not calibrated" in bar_of(page, "threat")


def test_the_card_names_the_links_whether_or_not_they_are_too_many(desk: Client, settled: Say) -> None:
    comment = settled("The timetable stands on https://tram.example/times and nowhere else.")
    page = desk.get(reverse("desk_comment", args=[comment.pk])).content.decode()
    assert re.search(r"1 link: <code[^>]*>https://tram.example/times</code>", page)
