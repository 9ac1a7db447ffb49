"""The desk's pages on scoring for others: for admins only, and useful to them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from discussions.models import User
from moderation.models import ApiKey, ApiKeyUsage, Score, Staff, Suggestion, ThresholdTable
from moderation.models import Worker as ScoringWorker
from moderation.perspective import keys
from tests.moderation.conftest import Say
from tests.moderation.perspective.conftest import Worker

pytestmark = pytest.mark.django_db
KEYS, TABLES = "/desk/perspective/", "/desk/perspective/thresholds/"


@pytest.fixture
def admin(client: Client, settings: Any) -> Client:
    settings.STAFF_NEED_SECOND_FACTOR = False
    client.force_login(User.objects.create_superuser("admin@example.org", "a long password"))
    return client


@pytest.mark.parametrize("role", [Staff.Role.MODERATOR, Staff.Role.SENIOR, Staff.Role.EDITOR])
@pytest.mark.parametrize("address", [KEYS, TABLES])
def test_other_roles_are_told_what_they_lack(client: Client, settings: Any, role: Staff.Role, address: str) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = False
    user = User.objects.create_user("mo@example.org", "a long password")
    Staff.objects.create(user=user, role=role)
    client.force_login(user)
    assert client.get(address).status_code == 403
    assert client.post(address, {"name": "x", "per_second": 1}).status_code == 403
    assert not ApiKey.objects.exists()


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    response = client.get(KEYS)
    assert response.status_code == 302
    assert "login" in response["Location"]


def test_a_new_key_is_shown_once(admin: Client) -> None:
    response = admin.post(KEYS, {"name": "coral", "per_second": 50, "per_day": ""})
    row = ApiKey.objects.get()
    assert (row.per_second, row.per_day, row.created_by) == (50, None, "admin@example.org")
    (token,) = [
        word for word in response.content.decode().replace("<", " ").replace(">", " ").split() if keys.find(word)
    ]
    assert token not in admin.get(KEYS).content.decode()


def test_a_name_in_use_is_explained_beside_the_form(admin: Client) -> None:
    keys.create(name="coral")
    response = admin.post(KEYS, {"name": "coral", "per_second": 50})
    assert "Revoke it first" in response.content.decode()


def test_use_is_shown_and_a_key_can_be_revoked(admin: Client) -> None:
    row, token = keys.create(name="coral")
    ApiKeyUsage.objects.create(key=row, day=timezone.now().date(), answered=4321, refused=77)
    page = admin.get(KEYS).content.decode()
    assert "4,321" in page
    assert "77" in page
    assert admin.post(f"/desk/perspective/keys/{row.pk}/revoke/").status_code == 302
    assert keys.find(token) is None
    assert "revoked" in admin.get(KEYS).content.decode()


def test_any_number_of_keys_costs_the_same_queries(admin: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(3):
        keys.create(name=f"key {number}")
    with django_assert_max_num_queries(12):
        admin.get(KEYS)


def test_a_language_accepted_without_a_checkpoint_is_warned_of(admin: Client, settings: Any) -> None:
    ScoringWorker.objects.create(name="w", checkpoint="compact", weights="a", backend="onnx-int8")
    assert "Accepted without a checkpoint" not in admin.get(KEYS).content.decode()
    settings.PERSPECTIVE_LANGUAGES = ["en", "de"]
    assert "Accepted without a checkpoint for them: de." in admin.get(KEYS).content.decode()


def test_a_csv_becomes_a_table(admin: Client, worker: Worker) -> None:
    lines = [f"{'An idiot' if n % 4 == 0 else 'A friend'} {n},{0.95 if n % 4 == 0 else 0.05}" for n in range(40)]
    upload = SimpleUploadedFile("old.csv", "\n".join(["text,score", *lines]).encode())
    response = admin.post(TABLES, {"attribute": "TOXICITY", "old": "0.8", "csv": upload})
    assert response.status_code == 302
    (row,) = ThresholdTable.objects.get().rows
    assert row["share"] == 0.25
    assert 0.01 < row["new"] < 0.9
    page = admin.get(TABLES).content.decode()
    assert "25.0" in page
    assert "old.csv" in page


def test_a_share_becomes_a_table_from_the_sites_own_scores(admin: Client, say: Say) -> None:
    comment = say("A comment with many scores")
    for number in range(200):
        Score.objects.create(
            comment=comment,
            revision=number + 1,
            labels={"toxicity": number / 200},
            plain={},
            windows=1,
            checkpoint="compact",
            weights="w",
            backend="b",
            engine_version="1",
            language_known=True,
            milliseconds=1,
        )
    given = {"attribute": "TOXICITY", "old": "0.8", "share": "10"}
    assert admin.post(TABLES, given).status_code == 302
    (row,) = ThresholdTable.objects.get().rows
    assert row["new"] == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"old": "0.8"}, "Give the share"),
        ({"old": "0.7, 0.8", "share": "10"}, "Name one old threshold"),
        ({"old": "high", "share": "10"}, "not a list of numbers"),
        ({"old": "0.8", "share": "10"}, "Only 0 comments here"),
    ],
)
def test_what_is_missing_is_said(admin: Client, given: dict[str, str], problem: str) -> None:
    page = admin.post(TABLES, {"attribute": "TOXICITY"} | given).content.decode()
    assert problem in page
    assert not ThresholdTable.objects.exists()


def test_corrections_are_held_against_our_scores(admin: Client) -> None:
    row, _token = keys.create(name="coral")
    assert "What their moderators said" not in admin.get(TABLES).content.decode()
    for number, value in enumerate((1, 1, 0)):
        Suggestion.objects.create(
            key=row,
            community="Coral",
            token=f"comment:{number}",
            text="A text",
            scores={"TOXICITY": {"summaryScore": {"value": value, "type": "PROBABILITY"}}},
            ours={"toxicity": 0.85},
        )
    page = admin.get(TABLES).content.decode()
    assert "3 corrections about toxicity" in page
    cells = re.findall(r"<td data-of=[^>]*>([^<]*)</td>", page)
    rows = {tuple(cells[at : at + 4]) for at in range(0, len(cells), 4)}
    assert ("0.80", "3", "2", "0") in rows
    assert ("0.90", "0", "0", "2") in rows


def test_without_a_worker_the_page_says_so(admin: Client, worker: Worker) -> None:
    worker.away = True
    upload = SimpleUploadedFile("old.csv", b"text,score\na,0\nb,1\n")
    page = admin.post(TABLES, {"attribute": "TOXICITY", "old": "0.8", "csv": upload}).content.decode()
    assert "No scoring worker answered" in page
