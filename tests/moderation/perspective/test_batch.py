"""POST /batch: many requests in one, each answered for itself."""

from __future__ import annotations

import json
import time
from email import message_from_bytes
from typing import Any

import pytest
from django.http import HttpResponse

from moderation.models import Suggestion
from moderation.perspective import batch, keys
from tests.moderation.perspective.conftest import Post, Worker, error, question

KIND = 'multipart/mixed; boundary="frontier"'


def part(body: Any, address: str, content_id: str, *, verb: str = "POST", newline: str = "\r\n") -> str:
    """One request of a batch, as google-api-python-client writes it."""
    lines = [
        "--frontier",
        "Content-Type: application/http",
        "MIME-Version: 1.0",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {content_id}",
        "",
        f"{verb} {address} HTTP/1.1",
        "Content-Type: application/json",
        "Host: localhost",
        "",
        body if isinstance(body, str) else json.dumps(body),
    ]
    return newline.join(lines)


def send(post: Post, *parts: str, newline: str = "\r\n", **more: Any) -> HttpResponse:
    body = newline.join([*parts, "--frontier--", ""])
    return post(body.encode(), path="/batch", content_type=KIND, **more)


def answers(response: HttpResponse) -> list[tuple[str, int, dict[str, Any]]]:
    """[(Content-ID, status, JSON)]"""
    assert response.status_code == 200
    whole = message_from_bytes(b"Content-Type: " + response["Content-Type"].encode() + b"\r\n\r\n" + response.content)
    found = []
    for each in whole.get_payload():
        assert each.get_content_type() == "application/http"
        head, _blank, body = each.get_payload(decode=True).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 ")
        found.append((each["Content-ID"], int(head.split()[1]), json.loads(body)))
    return found


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_each_part_is_answered_under_its_own_name(post: Post, key: str, newline: str) -> None:
    address = f"/v1alpha1/comments:analyze?key={key}&alt=json"
    parts = [
        part(question(text), address, f"<b29c + {n}>", newline=newline) for n, text in enumerate(("idiot", "kind"))
    ]
    found = answers(send(post, *parts, newline=newline))
    assert [(name, status) for name, status, _body in found] == [
        ("<response-b29c + 0>", 200),
        ("<response-b29c + 1>", 200),
    ]
    values = [body["attributeScores"]["TOXICITY"]["summaryScore"]["value"] for _name, _status, body in found]
    assert values == [0.9, 0.01]


def test_all_comments_of_a_batch_are_scored_together(post: Post, key: str, worker: Worker) -> None:
    address = f"/v1alpha1/comments:analyze?key={key}"
    texts = [f"Comment {number}" for number in range(20)]
    found = answers(send(post, *(part(question(text), address, f"<x + {text}>") for text in texts)))
    assert [status for _name, status, _body in found] == [200] * 20
    assert worker.asked == [texts]


def test_bad_parts_do_not_spoil_the_others(post: Post, key: str) -> None:
    good = f"/v1alpha1/comments:analyze?key={key}"
    found = answers(
        send(
            post,
            part(question(), good, "<x + good>"),
            part("{not json", good, "<x + json>"),
            part(question(""), good, "<x + empty>"),
            part(question("Der Zug kommt und der Bus auch."), good, "<x + german>"),
            part(question(), "/v1alpha1/comments:analyze?key=wrong", "<x + key>"),
            part(question(), "/desk/", "<x + elsewhere>"),
            part(question(), good, "<x + get>", verb="GET"),
            part(question(), "http://localhost/v1alpha1/comments%3Aanalyze?key=" + key, "<x + absolute>"),
            "--frontier\r\nContent-Type: application/http\r\nContent-ID: <x + odd>\r\n\r\nnonsense",
        )
    )
    statuses = {name.split(" + ")[1][:-1]: status for name, status, _body in found}
    assert statuses == {
        "good": 200,
        "json": 400,
        "empty": 400,
        "german": 400,
        "key": 400,
        "elsewhere": 404,
        "get": 405,
        "absolute": 200,
        "odd": 400,
    }
    assert all(body["error"]["details"] for _name, status, body in found if status != 200)


def test_the_batchs_own_key_counts_for_parts_without_one(post: Post) -> None:
    parts = [part(question(), "/v1alpha1/comments:analyze", "<x + 1>")]
    assert answers(send(post, *parts))[0][1] == 200
    assert answers(send(post, *parts, query=""))[0][1] == 403


