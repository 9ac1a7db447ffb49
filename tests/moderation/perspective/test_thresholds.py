"""Old thresholds to new ones that hold the same share, from the numbers to the command line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from moderation.models import ThresholdTable
from moderation.perspective import thresholds

PROBABILITIES = st.lists(st.floats(0, 1), min_size=2, max_size=60)


def test_a_threshold_moves_to_where_the_same_share_reaches_it() -> None:
    old = np.linspace(0, 1, 1001)
    (row,) = thresholds.table(old, old**2, [0.8])
    assert row.share == pytest.approx(0.2, abs=0.002)
    assert row.new == pytest.approx(0.64, abs=0.002)
    assert row.low < 0.64 < row.high
    assert row.agreement == 1.0


def test_scores_in_another_order_agree_less() -> None:
    old = np.linspace(0, 1, 1000)
    (row,) = thresholds.table(old, old[::-1], [0.8])
    assert row.agreement == pytest.approx(0.6, abs=0.01)


def test_more_texts_make_the_interval_narrower() -> None:
    source = np.random.default_rng(1)
    widths = []
    for count in (100, 10_000):
        old = source.random(count)
        (row,) = thresholds.table(old, np.clip(old + source.normal(0, 0.1, count), 0, 1), [0.8])
        widths.append(row.high - row.low)
    assert widths[1] < widths[0] / 3


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    source = np.random.default_rng(2)

    def sample(count: int) -> tuple[np.ndarray, np.ndarray]:
        old = source.random(count)
        return old, np.clip(old**2 + source.normal(0, 0.1, count), 0, 1)

    old, ours = sample(1_000_000)
    truth = thresholds.same_share(np.sort(ours), float((old >= 0.8).mean()))
    rows = [thresholds.table(*sample(300), [0.8], seed=turn)[0] for turn in range(40)]
    covered = sum(row.low <= truth <= row.high for row in rows)
    assert covered >= 35, "a 95 % interval"


def test_a_threshold_that_nothing_reached_stays_out_of_reach() -> None:
    (low, high) = thresholds.table([0.1, 0.2, 0.3], [0.5, 0.6, 0.7], [0.05, 0.9])
    assert (low.new, low.share) == (0.0, 1.0)
    assert (high.new, high.share) == (1.0, 0.0)


@given(PROBABILITIES, st.floats(0, 1))
def test_as_many_scores_reach_the_threshold_as_asked_unless_they_are_tied(scores: list[float], share: float) -> None:
    ours = np.sort(np.asarray(scores))
    found = thresholds.same_share(ours, share)
    wanted = round(share * len(scores))
    assert (ours > found).sum() <= wanted <= (ours >= found).sum()


def test_a_share_alone_is_enough_for_a_threshold() -> None:
    row = thresholds.from_share(np.linspace(0, 1, 1001), old=0.8, share=0.1)
    assert row.new == pytest.approx(0.9, abs=0.002)
    assert row.low < row.new < row.high
    assert row.agreement is None


@pytest.mark.parametrize(
    "call", [lambda: thresholds.table([0.5], [0.5]), lambda: thresholds.from_share([], old=1, share=1)]
)
def test_too_few_texts_are_an_error(call: object) -> None:
    with pytest.raises(ValueError, match="at least two"):
        call()  # type: ignore[operator]


def test_a_threshold_is_held_against_what_moderators_said() -> None:
    ours = [0.95, 0.85, 0.75, 0.2]
    (row,) = thresholds.verdicts(ours, [1, 0, 1, 1], [0.8])
    assert (row.held, row.right, row.missed) == (2, 1, 2)


# --- files ---------------------------------------------------------------------------------------------------


def test_columns_are_found_by_their_usual_names_or_the_given_ones() -> None:
    usual = 'id,Comment_Text,TOXICITY\n1,Hello,0.1\n2,,0.5\n3,"You,\nthere",1\n'
    assert thresholds.read_csv(StringIO(usual)) == (["Hello", "You,\nthere"], [0.1, 1.0])
    own = "words,number\na,0\nb,1\n"
    assert thresholds.read_csv(StringIO(own), text="words", score="number") == (["a", "b"], [0.0, 1.0])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "must name the columns"),
        ("a,b\n1,2\n", "none for the text"),
        ("text,b\n1,2\n", "none for the score"),
        ("text,score\nHello,high\n", "Line 2: 'high' is not a number"),
        ("text,score\nHello\n", "Line 2: None is not a number"),
        ("text,score\nHello,1.5\n", "Line 2: a score lies between 0 and 1"),
        ("text,score\nHello,0.5\n", "fewer than two"),
        ("text,score\na,0\nb,0\nc,0\nd,0\n", "more than 3"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(content: str, problem: str) -> None:
    with pytest.raises(thresholds.CsvProblem, match=problem):
        thresholds.read_csv(StringIO(content), most=3)


@pytest.mark.parametrize("words", ["", "high", "0", "1", "0.5,2"])
def test_thresholds_that_are_none(words: str) -> None:
    with pytest.raises(thresholds.CsvProblem):
        thresholds.parse_thresholds(words)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    lines = [
        f"You are {'an idiot' if n % 5 == 0 else 'kind'} number {n},{0.9 if n % 5 == 0 else 0.1}" for n in range(50)
    ]
    path = tmp_path / "old.csv"
    path.write_text("\n".join(["text,score", *lines]), encoding="utf-8-sig")
    return path


def test_the_command_proposes_thresholds_with_intervals(file: Path, quick_engine: None) -> None:
    out = StringIO()
    call_command("map_thresholds", str(file), "--thresholds", "0.8", stdout=out)
    (line,) = [line.split() for line in out.getvalue().splitlines() if line.strip().startswith("0.80")]
    assert line[:2] == ["0.80", "20.0%"]
    assert 0.01 < float(line[2]) < 0.97
    assert line[-1] == "100.0%"
    assert "Fewer than 500 texts" in out.getvalue()


@pytest.mark.django_db
def test_the_command_saves_for_the_desk(file: Path, quick_engine: None) -> None:
    call_command("map_thresholds", str(file), "--attribute", "INSULT", "--save", stdout=StringIO())
    found = ThresholdTable.objects.get()
    assert (found.attribute, found.texts, found.checkpoint, found.source) == ("INSULT", 50, "double", "old.csv")
    assert [row["old"] for row in found.rows] == list(thresholds.USUAL)


def test_the_command_names_what_is_wrong(tmp_path: Path, file: Path, quick_engine: None) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("map_thresholds", str(tmp_path / "none.csv"))
    with pytest.raises(CommandError, match="does not score sexual_explicit"):
        call_command("map_thresholds", str(file), "--attribute", "SEXUALLY_EXPLICIT")
