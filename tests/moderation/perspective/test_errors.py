"""What is refused, and in which words: the contract's table of errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from moderation import ask
from moderation.models import ApiKey
from moderation.perspective import keys, quota, service
from moderation.together import Busy
from tests.moderation.perspective.conftest import Post, Worker, error, question

HTML = "Currently, only 'PLAIN_TEXT' comments are supported"
BOTH = "Context can have either entries or article_and_parent_comment, but both fields were populated."


@pytest.mark.parametrize("comment", [None, {}, {"text": ""}, {"text": None}, {"text": " \n\t"}])
def test_an_empty_comment(post: Post, comment: Any) -> None:
    body = question() | {"comment": comment}
    assert error(post(body)) == (400, "Comment must be non-empty.", "COMMENT_EMPTY")


@pytest.mark.parametrize("body", [b"", b"{}", b"  "])
def test_an_empty_body_has_details_to_index(post: Post, body: bytes) -> None:
    assert error(post(body)) == (400, "Comment must be non-empty.", "COMMENT_EMPTY")


@pytest.mark.parametrize("text", ["x" * 20_481, "é" * 10_241, "\ud800" * 6_827])
def test_a_comment_of_too_many_utf_8_bytes(post: Post, text: str) -> None:
    assert error(post(question(text))) == (400, "Comment text too long.", "COMMENT_TOO_LONG")


@pytest.mark.parametrize("wanted", [None, {}])
def test_no_attributes(post: Post, wanted: Any) -> None:
    body = question() | {"requestedAttributes": wanted}
    assert error(post(body)) == (400, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")


def detail(response: HttpResponse) -> Any:
    return json.loads(response.content)["error"]["details"][0]["languageNotSupportedByAttributeError"]


def test_a_language_that_was_asked_for_and_is_not_served(post: Post) -> None:
    response = post(question(languages=["de", "fr"]))
    message = "Attribute TOXICITY does not support request languages: de, fr"
    assert error(response) == (400, message, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")
    assert detail(response) == {"requestedLanguages": ["de", "fr"], "attribute": "TOXICITY"}


def test_a_language_that_was_detected_and_is_not_served(post: Post) -> None:
    response = post(question("Der Zug kommt und der Bus auch."))
    message = "Attribute TOXICITY does not support request languages: de"
    assert error(response) == (400, message, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")
    assert detail(response) == {"detectedLanguages": ["de"], "attribute": "TOXICITY"}


@pytest.mark.parametrize("languages", [[], ["en"]])
def test_an_unservable_attribute_is_named_so_that_callers_can_drop_it(post: Post, languages: list[str]) -> None:
    response = post(question(requestedAttributes={"TOXICITY": {}, "SPAM": {}}, languages=languages))
    assert error(response)[2] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    assert detail(response)["attribute"] == "SPAM"


@pytest.mark.parametrize("text", ["👍👍", "12345 !!!", "…"])
def test_text_in_no_language_at_all(post: Post, text: str) -> None:
    assert error(post(question(text))) == (400, "Unable to detect language", "LANGUAGE_DETECTION_FAILED")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"requestedAttributes": {"NICENESS": {}}}, "Unknown requested attribute: NICENESS"),
        (
            {"requestedAttributes": {"TOXICITY": {"scoreType": "STD_DEV_SCORE"}}},
            "Requested score type STD_DEV_SCORE is not supported by attribute TOXICITY",
        ),
        ({"comment": {"text": "<b>Hi</b>", "type": "HTML"}}, HTML),
        ({"comment": {"text": "Hi", "type": "MARKDOWN"}}, "Unknown text type"),
        ({"comment": {"text": "Hi", "type": 7}}, "Unknown text type"),
        ({"comment": {"text": "Hi", "type": {}}}, "Unknown text type"),
        (
            {"requestedAttributes": {"TOXICITY": {"scoreType": []}}},
            "Requested score type [] is not supported by attribute TOXICITY",
        ),
        (
            {"requestedAttributes": {"TOXICITY": {"scoreThreshold": 10**400}}},
            "Invalid value at 'requestedAttributes.TOXICITY.scoreThreshold': the number is too large.",
        ),
        (
            {"context": {"entries": [{"text": "a"}], "articleAndParentComment": {"article": {"text": "b"}}}},
            BOTH,
        ),
        ({"context": []}, "Invalid value at 'context': an object is needed."),
        ({"context": {"entries": ["a"]}}, "Invalid value at 'context.entries': a list of text entries is needed."),
        ({"comment": "Hi"}, "Invalid value at 'comment': an object is needed."),
        ({"comment": {"text": 5}}, "Invalid value at 'text': a string is needed."),
        ({"languages": "en"}, "Invalid value at 'languages': a list of language codes is needed."),
        ({"spanAnnotations": "yes"}, "Invalid value at 'spanAnnotations': true or false is needed."),
        (
            {"requestedAttributes": {"TOXICITY": {"scoreThreshold": "high"}}},
            "Invalid value at 'requestedAttributes.TOXICITY.scoreThreshold': a number is needed.",
        ),
        (
            {"requestedAttributes": {"TOXICITY": 1}},
            "Invalid value at 'requestedAttributes.TOXICITY': an object is needed.",
        ),
    ],
)
def test_an_invalid_request_says_what_is_wrong(post: Post, change: Any, message: str) -> None:
    assert error(post(question() | change)) == (400, message, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"text"', b"\xff\xfe", b'{"comment": NaN}', b"[" * 100_000, b'{"a":' * 200 + b"1" + b"}" * 200],
)
def test_what_is_not_a_json_object(post: Post, body: bytes) -> None:
    code, message, kind = error(post(body))
    assert (code, kind) == (400, "INVALID_REQUEST")
    assert message.startswith("Invalid JSON payload received.")


# --- keys and quotas ---------------------------------------------------------------------------------------


def test_a_missing_key(post: Post) -> None:
    code, message, kind = error(post(question(), query=""))
    assert (code, kind) == (403, "API_KEY_MISSING")
    assert "X-goog-api-key" in message


@pytest.mark.parametrize("token", ["wrong", "pk-" + "a" * 43, "\x00", "ключ"])
def test_a_wrong_key(post: Post, token: str) -> None:
    expected = (400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID")
    assert error(post(question(), query=f"?key={token}")) == expected


def test_a_revoked_key(post: Post) -> None:
    assert post(question()).status_code == 200
    keys.revoke(name="tests")
    assert error(post(question()))[2] == "API_KEY_INVALID"


def test_the_key_may_come_in_the_header(post: Post, key: str) -> None:
    assert post(question(), query="", headers={"X-goog-api-key": key}).status_code == 200


def test_a_request_beyond_the_quota_of_a_second(post: Post, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        quota, "_hit", lambda period, amount, *_more: int(period.__name__.endswith("Second") and amount == 2)
    )
    _row, token = keys.create(name="narrow", per_second=2)
    code, message, kind = error(post(question(), query=f"?key={token}"))
    assert (code, kind) == (429, "RATE_LIMIT_EXCEEDED")
    assert message == "Quota exceeded: 2 requests per second for the key 'narrow'."
    assert worker.asked == []


def test_a_request_beyond_the_quota_of_a_day(post: Post) -> None:
    _row, token = keys.create(name="scarce", per_day=2)
    answers = [post(question(), query=f"?key={token}") for _turn in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert error(answers[2])[1] == "Quota exceeded: 2 requests per day for the key 'scarce'."
    assert answers[2]["Retry-After"]


# --- trouble on this side ------------------------------------------------------------------------------------


def test_no_scoring_worker(post: Post, worker: Worker) -> None:
    worker.away = True
    response = post(question())
    assert error(response)[::2] == (503, "SCORING_UNAVAILABLE")
    assert json.loads(response.content)["error"]["status"] == "UNAVAILABLE"


def test_more_callers_than_there_is_room_for(post: Post, worker: Worker, settings: Any) -> None:
    settings.ASK_ROOM = 0
    assert error(post(question()))[::2] == (429, "RATE_LIMIT_EXCEEDED")


def test_workers_that_are_busy_are_no_outage(post: Post, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_questions: Any, **_more: Any) -> Any:
        raise Busy("no scoring worker was free in time")

    monkeypatch.setattr(ask, "ask", busy)
    ask.line.cache_clear()
    response = post(question())
    assert error(response)[::2] == (429, "RATE_LIMIT_EXCEEDED")
    assert response["Retry-After"] == "1"


def test_a_key_that_holds_its_share_is_told_so(post: Post, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def crowded(*_questions: Any, **_more: Any) -> Any:
        raise ask.ShareUsed("20 callers wait already")

    monkeypatch.setattr(ask, "scores", crowded)
    response = post(question())
    message = "Quota exceeded: others are waiting too, and this key has its share of the scoring workers already."
    assert error(response) == (429, message, "RATE_LIMIT_EXCEEDED")
    assert response["Retry-After"] == "1"


def test_with_the_database_away_a_key_in_use_goes_on_and_others_are_told(
    post: Post, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert post(question()).status_code == 200
    monkeypatch.setattr(keys, "FRESH_SECONDS", 0.0)

    def away(**_conditions: Any) -> Any:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(ApiKey.objects, "filter", away)
    assert post(question()).status_code == 200
    assert error(post(question(), query="?key=another"))[::2] == (503, "KEYS_UNAVAILABLE")
    monkeypatch.setattr(keys, "STALE_SECONDS", 0.0)
    assert error(post(question()))[::2] == (503, "KEYS_UNAVAILABLE")


def test_a_fault_of_ours_is_json_too_and_its_words_stay_out_of_the_log(
    post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_message: Any, **_more: Any) -> Any:
        raise RuntimeError("a private text")

    monkeypatch.setattr(service, "analyze", broken)
    assert error(post(question()))[::2] == (500, "INTERNAL")
    assert "RuntimeError" in caplog.text
    assert "a private text" not in caplog.text


@pytest.mark.parametrize("path", ["/v1alpha1/", "/v1alpha1/comments", "/v1alpha1/comments:delete", "/$discovery/x"])
def test_other_addresses_are_refused_in_json(post: Post, path: str) -> None:
    assert error(post(question(), path=path))[::2] == (404, "METHOD_NOT_FOUND")


def test_other_methods_are_refused_in_json(worker: Worker) -> None:
    response = Client().get("/v1alpha1/comments:analyze")
    assert error(response)[::2] == (405, "METHOD_NOT_ALLOWED")
    assert response["Allow"] == "POST"


def test_a_host_that_is_not_ours_is_refused_in_json(post: Post) -> None:
    response = Client().get("/$discovery/rest", headers={"host": "evil.example"})
    assert error(response)[::2] == (400, "INVALID_REQUEST")
