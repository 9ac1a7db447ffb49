"""The audit: what it asks, what it finds, and the page it writes."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from moderation.scoring import audit


def answering(*abusive_words: str):
    """A scorer that flags any text holding one of the words."""

    def score(texts: Sequence[str]) -> list[dict[str, float]]:
        return [{"toxicity": 0.9 if any(word in text for word in abusive_words) else 0.1} for text in texts]

    return score


def test_every_group_is_asked_the_same_sentences() -> None:
    cases = audit.group_cases()
    per_term = sum(len(audit.lines(tone)) for tone in ("polite", "neutral", "hostile"))
    groups = {case.group for case in cases}
    assert len(groups) >= 20
    for group in groups:
        assert sum(case.group == group for case in cases) % per_term == 0


def test_no_sentence_is_asked_twice() -> None:
    for cases in (audit.group_cases(), audit.kind_cases()):
        texts = [case.text for case in cases]
        assert len(texts) == len(set(texts))


def test_a_scorer_that_dislikes_one_group_does_not_pass() -> None:
    findings = audit.run(answering("Muslim", "idiot"))
    assert findings["groups"]["Muslim"]["gap"] > audit.MOST_GAP
    assert findings["groups"]["age"]["gap"] <= 0
    assert not findings["passed"]


def test_a_scorer_that_flags_nothing_is_fair_but_finds_no_abuse() -> None:
    findings = audit.run(answering())
    assert findings["widest_gap"] == 0
    assert findings["overall"]["false_negatives"] == 1
    assert findings["kinds"]["threats"]["right"] == 0
    assert findings["kinds"]["quoted"]["right"] == 1
    assert not findings["passed"]


def test_the_threshold_decides_what_is_flagged() -> None:
    def score(texts: Sequence[str]) -> list[dict[str, float]]:
        return [{"toxicity": 0.6}] * len(texts)

    assert audit.run(score)["overall"]["false_positives"] == 1
    assert audit.run(score, threshold=0.7)["overall"]["false_positives"] == 0


def test_the_page_is_whole_and_asks_nothing_of_the_network(tmp_path: Path) -> None:
    out = tmp_path / "audit.html"
    audit.run(answering("idiot", "hate"), out, name="<b>mine</b>")
    written = out.read_text(encoding="utf-8")
    seen: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: seen.append(tag)  # type: ignore[method-assign]
    parser.feed(written)
    assert seen.count("svg") == 3
    assert "b" not in seen
    assert "&lt;b&gt;mine&lt;/b&gt;" in written
    assert not {"script", "link", "img"} & set(seen)


def test_a_scorer_that_loses_texts_is_refused() -> None:
    with pytest.raises(ValueError, match="answers came back"):
        audit.run(lambda texts: [{"toxicity": 0.1}])
