"""Filters and numbers over many comments: by index where little is found, and in one pass where all is counted."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from discussions.models import Article, Reader, User
from moderation import insight, lists
from tests.benchmarks import bench_desk

pytestmark = pytest.mark.django_db

MANY = 4_000
LARGE = ("moderation_decision", "moderation_score", "moderation_queueitem", "discussions_comment")


@pytest.fixture
def many(article: Article) -> None:
    """Comments with what the pipeline writes for them, all held or published for one label."""
    readers = Reader.objects.bulk_create(
        Reader(kind=Reader.Kind.GUEST, name=f"Guest {n}", name_key=f"guest{n}") for n in range(500)
    )
    values = {"a": article.pk, "b": 10**6, "r": min(reader.pk for reader in readers), "n": MANY}
    with connection.cursor() as cursor:
        for sql in (bench_desk._FILL, bench_desk._WORDS, bench_desk._SCORES, bench_desk._DECISIONS, bench_desk._QUEUE):
            cursor.execute(sql, values)
        cursor.execute("ANALYZE")


def plan(sql: str) -> str:
    """How the database would answer."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + sql.replace("%", "%%"), [])
        return "\n".join(row[0] for row in cursor.fetchall())


def asked(name: str, filters: lists.Filters, by: User) -> list[str]:
    """The queries that find a list's comments."""
    with CaptureQueriesContext(connection) as queries:
        assert lists.page(name, filters, by=by).rows == []
    return [query["sql"] for query in queries if "LIMIT" in query["sql"] and "moderation_staff" not in query["sql"]]


def test_a_filter_that_finds_little_reads_little(many: None, moderator: User) -> None:
    for filters in (lists.Filters(label="threat"), lists.Filters(rule="links"), lists.Filters(language="fr")):
        for name in ("held", "new", "rejected", "all"):
            for sql in asked(name, filters, moderator):
                found = plan(sql)
                assert not re.search(f"Seq Scan on ({'|'.join(LARGE)})", found), found
                assert re.search("queue_tags|decision_reasons|score_language", found), found


def test_the_numbers_of_a_year_are_counted_in_one_pass(many: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        numbers = insight.of("year")
    [counted] = [query["sql"] for query in queries if "FROM discussions_comment c WHERE created_at" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF) " + counted.replace("%", "%%"), [])
        scans = [row[0] for row in cursor.fetchall() if re.search("Scan.* on (discussions_c|moderation_d)", row[0])]
    assert scans
    assert all("loops=1)" in scan for scan in scans), scans
    assert sum(row[1] for row in numbers.volume.rows) == MANY
