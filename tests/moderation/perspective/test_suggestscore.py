"""comments:suggestscore: corrections are kept once and can be read as evidence."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from moderation.models import Suggestion
from moderation.perspective import keys, service
from tests.moderation.perspective.conftest import Post, Worker, error


def correction(**more: Any) -> dict[str, Any]:
    """What Coral sends when a moderator rejects a comment."""
    return {
        "comment": {"text": "You are all rotten."},
        "context": {"entries": [{"text": '{"storyURL":"https://example.org/tram"}'}]},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
        "languages": ["en"],
        "communityId": "Coral:https://example.org",
        "clientToken": "comment:77",
    } | more


def kept() -> Suggestion:
    return Suggestion.objects.get()


def test_a_correction_is_kept_and_answered(post: Post) -> None:
    response = post(correction(), "suggestscore")
    expected = {"clientToken": "comment:77", "detectedLanguages": ["en"], "requestedLanguages": ["en"]}
    assert (response.status_code, json.loads(response.content)) == (200, expected)
    assert kept().text == "You are all rotten."
    assert kept().scores == {"TOXICITY": {"summaryScore": {"value": 1.0, "type": "PROBABILITY"}}}
    assert kept().community == "Coral:https://example.org"
    assert kept().key.name == "tests"


def test_what_coral_says_of_the_conversation_is_kept(post: Post) -> None:
    context = {"entries": [{"text": "The parent's words.", "type": "PLAIN_TEXT", "unknown": 1}]}
    post(correction(context=context, languages=["en", "de"]), "suggestscore")
    assert kept().context == {"entries": [{"text": "The parent's words.", "type": "PLAIN_TEXT"}]}
    assert kept().languages == ["en", "de"]


def test_another_keys_correction_of_the_same_name_replaces_nothing(post: Post) -> None:
    post(correction(), "suggestscore")
    _row, other = keys.create(name="another site")
    post(correction(comment={"text": "Totally different."}), "suggestscore", query=f"?key={other}")
    assert set(Suggestion.objects.values_list("key__name", "text")) == {
        ("tests", "You are all rotten."),
        ("another site", "Totally different."),
    }


def test_tokens_that_differ_beyond_what_fits_are_different_names(post: Post) -> None:
    for end in "ab":
        post(correction(clientToken="x" * 300 + end), "suggestscore")
    assert Suggestion.objects.count() == 2


def test_corrections_are_erased_when_they_are_old_enough(post: Post, settings: Any) -> None:
    post(correction(), "suggestscore")
    Suggestion.objects.update(updated_at=timezone.now() - timedelta(days=366))
    settings.PERSPECTIVE_SUGGESTION_DAYS = 0
    assert service.forget() == 0
    settings.PERSPECTIVE_SUGGESTION_DAYS = 365
    assert service.forget() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"attributeScores": {"INSULT": {"spanScores": [{"begin": 0, "end": 10**12, "score": {"value": 1}}]}}},
        {"attributeScores": {"INSULT": {"spanScores": [{"begin": 0, "end": 1, "score": {"value": 1}}] * 1001}}},
        {"languages": ["en"] * 101},
        {"context": {"entries": [{"text": "x"}] * 101}},
        {"context": {"entries": [{"text": 5}]}},
    ],
)
def test_what_has_no_end_is_refused(post: Post, change: Any) -> None:
    assert error(post(correction(**change), "suggestscore"))[::2] == (400, "INVALID_REQUEST")
    assert not Suggestion.objects.exists()


def test_a_number_that_is_none_is_the_callers_fault(post: Post) -> None:
    body = json.dumps(correction(context={"entries": [{"text": "x"}]})).replace('"x"', "1e400").encode()
    assert error(post(body, "suggestscore"))[::2] == (400, "INVALID_REQUEST")


def test_it_is_kept_once_and_the_last_word_counts(post: Post) -> None:
    for value in (1, 1, 0):
        scores = {"TOXICITY": {"summaryScore": {"value": value}}}
        assert post(correction(attributeScores=scores), "suggestscore").status_code == 200
    assert kept().scores["TOXICITY"]["summaryScore"]["value"] == 0


def test_another_token_or_community_is_another_correction(post: Post) -> None:
    for more in ({}, {"clientToken": "comment:78"}, {"communityId": "Coral:https://other.example"}):
        post(correction(**more), "suggestscore")
    assert Suggestion.objects.count() == 3


def test_without_a_token_the_text_itself_is_the_name(post: Post) -> None:
    for text in ("You are all rotten.", "You are all rotten.", "A fine day."):
        response = post(correction(clientToken=None, comment={"text": text}), "suggestscore")
        assert "clientToken" not in json.loads(response.content)
    assert Suggestion.objects.count() == 2


def test_a_missing_worker_does_not_lose_it(post: Post, worker: Worker) -> None:
    worker.away = True
    assert post(correction(), "suggestscore").status_code == 200
    assert kept().token == "comment:77"
    assert Suggestion.objects.evidence() == [("You are all rotten.", 1.0, None)]


def test_spans_are_kept_with_their_ends(post: Post) -> None:
    spans = [{"begin": 0, "end": 7, "score": {"value": 0.9}}]
    assert post(correction(attributeScores={"INSULT": {"spanScores": spans}}), "suggestscore").status_code == 200
    (span,) = kept().scores["INSULT"]["spanScores"]
    assert span == {"begin": 0, "end": 7, "score": {"value": 0.9, "type": "PROBABILITY"}}


def test_what_the_database_cannot_hold_is_left_out(post: Post) -> None:
    odd = correction(
        comment={"text": "a\x00b\ud800c"},
        clientToken="t\x00",
        context={"entries": [{"text": "\x00\udfff"}]},
    )
    assert post(odd, "suggestscore").status_code == 200
    assert kept().text == "ab?c"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"comment": {"text": ""}}, "COMMENT_EMPTY"),
        ({"comment": {"text": "x" * 20_481}}, "COMMENT_TOO_LONG"),
        ({"attributeScores": {}}, "INVALID_REQUEST"),
        ({"attributeScores": None}, "INVALID_REQUEST"),
        ({"attributeScores": {"NICENESS": {"summaryScore": {"value": 1}}}}, "INVALID_REQUEST"),
        ({"attributeScores": {"TOXICITY": {}}}, "INVALID_REQUEST"),
        ({"attributeScores": {"TOXICITY": {"summaryScore": {"value": 2}}}}, "INVALID_REQUEST"),
        ({"attributeScores": {"TOXICITY": {"summaryScore": {"value": True}}}}, "INVALID_REQUEST"),
        ({"attributeScores": {"TOXICITY": {"summaryScore": {"value": 1, "type": "RAW"}}}}, "INVALID_REQUEST"),
        ({"attributeScores": {"TOXICITY": {"spanScores": [{"begin": 0, "score": {"value": 1}}]}}}, "INVALID_REQUEST"),
        ({"attributeScores": {"TOXICITY": {"spanScores": [{"end": 4, "score": {"value": 1}}]}}}, "INVALID_REQUEST"),
    ],
)
def test_an_invalid_correction_is_refused_and_not_kept(post: Post, change: Any, kind: str) -> None:
    assert error(post(correction(**change), "suggestscore"))[::2] == (400, kind)
    assert not Suggestion.objects.exists()


def test_corrections_are_evidence_for_the_label_they_speak_of(post: Post) -> None:
    post(correction(), "suggestscore")
    threat = {"THREAT": {"summaryScore": {"value": 0}}}
    post(correction(clientToken="comment:2", attributeScores=threat, comment={"text": "Good day."}), "suggestscore")
    assert Suggestion.objects.evidence() == [("You are all rotten.", 1.0, 0.6)]
    assert Suggestion.objects.evidence("threat") == [("Good day.", 0.0, 0.01)]
