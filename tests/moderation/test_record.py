"""The exported record: chained, sealed, and unforgiving about any change."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from discussions.models import Comment, User
from moderation import decisions, record
from moderation.models import Decision, Seal
from tests.factories.moderation import first_policy
from tests.moderation.desk import *  # noqa: F403

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(held: Comment, moderator: User, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three decisions, exported."""
    monkeypatch.setattr(record, "SETTLED", timedelta(seconds=-60))
    made = decisions.by_person(
        comment_id=held.pk, action="reject", by=moderator, version_seen=held.version, reason_code="insult", words="Nö."
    )
    decisions.undo(decision_id=made.pk, by=moderator)
    return list(record.lines())


def tampered(sql: str) -> None:
    """What somebody with the database's superuser could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE moderation_decision DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE moderation_decision ENABLE TRIGGER USER")


def test_an_export_verifies_by_itself_and_against_the_database(decided: list[str]) -> None:
    found = record.verify_lines(decided, against_database=True)
    assert (found.count, found.problems) == (3, [])
    assert found.head == json.loads(decided[-1])["hash"] == Seal.objects.get().head
    assert record.verify_database() == found


def test_nothing_is_sealed_after_a_decision_that_is_not_old_enough(decided: list[str]) -> None:
    """Its number may be lower than that of one written down before it."""
    first, second, third = Decision.objects.order_by("id")
    tampered(f"UPDATE moderation_decision SET created_at = now() + interval '1 hour' WHERE id = {second.pk}")
    assert list(record.settled()) == [first]
    assert third.pk > second.pk


def test_a_changed_word_a_missing_and_a_swapped_line_are_found(decided: list[str]) -> None:
    changed = [decided[0], decided[1].replace("Nö.", "Ja."), decided[2]]
    assert "was changed" in record.verify_lines(changed).problems[0]
    assert "does not follow" in record.verify_lines([decided[0], decided[2]]).problems[0]
    assert record.verify_lines([decided[1], decided[0], decided[2]]).problems
    assert record.verify_lines(["nonsense\n"]).problems[0] == "line 1: not a line of the record"


def test_lines_missing_at_the_end_are_found_by_the_seal(decided: list[str]) -> None:
    assert record.verify_lines(decided[:2]).problems == []
    assert "missing at its end" in record.verify_lines(decided[:2], against_database=True).problems[0]
    assert record.verify_lines([]).problems == ["there is no decision in it"]


def test_the_database_refuses_changes_to_the_record(decided: list[str]) -> None:
    for change in (Decision.objects.all().update, Seal.objects.all().update):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(id=7)
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.all().delete()


@pytest.mark.parametrize("table", ["moderation_decision", "moderation_seal", "moderation_policy"])
def test_the_database_refuses_to_empty_what_is_append_only(table: str, decided: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for how in ("", " CASCADE"):
            with pytest.raises(DatabaseError, match="Cannot empty"), transaction.atomic():
                cursor.execute(f"TRUNCATE {table}{how}")
    assert Decision.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", [1, 2])
def test_the_end_of_a_transactional_test_leaves_the_record_guarded(time: int) -> None:
    first_policy()
    with pytest.raises(DatabaseError, match="Cannot empty"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE moderation_decision, moderation_policy")


def test_a_change_behind_the_databases_back_breaks_the_seal(decided: list[str], tmp_path: Path) -> None:
    tampered("UPDATE moderation_decision SET reason_words = 'Ja.' WHERE reason_words = 'Nö.'")
    with pytest.raises(CommandError, match="changed, added or removed"):
        call_command("verify_record")
    exported = tmp_path / "record.jsonl"
    exported.write_text("".join(decided), encoding="utf-8")
    call_command("verify_record", str(exported), stdout=StringIO())
    with pytest.raises(CommandError, match="another decision"):
        call_command("verify_record", str(exported), database=True)


def test_the_commands_say_what_they_found(decided: list[str]) -> None:
    said = StringIO()
    call_command("verify_record", stdout=said)
    assert said.getvalue().startswith("3 decisions, unchanged.")
    said = StringIO()
    call_command("export_record", stdout=said)
    assert said.getvalue().splitlines() == [line.strip() for line in decided]
    said = StringIO()
    call_command("check_counts", stdout=said)
    assert said.getvalue().strip() == "Every count is true."
