"""The ask worker's side: texts taken, scored, answered, and given up once nobody waits for them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from moderation import ask, scoring

DENSE = "a b " * 1_500
"""More tokens than words of ordinary prose: seconds of work for a busy worker."""


@pytest.fixture
def key() -> Iterator[str]:
    yield "test-ask"
    ask._store().delete("ask-questions:test-ask", "ask-answers:test-ask")


def left(key: str, text: str, *, milliseconds: int, at: ask.At | None = None) -> None:
    ask._store().set(f"ask-questions:{key}", json.dumps([(text, at)]), px=milliseconds)


def test_an_answer_comes_back_and_the_text_is_gone(key: str) -> None:
    left(key, "Good morning.", milliseconds=60_000)
    ask.reply(key)
    assert not ask._store().exists(f"ask-questions:{key}")
    (sent,) = ask._store().lrange(f"ask-answers:{key}", 0, -1)
    assert json.loads(sent)[0]["labels"]["toxicity"] < 0.5


def test_each_text_is_exact_near_its_own_askers_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = scoring.score, []

    def score(texts: list[str], **options: Any) -> list[scoring.Scores]:
        asked.append((texts, options["thresholds"]))
        return real(texts, **options)

    monkeypatch.setattr(scoring, "score", score)
    texts, at = ["Good morning.", "You idiot.", "Well said."], [{"insult": [0.6]}, {"toxicity": [0.8]}, None]
    answers = ask.answer([ask.Question(text, own) for text, own in zip(texts, at, strict=True)])
    assert asked == [(texts, at)]  # in one batch
    assert [one["labels"]["toxicity"] > 0.5 for one in answers] == [False, True, False]


@pytest.mark.parametrize("spans", [False, True])
def test_a_text_nobody_waits_for_any_more_is_given_up(key: str, spans: bool) -> None:
    scoring.warm_up()
    left(key, DENSE, milliseconds=100)
    ask.reply(key, spans=spans)
    assert not ask._store().exists(f"ask-answers:{key}")


def test_time_that_is_over_ends_scores_and_explanations_and_nothing_after_them() -> None:
    scoring.warm_up()
    with scoring.until(time.monotonic() - 1):
        for what in (lambda: scoring.score([DENSE]), lambda: scoring.explain(DENSE)):
            with pytest.raises(scoring.TooLate):
                what()
    assert scoring.score(["Good morning."])[0].labels["toxicity"] < 0.5


# --- nobody there, or nobody free --------------------------------------------------------------------------


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No worker takes a message, and none has lately."""
    monkeypatch.setattr(ask.current_app, "send_task", lambda *_args, **_options: None)
    ask._store().delete("ask-at-work")
    yield
    ask._store().delete("ask-at-work")


def test_without_any_worker_scores_are_unavailable(nobody: None) -> None:
    with pytest.raises(ask.Unavailable) as refused:
        ask.scores(["Good morning."], patience=0.05, spans=True)
    assert not isinstance(refused.value, ask.Saturated)


def test_while_a_worker_is_at_work_on_others_it_is_saturated(nobody: None, key: str) -> None:
    left(key, "Good morning.", milliseconds=60_000)
    ask.reply(key)
    for spans in (False, True):
        with pytest.raises(ask.Saturated):
            ask.scores(["Good morning."], patience=0.05, spans=spans)


def test_a_worker_shows_that_it_is_at_work_before_it_begins(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def score(texts: list[str], **_options: Any) -> list[scoring.Scores]:
        seen.append(ask._store().ttl("ask-at-work"))
        raise RuntimeError

    ask._store().delete("ask-at-work")
    monkeypatch.setattr(scoring, "score", score)
    left(key, "Good morning.", milliseconds=60_000)
    ask.reply(key)
    assert 0 < seen[0] <= ask.AT_WORK_SECONDS
