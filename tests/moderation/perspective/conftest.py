"""A worker that answers at once, a key, and a caller, for tests of what the endpoint says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.http import HttpResponse
from django.test import Client

from moderation import ask
from moderation.perspective import keys, usage
from moderation.scoring import LABELS
from tests.moderation.perspective.running import Endpoint, endpoint, scoring

RUDE = {"idiot": 0.9, "rotten": 0.6}

STATUS = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}

Post = Callable[..., HttpResponse]


class Worker:
    """In the ask worker's place: rude words score high, everything else 0.01; German by a word list of one."""

    def __init__(self) -> None:
        self.labels: Sequence[str] = LABELS
        self.languages = ["en"]
        self.asked: list[list[str]] = []
        self.away = False

    def __call__(self, asked: Sequence[ask.Question], *, patience: float, spans: bool = False) -> list[ask.Answer]:
        texts = [question.text for question in asked]
        self.asked.append(texts)
        if self.away:
            raise ask.Unavailable("nobody is there")
        return [self.answer(text) for text in texts]

    def answer(self, text: str) -> ask.Answer:
        value = max((score for word, score in RUDE.items() if word in text), default=0.01)
        letters = sum(map(str.isalpha, text))
        language = None if letters < 10 else "de" if "und" in text.split() else "en"
        return {
            "labels": dict.fromkeys(self.labels, value),
            "language": language,
            "language_known": language in {None, *self.languages},
            "languages": self.languages,
            "checkpoint": "double",
            "weights": "d" * 64,
            "windows": 1,
        }


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    found = Worker()
    monkeypatch.setattr(ask, "ask", found)
    ask.line.cache_clear()
    yield found
    ask.line.cache_clear()


@pytest.fixture
def key(db: None) -> Iterator[str]:
    """A key with the default quota. What was counted of it is written before its test ends."""
    yield keys.create(name="tests")[1]
    keys.forget()
    usage.flush()


@pytest.fixture
def post(key: str, worker: Worker) -> Post:
    """Send a body to a method of the endpoint; bytes go as they are."""
    client = Client(enforce_csrf_checks=True)

    def send(body: Any, method: str = "analyze", *, query: str | None = None, **more: Any) -> HttpResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        query = f"?key={key}" if query is None else query
        kind = more.pop("content_type", "application/json")
        path = more.pop("path", f"/v1alpha1/comments:{method}")
        return client.generic("POST", path + query, data, kind, **more)

    return send


def question(text: str = "Good morning to all of you.", **more: Any) -> dict[str, Any]:
    """A valid analyze body."""
    return {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}} | more


def error(response: HttpResponse) -> tuple[int, str, str]:
    """(status, message, errorType or reason), after checking the envelope's form."""
    body = json.loads(response.content)["error"]
    assert response["Content-Type"].startswith("application/json")
    assert body["code"] == response.status_code
    assert body["status"] == STATUS[response.status_code]
    detail = body["details"][0]
    if "errorType" in detail:
        assert detail["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
        return response.status_code, body["message"], detail["errorType"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    if response.status_code in {429, 503}:
        assert int(response["Retry-After"]) >= 1
    return response.status_code, body["message"], detail["reason"]


# --- the real thing: gunicorn, an ask worker, and a database of its own -----------------------------------------


DETAILED = {"LOG_LEVEL": "DEBUG", "PARLEY_STATE_DIR": os.environ["PARLEY_STATE_DIR"]}
"""Environment of an endpoint that logs all it can and shares the tests' secret key and prepared model."""


@pytest.fixture(scope="session")
def own_database() -> Iterator[str]:
    """The address of an empty database on the tests' server, so that everything in it comes from the endpoint."""
    server = os.environ["DATABASE_URL"]
    name = f"parley_endpoint_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def live(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A running endpoint that scores with the site's checkpoint and writes down as much as it can be told to."""
    folder = tmp_path_factory.mktemp("endpoint")
    addresses = {"database_url": own_database, "redis_url": os.environ["REDIS_URL"]}
    with endpoint(folder, **addresses, **DETAILED, PARLEY_ASK_TIMEOUT_SECONDS="20") as site:
        site.manage("migrate", "-v0")
        site.key = site.manage("api_key", "create", "live", "--per-second", "1000").splitlines()[0]
        scoring(site, site.key)
        yield site
