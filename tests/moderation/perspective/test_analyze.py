"""comments:analyze, row by row of the wire contract."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.moderation.perspective.conftest import Post, Worker, question


def answer(post: Post, body: Any, **more: Any) -> dict[str, Any]:
    response = post(body, **more)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = json.loads(response.content)
    return found


def test_a_comment_gets_a_probability_for_each_attribute_it_asks_for(post: Post) -> None:
    found = answer(post, question("You are an idiot.", requestedAttributes={"TOXICITY": {}, "THREAT": None}))
    assert found["attributeScores"]["TOXICITY"]["summaryScore"] == {"value": 0.9, "type": "PROBABILITY"}
    assert set(found["attributeScores"]) == {"TOXICITY", "THREAT"}


def test_what_coral_sends_is_answered_where_coral_reads(post: Post) -> None:
    body = {
        "comment": {"text": "You are an idiot."},
        "context": {"entries": [{"text": '{"storyURL": "https://example.org/tram"}'}]},
        "doNotStore": True,
        "languages": ["en"],
        "communityId": "Coral:https://example.org",
        "sessionId": "s",
        "clientToken": "comment:1",
        "requestedAttributes": {"TOXICITY": {"scoreType": "PROBABILITY"}},
    }
    found = answer(post, body)
    assert found["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.8
    assert found["clientToken"] == "comment:1"


@pytest.mark.parametrize(
    ("attribute", "label"),
    [
        ("TOXICITY", "toxicity"),
        ("TOXICITY_EXPERIMENTAL", "toxicity"),
        ("TOXICITY_FAST", "toxicity"),
        ("SEVERE_TOXICITY", "severe_toxicity"),
        ("SEVERE_TOXICITY_EXPERIMENTAL", "severe_toxicity"),
        ("IDENTITY_ATTACK", "identity_attack"),
        ("IDENTITY_ATTACK_EXPERIMENTAL", "identity_attack"),
        ("INSULT", "insult"),
        ("INSULT_EXPERIMENTAL", "insult"),
        ("THREAT", "threat"),
        ("THREAT_EXPERIMENTAL", "threat"),
        ("PROFANITY", "obscene"),
        ("PROFANITY_EXPERIMENTAL", "obscene"),
        ("OBSCENE", "obscene"),
    ],
)
def test_each_attribute_reads_its_label(
    post: Post, worker: Worker, monkeypatch: pytest.MonkeyPatch, attribute: str, label: str
) -> None:
    honest = worker.answer

    def only_this_label(text: str) -> Any:
        return honest(text) | {"labels": dict.fromkeys(worker.labels, 0.1) | {label: 0.77}}

    monkeypatch.setattr(worker, "answer", only_this_label)
    found = answer(post, question(requestedAttributes={attribute: {}}))
    assert found["attributeScores"][attribute]["summaryScore"]["value"] == 0.77


def test_sexually_explicit_is_served_where_the_checkpoint_has_it(post: Post, worker: Worker) -> None:
    body = question(requestedAttributes={"SEXUALLY_EXPLICIT": {}})
    assert post(body).status_code == 400
    worker.labels = [*worker.labels, "sexual_explicit"]
    assert "SEXUALLY_EXPLICIT" in answer(post, body)["attributeScores"]


def test_a_score_below_the_threshold_is_left_out_and_the_rest_stays(post: Post) -> None:
    wanted = {"TOXICITY": {"scoreThreshold": 0.95}, "INSULT": {"scoreThreshold": 0.9}}
    assert set(answer(post, question("idiot", requestedAttributes=wanted))["attributeScores"]) == {"INSULT"}
    found = answer(post, question(requestedAttributes={"TOXICITY": {"scoreThreshold": 0.5}}))
    assert found["attributeScores"] == {}


@pytest.mark.parametrize("kind", ["PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED", None])
def test_plain_text_is_the_type_whether_named_or_not(post: Post, kind: str | None) -> None:
    assert answer(post, question() | {"comment": {"text": "Good day.", "type": kind}})["attributeScores"]


@pytest.mark.parametrize(
    "context",
    [
        {"entries": [{"text": "a" * 1_000_000, "type": "PLAIN_TEXT"}] * 3},
        {"articleAndParentComment": {"article": {"text": "The tram."}, "parentComment": {"text": "Late."}}},
        {"entries": []},
        {},
        None,
    ],
    ids=["three entries of a megabyte", "article and parent", "no entries", "empty", "null"],
)
def test_context_is_accepted_and_changes_nothing(post: Post, context: Any) -> None:
    assert answer(post, question(context=context)) == answer(post, question())


# --- how a request may look ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_json_is_read_whatever_the_content_type(post: Post, kind: str) -> None:
    assert answer(post, question(), content_type=kind)["attributeScores"]


@pytest.mark.parametrize("more", ["&alt=json", "&prettyPrint=false", "&$.xgafv=2", "&fields=attributeScores"])
def test_the_parameters_that_google_clients_add_are_tolerated(post: Post, key: str, more: str) -> None:
    assert answer(post, question(), query=f"?key={key}{more}")["attributeScores"]


@pytest.mark.parametrize(
    "path", ["/v1alpha1/comments%3Aanalyze", "/v1alpha1/comments%3aanalyze", "/v1alpha1//comments:analyze/"]
)
def test_an_escaped_colon_and_a_slash_too_many_are_tolerated_without_a_redirect(post: Post, path: str) -> None:
    assert answer(post, question(), path=path)["attributeScores"]


def test_snake_case_names_and_unknown_fields_are_tolerated(post: Post) -> None:
    body = {
        "comment": {"text": "Good day."},
        "requested_attributes": {"TOXICITY": {"score_type": "PROBABILITY"}},
        "client_token": "t",
        "do_not_store": True,
        "surprise": 1,
    }
    assert answer(post, body)["clientToken"] == "t"


def test_there_is_no_csrf_no_cookie_no_redirect(post: Post) -> None:
    response = post(question(), HTTP_ORIGIN="https://elsewhere.example", HTTP_REFERER="https://elsewhere.example/")
    assert response.status_code == 200
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"


# --- what the answer says of languages ---------------------------------------------------------------------


def test_languages_mirror_the_request_even_where_another_was_detected(post: Post) -> None:
    found = answer(post, question("Der Zug kommt und der Bus auch.", languages=["en"]))
    assert found["languages"] == ["en"]
    assert found["detectedLanguages"] == ["de"]


def test_without_languages_the_detected_one_is_named(post: Post) -> None:
    found = answer(post, question())
    assert found["languages"] == found["detectedLanguages"] == ["en"]


def test_a_text_too_short_to_tell_is_answered_in_the_sites_language(post: Post, settings: Any) -> None:
    settings.LANGUAGE_CODE = "de-at"
    found = answer(post, question("hello"))
    assert found["detectedLanguages"] == found["languages"] == ["de"]
    assert found["attributeScores"]


@pytest.mark.parametrize("code", ["en", "en-US", "en_GB", "EN"])
def test_regional_codes_count_as_their_language_and_come_back_as_sent(post: Post, code: str) -> None:
    assert answer(post, question(languages=[code]))["languages"] == [code]


def test_a_language_can_be_accepted_without_a_checkpoint_for_it(post: Post, settings: Any) -> None:
    assert post(question(languages=["de"])).status_code == 400
    settings.PERSPECTIVE_LANGUAGES = ["de"]
    assert answer(post, question(languages=["de-DE"]))["attributeScores"]
    assert answer(post, question("Der Zug kommt und der Bus auch."))["languages"] == ["de"]


def test_text_without_any_letter_is_scored_where_the_caller_names_a_language(post: Post) -> None:
    assert answer(post, question("👍👍👍", languages=["en"]))["attributeScores"]


@pytest.mark.parametrize("token", ["t-1", ""])
def test_the_client_token_comes_back_only_if_sent(post: Post, token: str) -> None:
    assert answer(post, question(clientToken=token))["clientToken"] == token
    assert "clientToken" not in answer(post, question())


# --- spans ---------------------------------------------------------------------------------------------------


def test_without_span_annotations_one_span_covers_the_whole_text(post: Post) -> None:
    text = "Moin 👋🏽 idiot"
    (span,) = answer(post, question(text))["attributeScores"]["TOXICITY"]["spanScores"]
    assert span == {"begin": 0, "end": 15, "score": {"value": 0.9, "type": "PROBABILITY"}}
    assert len(text.encode("utf-16-le")) == 30


def test_with_span_annotations_there_is_one_span_for_each_sentence(post: Post) -> None:
    text = "  Good 👍🏽 day. You idiot!\nBye  "
    found = answer(post, question(text, spanAnnotations=True))["attributeScores"]["TOXICITY"]
    units = text.encode("utf-16-le")
    spans = [
        (units[2 * s["begin"] : 2 * s["end"]].decode("utf-16-le"), s["score"]["value"]) for s in found["spanScores"]
    ]
    assert spans == [("Good 👍🏽 day.", 0.01), ("You idiot!", 0.9), ("Bye", 0.01)]
    assert found["summaryScore"]["value"] == 0.9


def test_a_single_sentence_has_one_span_and_is_scored_once(post: Post, worker: Worker) -> None:
    found = answer(post, question("You idiot!", spanAnnotations=True))
    assert found["attributeScores"]["TOXICITY"]["spanScores"][0]["end"] == 10
    assert worker.asked == [["You idiot!"]]


# --- texts as they come -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a\ud800b", "\x00 nul", "\u202e rtl", "🏳️‍🌈" * 100, "مرحبا", "x" * 20_480])
def test_odd_texts_are_answered(post: Post, worker: Worker, text: str) -> None:
    worker.languages = ["en", "de"]
    found = answer(post, question(text, languages=["en"], spanAnnotations=True))
    spans = found["attributeScores"]["TOXICITY"]["spanScores"]
    assert spans[-1]["end"] <= len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_the_text_sent_to_the_worker_is_the_whole_text(post: Post, worker: Worker) -> None:
    text = "All is well. " * 1500 + "idiot"
    answer(post, question(text))
    assert worker.asked == [[text]]


# --- attributes nobody here can score -----------------------------------------------------------------------


UNSERVABLE = (
    "FLIRTATION SPAM ATTACK_ON_AUTHOR ATTACK_ON_COMMENTER INCOHERENT INFLAMMATORY LIKELY_TO_REJECT UNSUBSTANTIAL "
    "AFFINITY COMPASSION CURIOSITY NUANCE PERSONAL_STORY REASONING RESPECT AFFINITY_EXPERIMENTAL REASONING_EXPERIMENTAL"
)


@pytest.mark.parametrize("name", UNSERVABLE.split())
def test_an_unservable_attribute_is_dropped_only_where_that_is_asked_for(post: Post, settings: Any, name: str) -> None:
    body = question(requestedAttributes={name: {}, "TOXICITY": {}})
    assert post(body).status_code == 400
    assert set(answer(post, body | {"dropUnsupportedAttributes": True})["attributeScores"]) == {"TOXICITY"}
    settings.PERSPECTIVE_DROP_UNSERVABLE = True
    assert set(answer(post, body)["attributeScores"]) == {"TOXICITY"}
    assert set(answer(post, body | {"languages": ["en"]})["attributeScores"]) == {"TOXICITY"}


def test_with_nothing_left_the_scores_are_empty_and_present(post: Post) -> None:
    body = question(requestedAttributes={"SPAM": {}}, dropUnsupportedAttributes=True)
    assert answer(post, body)["attributeScores"] == {}


def test_an_unsupported_language_is_dropped_too_where_the_caller_says_so(post: Post) -> None:
    assert answer(post, question(languages=["de"], dropUnsupportedAttributes=True))["attributeScores"] == {}
