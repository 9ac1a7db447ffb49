"""A word to the writer before posting."""

from __future__ import annotations

import pytest
from django.test import Client

from discussions import limits
from moderation import ask
from moderation.models import Policy
from moderation.views import nudge

pytestmark = pytest.mark.django_db


def answering(monkeypatch: pytest.MonkeyPatch, insult: float, spans: list[list[float]] | None = None) -> None:
    """The ask worker's answer; the worker itself is tested with its own."""

    def scores(texts: list[str], *, patience: float | None = None, spans: bool = False) -> list[dict]:
        return [{"labels": {"toxicity": insult, "insult": insult}, "spans": marked} for _text in texts]

    marked = spans or []
    monkeypatch.setattr(ask, "scores", scores)


def test_polite_words_are_answered_with_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 0.01)
    assert client.post("/nudge/", {"text": "I disagree, and here is why."}).content == b""


def test_harsh_words_are_answered_with_what_to_do_and_marked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 0.99, spans=[[8, 13, 0.9]])
    body = client.post("/nudge/", {"text": "You are idiot <b>"}).content.decode()
    assert "<mark>idiot</mark>" in body
    assert "post it as it is" in body
    assert "<b>" not in body


def test_when_scoring_is_slow_nothing_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_args: object, **_kwargs: object) -> None:
        raise ask.Unavailable("too slow")

    monkeypatch.setattr(ask, "scores", slow)
    answer = client.post("/nudge/", {"text": "Anything at all."})
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("entry", "written"),
    [
        ("blatherskite", "blatherskite"),
        ("blatherskite", "BlatherSkite"),
        ("blatherskite", "bl4th3rsk1te"),
        ("blatherskite*", "blatherskites"),
        ("blatherskite*", "blatherskite123"),
    ],
)
def test_a_listed_word_is_marked_without_asking_for_spans(
    client: Client, monkeypatch: pytest.MonkeyPatch, entry: str, written: str
) -> None:
    answering(monkeypatch, 0.01)
    in_force = Policy.objects.in_force()
    rules = {**in_force.rules, "banned_words": [entry]}
    monkeypatch.setattr(type(Policy.objects.all()), "in_force", lambda _self: Policy(rules=rules))
    body = client.post("/nudge/", {"text": f"You old {written}, you!"}).content.decode()
    assert f"<mark>{written}</mark>" in body


def test_long_texts_use_up_what_one_address_may_ask_sooner(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 0.01)
    costs: list[int] = []

    def allowed(_what: str, *_who: str, per_minute: int, cost: int = 1) -> bool:
        costs.append(cost)
        return True

    monkeypatch.setattr(limits, "allowed", allowed)
    for text in ("A short one.", "a b " * 2_000):
        client.post("/nudge/", {"text": text})
    assert costs[0] == 1
    assert nudge.PER_MINUTE // costs[1] <= 8


def test_spans_that_overlap_are_one_mark(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 0.99, spans=[[3, 5, 0.9], [1, 4, 0.2], [9, 12, 0.5], [2, 2, 0.5]])
    assert 'dir="auto">a<mark>bcde</mark>f</p>' in client.post("/nudge/", {"text": "abcdef"}).content.decode()


def test_empty_and_endless_texts_are_not_asked_about(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(ask, "scores", never)
    for text in ("", "   ", "x" * 9000):
        assert client.post("/nudge/", {"text": text}).content == b""
