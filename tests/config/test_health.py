"""What monitors are told, and what strangers are not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings

from moderation.models import Worker
from tests.factories.discussions import UserFactory

pytestmark = pytest.mark.django_db

STRANGER = "203.0.113.9"
SECRET = 'connection to server at "db7.internal" (10.0.0.7), port 5432 failed'


@pytest.fixture
def _database_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_named: Any) -> None:
        raise OperationalError(SECRET)

    monkeypatch.setattr(connection, "cursor", refuse)


@pytest.fixture
def _worker() -> None:
    Worker.objects.create(name="score@host-of-ours", checkpoint="compact")


@pytest.mark.usefixtures("_worker")
def test_a_stranger_is_told_the_status_and_nothing_else(client: Client) -> None:
    answer = client.get("/healthz", REMOTE_ADDR=STRANGER)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    behind_a_proxy = client.get("/healthz", headers={"X-Forwarded-For": STRANGER})
    assert behind_a_proxy.json() == {"status": "ok"}


@pytest.mark.usefixtures("_worker")
def test_this_machine_the_token_and_staff_see_the_details(client: Client) -> None:
    assert client.get("/healthz").json()["workers"][0]["name"] == "score@host-of-ours"
    with override_settings(METRICS_TOKEN="a long secret"):
        for token, sees in (("a long secret", True), ("another", False), ("", False)):
            bearer = {"Authorization": f"Bearer {token}"}
            answer = client.get("/healthz", REMOTE_ADDR=STRANGER, headers=bearer)
            assert ("workers" in answer.json()) is sees
            assert client.get("/metrics", REMOTE_ADDR=STRANGER, headers=bearer).status_code == (200 if sees else 403)
    with override_settings(METRICS_TOKEN=""):
        assert (
            "workers" not in client.get("/healthz", REMOTE_ADDR=STRANGER, headers={"Authorization": "Bearer "}).json()
        )
    with override_settings(STAFF_NEED_SECOND_FACTOR=False):
        client.force_login(UserFactory(is_staff=True))
        assert "workers" in client.get("/healthz", REMOTE_ADDR=STRANGER).json()


@pytest.mark.usefixtures("_database_away")
@pytest.mark.parametrize("address", [STRANGER, "127.0.0.1"])
def test_the_databases_own_words_are_nobodys(client: Client, address: str) -> None:
    answer = client.get("/healthz", REMOTE_ADDR=address)
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready: database"
    assert "db7" not in answer.content.decode()
    assert "10.0.0.7" not in answer.content.decode()
