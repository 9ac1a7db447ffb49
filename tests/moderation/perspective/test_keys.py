"""Keys: made, shown once, found by their hash, counted, revoked."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from moderation.models import ApiKey, ApiKeyUsage
from moderation.perspective import keys, quota, usage
from moderation.perspective.errors import ApiError
from tests.moderation.perspective.conftest import Post, question

pytestmark = pytest.mark.django_db


def manage(*arguments: str) -> str:
    out = StringIO()
    call_command("api_key", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_key_itself_is_nowhere_in_the_database() -> None:
    row, token = keys.create(name="coral")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(k)::text FROM moderation_apikey k")
        (stored,) = cursor.fetchone()
    assert token not in stored
    assert token.startswith(row.hint)
    assert len(token) - len(row.hint) >= 38, "the hint must leave the key unguessable"


def test_two_keys_differ_and_are_long() -> None:
    tokens = {keys.create(name=name)[1] for name in "abc"}
    assert len(tokens) == 3
    assert all(len(token) == 46 for token in tokens)


def test_a_key_survives_a_new_secret_key_where_the_old_one_is_a_fallback(settings: Any) -> None:
    _row, token = keys.create(name="coral")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret"
    found = keys.find(token)
    assert found is not None
    assert found.name == "coral"


def test_quotas_default_to_a_hundred_a_second_and_none_a_day() -> None:
    row, _token = keys.create(name="coral")
    assert (row.per_second, row.per_day) == (100, None)


@pytest.mark.parametrize("more", [{"name": " "}, {"name": "x" * 101}, {"per_second": 0}, {"per_day": 0}])
def test_what_cannot_be_a_key_is_refused_with_a_reason(more: dict[str, Any]) -> None:
    with pytest.raises(keys.KeyProblem):
        keys.create(**({"name": "coral"} | more))


def test_a_name_is_used_once_and_again_after_it_was_revoked() -> None:
    keys.create(name="coral")
    with pytest.raises(keys.KeyProblem, match="Revoke it first"):
        keys.create(name="coral")
    keys.revoke(name="coral")
    assert keys.create(name="coral")[0].revoked_at is None


def test_the_database_itself_holds_quotas_above_zero() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.create(name="x", digest="d", hint="h", per_second=0)


def test_revoking_what_is_not_there_says_so() -> None:
    with pytest.raises(CommandError, match="no key named 'coral'"):
        manage("revoke", "coral")


def test_the_command_makes_lists_and_revokes() -> None:
    token = manage("create", "coral", "--per-second", "7", "--per-day", "900")
    assert keys.find(token) == keys.Caller(ApiKey.objects.get().pk, "coral", 7, 900)
    listed = manage("list")
    assert token not in listed
    assert all(word in listed for word in ("coral", "7", "900", "in use"))
    manage("revoke", "coral")
    assert keys.find(token) is None
    assert "revoked" in manage("list")


def test_use_is_counted_and_shown(post: Post, worker: Any) -> None:
    _row, token = keys.create(name="scarce", per_day=2)
    for _turn in range(3):
        post(question(), query=f"?key={token}")
    usage.flush()
    found = ApiKeyUsage.objects.get(key__name="scarce")
    assert (found.answered, found.refused) == (2, 1)
    assert ApiKey.objects.get(name="scarce").last_used_at is not None
    (line,) = [line for line in manage("list").splitlines() if line.startswith("scarce")]
    assert line.split()[4:6] == ["2", "1"]


def test_counts_wait_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    row = ApiKey.objects.get(name="tests")
    usage.note(row.pk)

    def away(*_arguments: Any) -> None:
        raise RuntimeError("away")

    with monkeypatch.context() as patch:
        patch.setattr(usage, "_add", away)
        usage.flush()
    usage.flush()
    assert ApiKeyUsage.objects.get(key=row).answered == 1


def test_without_redis_half_the_quota_is_left(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LIMITS_REDIS_URL = "redis://127.0.0.1:1/0"
    quota._shared.cache_clear()
    quota._own.cache_clear()
    try:
        caller = keys.Caller(1, "coral", 1000, 4)
        answers = []
        for _turn in range(4):
            try:
                quota.check(caller)
                answers.append(200)
            except ApiError as error:
                answers.append(error.code)
    finally:
        quota._shared.cache_clear()
        quota._own.cache_clear()
    assert answers == [200, 200, 429, 429]


def answers_to(caller: keys.Caller, count: int) -> list[int]:
    found = []
    for _turn in range(count):
        try:
            quota.check(caller)
            found.append(200)
        except ApiError as error:
            found.append(error.code)
    return found


def test_a_caller_that_was_held_up_may_catch_up() -> None:
    row, _token = keys.create(name="coral")
    found = answers_to(keys.Caller(row.pk, "coral", 100, None), 700)
    assert found[:500] == [200] * 500, "five seconds' worth at once"
    assert 429 in found[500:]


def test_a_small_quota_is_counted_by_the_second() -> None:
    row, _token = keys.create(name="small")
    found = answers_to(keys.Caller(row.pk, "small", 3, None), 30)
    assert found[:3] == [200] * 3
    assert 429 in found[3:]


def test_whoever_has_used_the_day_up_is_told_when_the_next_begins(post: Post, worker: Any) -> None:
    _row, token = keys.create(name="scarce", per_day=1)
    answers = [post(question(), query=f"?key={token}") for _turn in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert 60 < int(answers[1].headers["Retry-After"]) <= 86400


@pytest.mark.parametrize(("per_second", "seconds"), [(1, 1), (39, 1), (40, 2), (100, 5), (1_000_000, 5)])
def test_the_larger_the_quota_the_more_seconds_it_is_counted_over(per_second: int, seconds: int) -> None:
    assert quota.window(per_second) == seconds


def test_the_demo_key_is_made_once_and_told_with_the_logins(tmp_path: Path) -> None:
    (tmp_path / "demo_logins.txt").write_text("Editor: a@b.c\n")
    token = keys.ensure_demo_key(tmp_path)
    assert keys.ensure_demo_key(tmp_path) == token
    lines = (tmp_path / "demo_logins.txt").read_text().splitlines()
    assert lines[0] == "Editor: a@b.c"
    assert len(lines) == 2
    assert token in lines[1]
    assert (tmp_path / "demo_api_key").stat().st_mode & 0o77 == 0


def test_a_demo_key_that_the_database_forgot_is_made_anew(tmp_path: Path) -> None:
    token = keys.ensure_demo_key(tmp_path)
    ApiKey.objects.all().delete()
    keys.forget()
    again = keys.ensure_demo_key(tmp_path)
    assert again != token
    assert keys.find(again) is not None
