"""What every engine behind the door promises; the real one and the double both inherit these tests."""

from __future__ import annotations

import math
from types import ModuleType

import pytest

from moderation.scoring import LABELS

RUDE = "You are an idiot, a complete idiot."
KIND = "Thank you for this thoughtful article."
ODD = ["", " \n", "😀", "a" * 3000, "nul \x00 here", "lone \ud800 surrogate", "مرحبا بالعالم", "> quoted only", "1"]


class DoorContract:
    """Subclasses provide the fixture ``door``: a module with score, explain, warm_up and token_lengths."""

    def test_each_text_gets_one_answer_in_its_place(self, door: ModuleType) -> None:
        texts = [KIND, RUDE, KIND + " " + KIND, RUDE]
        answers = door.score(texts)
        assert [answer.labels["toxicity"] > 0.5 for answer in answers] == [False, True, False, True]

    def test_no_texts_get_no_answers(self, door: ModuleType) -> None:
        assert door.score([]) == []

    def test_every_label_is_a_probability(self, door: ModuleType) -> None:
        for answer in door.score([RUDE, KIND, *ODD]):
            assert tuple(answer.labels) == LABELS
            assert all(0 <= value <= 1 and math.isfinite(value) for value in answer.labels.values())
            assert tuple(answer.plain) == LABELS
            assert answer.folded is None or tuple(answer.folded) == LABELS

    def test_the_answer_says_where_it_comes_from(self, door: ModuleType) -> None:
        (answer,) = door.score([KIND])
        assert answer.checkpoint
        assert answer.backend
        assert answer.engine_version
        assert len(answer.weights) == 64
        assert answer.windows == 1
        assert answer.milliseconds > 0
        assert answer.complete

    def test_parents_may_be_given_for_some(self, door: ModuleType) -> None:
        first, second = door.score([KIND, RUDE], parents=[None, KIND], thresholds={"toxicity": [0.6, 0.97]})
        assert first.labels["toxicity"] < 0.5 < second.labels["toxicity"]

    def test_parents_of_another_number_are_an_error(self, door: ModuleType) -> None:
        with pytest.raises(ValueError, match="2 texts but 1 parents"):
            door.score([KIND, RUDE], parents=[None])

    def test_one_text_that_is_not_in_a_list_is_an_error(self, door: ModuleType) -> None:
        with pytest.raises(TypeError, match="list of texts"):
            door.score(RUDE)

    def test_the_same_text_gets_the_same_scores(self, door: ModuleType) -> None:
        first, second = door.score([RUDE])[0], door.score([RUDE])[0]
        assert first.labels == second.labels

    def test_spans_lie_in_the_text_in_order_and_apart(self, door: ModuleType) -> None:
        text = f"{KIND} {RUDE} Rotten, all of it."
        spans = door.explain(text)
        edges = [edge for span in spans for edge in (span.begin, span.end)]
        assert spans
        assert edges == sorted(edges)
        assert edges[-1] <= len(text)
        assert "idiot" in " ".join(text[span.begin : span.end] for span in spans)
        assert all(0 <= span.weight <= 1 for span in spans)

    def test_a_kind_text_has_nothing_to_explain(self, door: ModuleType) -> None:
        assert door.explain(KIND) == []

    def test_token_lengths_count_the_two_special_ones(self, door: ModuleType) -> None:
        assert door.token_lengths(["", "one", "one two"]) == [2, 3, 4]

    def test_warming_up_names_the_engine(self, door: ModuleType) -> None:
        assert door.warm_up().weights == door.score([KIND])[0].weights
