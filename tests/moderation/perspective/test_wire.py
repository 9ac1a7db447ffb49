"""Any JSON at all is either understood or refused in the envelope; lengths are counted as JavaScript counts them."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.perspective import wire
from moderation.perspective.attributes import SERVED, UNSERVABLE, is_known
from moderation.perspective.errors import ApiError

NAMES = st.sampled_from(
    [
        *("comment", "text", "type", "context", "entries", "articleAndParentComment", "requestedAttributes"),
        *("TOXICITY", "SPAM", "scoreType", "scoreThreshold", "languages", "clientToken", "spanAnnotations"),
        *("attributeScores", "summaryScore", "spanScores", "value", "begin", "end", "score", "communityId", "odd"),
    ]
)
WORDS = st.sampled_from(["", "PLAIN_TEXT", "HTML", "PROBABILITY", "RAW", "en", "Hello there.", "\ud800", "\x00"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)


def likely(**more: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies that come far: a comment that is mostly right, and anything beside it."""
    comment = st.fixed_dictionaries({"text": st.text(min_size=1)}) | VALUES
    return st.fixed_dictionaries({"comment": comment}, optional=dict.fromkeys(more["fields"], VALUES))


@given(likely(fields=["context", "requestedAttributes", "languages", "clientToken", "spanAnnotations"]))
def test_any_question_is_understood_or_refused(body: dict[str, Any]) -> None:
    with contextlib.suppress(ApiError):
        found = wire.analyze_request(wire.parse(json.dumps(body).encode()))
        assert found.text.strip()
        assert all(is_known(name) for name in found.wanted)


@given(likely(fields=["context", "attributeScores", "languages", "clientToken", "communityId"]))
def test_any_correction_is_understood_or_refused(body: dict[str, Any]) -> None:
    with contextlib.suppress(ApiError):
        found = wire.suggest_request(wire.parse(json.dumps(body).encode()))
        assert found.text.strip()
        assert found.scores


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    with contextlib.suppress(ApiError):
        assert isinstance(wire.parse(body), dict)


@given(st.text())
def test_lengths_are_utf_16_code_units(text: str) -> None:
    assert wire.utf16_length(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_no_attribute_is_both_served_and_never_served() -> None:
    assert not UNSERVABLE & SERVED.keys()


@pytest.mark.parametrize(
    ("type_given", "score_type", "threshold", "read"),
    [(1, 1, "0.5", 0.5), (0, 0, "5e-1", 0.5), ("PLAIN_TEXT", "PROBABILITY", 1, 1.0), (None, None, None, 0.0)],
)
def test_numbers_may_come_as_strings_and_enumerations_as_numbers(
    type_given: Any, score_type: Any, threshold: Any, read: float
) -> None:
    asked = wire.analyze_request(
        {
            "comment": {"text": "Hello", "type": type_given},
            "requestedAttributes": {"TOXICITY": {"scoreType": score_type, "scoreThreshold": threshold}},
        }
    )
    assert asked.wanted == {"TOXICITY": read}


@pytest.mark.parametrize(
    "change",
    [
        {"comment": {"text": "Hello", "type": 2}},
        {"comment": {"text": "Hello", "type": 7}},
        {"comment": {"text": "Hello", "type": True}},
        {"requestedAttributes": {"TOXICITY": {"scoreType": 2}}},
        {"requestedAttributes": {"TOXICITY": {"scoreThreshold": " 0.5"}}},
        {"requestedAttributes": {"TOXICITY": {"scoreThreshold": "0x1"}}},
        {"requestedAttributes": {"TOXICITY": {"scoreThreshold": "٣"}}},
    ],
)
def test_other_types_and_words_are_refused_in_either_form(change: dict[str, Any]) -> None:
    body = {"comment": {"text": "Hello"}, "requestedAttributes": {"TOXICITY": {}}} | change
    with pytest.raises(ApiError):
        wire.analyze_request(body)


def test_offsets_of_a_correction_may_be_whole_numbers_in_any_form() -> None:
    span = {"begin": "0", "end": 5.0, "score": {"value": "1", "type": 1}}
    asked = wire.suggest_request(
        {"comment": {"text": "Hello"}, "attributeScores": {"TOXICITY": {"spanScores": [span]}}}
    )
    assert asked.scores["TOXICITY"]["spanScores"] == [
        {"begin": 0, "end": 5, "score": {"value": 1.0, "type": "PROBABILITY"}}
    ]
