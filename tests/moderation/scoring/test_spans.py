"""Explanations: by the token head and by leaving words out."""

from __future__ import annotations

import pytest

from moderation import scoring
from moderation.scoring import _scorer, spans
from moderation.scoring.spans import Passage, by_occlusion, joined, trimmed

RUDE = "I read it twice. You are a stupid idiot and a liar! Have a nice day."


def marked(text: str, passages: list[Passage]) -> list[str]:
    return [text[part.begin : part.end] for part in passages]


def test_neighbouring_words_become_one_passage() -> None:
    parts = [Passage(4, 7, 0.4), Passage(0, 3, 0.9), Passage(8, 11, 0.2)]
    assert list(joined("one two, six", parts)) == [Passage(0, 7, 0.9), Passage(8, 11, 0.2)]
    assert list(joined("", [])) == []


def test_punctuation_at_the_edges_is_not_marked() -> None:
    text = "no, (idiot)! ..."
    assert trimmed(text, Passage(3, 12, 1.0)) == Passage(5, 10, 1.0)
    assert trimmed(text, Passage(12, 16, 1.0)) == Passage(16, 16, 1.0)


def test_leaving_words_out_finds_the_rude_ones_in_the_rude_sentence() -> None:
    found = marked(RUDE, by_occlusion(_scorer(None), RUDE, 0))
    assert any("idiot" in passage for passage in found)
    assert not any("nice" in passage or "twice" in passage for passage in found)


@pytest.mark.parametrize("text", ["", "  \n", "...", "😀", "Have a nice day."])
def test_where_nothing_is_rude_nothing_is_marked(text: str) -> None:
    assert by_occlusion(_scorer(None), text, 0) == []


@pytest.mark.parametrize("text", ["idiot\x00idiot", "\ud800 idiot", "> idiot", "idiot " * 3000, "🖕🖕 idiot 🖕"])
def test_offsets_hold_for_odd_texts(text: str) -> None:
    for passage in spans.explain(_scorer(None), text, "toxicity"):
        assert 0 <= passage.begin < passage.end <= len(text)


def test_a_passage_beyond_the_first_window_is_found() -> None:
    text = "Thank you for this thoughtful article. " * 60 + "You stupid idiot."
    found = spans.explain(_scorer(None), text, "toxicity")
    assert any("idiot" in passage for passage in marked(text, found))


@pytest.mark.parametrize("abuse", ["1d1ot", "іdіоt", "i d i o t", "f**k"])
def test_what_only_the_folded_copy_shows_is_marked_where_it_stands(abuse: str) -> None:
    text = f"Well, you are an {abuse}, my dear."
    assert [text[span.begin : span.end] for span in scoring.explain(text)] == [abuse]


def test_abuse_after_many_kind_sentences_is_marked_by_leaving_words_out() -> None:
    text = "Thank you for this thoughtful article. " * 60 + "You stupid idiot, go away."
    found = by_occlusion(_scorer(None), text, 4)
    assert marked(text, found)
    assert all(part.begin >= text.index("You stupid") for part in found)