def test_corrections_can_be_sent_in_batches(post: Post, key: str) -> None:
    body = question() | {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}}, "clientToken": "a"}
    found = answers(send(post, part(body, f"/v1alpha1/comments:suggestscore?key={key}", "<x + 1>")))
    assert found[0][2]["clientToken"] == "a"
    assert Suggestion.objects.count() == 1


def test_each_part_counts_for_the_quota(post: Post) -> None:
    _row, token = keys.create(name="scarce", per_day=2)
    address = f"/v1alpha1/comments:analyze?key={token}"
    found = answers(send(post, *(part(question(), address, f"<x + {n}>") for n in range(3))))
    assert [status for _name, status, _body in found] == [200, 200, 429]


def test_without_a_worker_each_part_says_so(post: Post, key: str, worker: Worker) -> None:
    worker.away = True
    found = answers(send(post, part(question(), f"/v1alpha1/comments:analyze?key={key}", "<x + 1>")))
    assert found[0][1] == 503


def test_a_thousand_made_up_keys_are_not_a_thousand_questions(
    post: Post, key: str, django_assert_max_num_queries: Any
) -> None:
    good = part(question(), f"/v1alpha1/comments:analyze?key={key}", "<x + good>")
    bad = [part(question(), f"/v1alpha1/comments:analyze?key=wrong-{n}", f"<x + {n}>") for n in range(1000 - 1)]
    with django_assert_max_num_queries(20):
        found = answers(send(post, good, *bad))
    assert [status for _name, status, _body in found] == [200, *[400] * 999]
    assert {body["error"]["details"][0]["reason"] for _name, status, body in found if status == 400} == {
        "API_KEY_INVALID"
    }


def test_good_keys_stay_good_after_made_up_ones(post: Post, key: str) -> None:
    address = "/v1alpha1/comments:analyze?key="
    made_up = [
        part(question(), f"{address}made-up-{number}", f"<m + {number}>") for number in range(batch.MOST_UNKNOWN_KEYS)
    ]
    ours, again = part(question(), "/v1alpha1/comments:analyze", "<a + 1>"), part(question(), address + key, "<a + 2>")
    found = answers(send(post, *made_up, ours, again, query=f"?key={key}"))
    assert [status for _name, status, _body in found] == [*[400] * batch.MOST_UNKNOWN_KEYS, 200, 200]


def test_a_name_with_line_breaks_and_signs_comes_back_plain(post: Post, key: str) -> None:
    sent = part(question(), f"/v1alpha1/comments:analyze?key={key}", "<a\x0b\x00 + 1>")
    assert [status for _name, status, _body in answers(send(post, sent))] == [200]


def test_a_batch_asks_no_further_once_its_time_is_over(
    post: Post, key: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LONGEST", 0.0)
    kind, said = f"/v1alpha1/comments:analyze?key={key}", f"/v1alpha1/comments:suggestscore?key={key}"
    long = question("A long comment. " * 200)
    correction = question() | {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}}, "clientToken": "a"}
    found = answers(
        send(post, part(long, kind, "<x + 1>"), part(correction, said, "<x + 2>"), part(long, kind, "<x + 3>"))
    )
    assert [status for _name, status, _body in found] == [503, 200, 503]
    assert worker.asked == []
    assert Suggestion.objects.get().ours is None


@pytest.mark.parametrize("kind", ["application/json", "multipart/mixed", ""])
def test_what_is_not_a_batch_is_refused(post: Post, kind: str) -> None:
    assert error(post(b"--frontier\r\n\r\n", path="/batch", content_type=kind))[::2] == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "body",
    [
        b"--frontier\n\n" * 1_000_000 + b"--frontier--",
        b"--frontier\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\n\n" * 1_000_000
        + b"\r\n--frontier--",
        b"--frontier\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 10_000 + b"--frontier--",
        b"--frontier\r\n\r\nPOST http://[ HTTP/1.1\r\n\r\n{}\r\n--frontier--",
    ],
    ids=["parts", "parts within a part", "mails within mails", "no address"],
)
def test_what_is_made_to_cost_time_costs_none_even_without_a_key(post: Post, body: bytes) -> None:
    began = time.perf_counter()
    response = post(body, path="/batch", content_type=KIND, query="")
    assert response.status_code < 500
    assert time.perf_counter() - began < 3
