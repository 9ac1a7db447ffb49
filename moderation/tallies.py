"""How many comments wait where: exact, kept in the transaction of every change, cheap at a million comments.

Triggers (migrations 0004 and 0008) write one small row per change; the sum over a name is the count. Nobody updates a
row, so two decisions never wait for each other, and a count can neither drift nor turn negative. Reading folds the rows
once there are many of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

FOLD_ABOVE = 500  # rows; a sum over so many takes well under a millisecond
_LOCK = 0x7041_0001

_SUM = """
SELECT name, sum(n)::bigint, sum(sum(count)) OVER ()::bigint FROM (
    SELECT name, section_id, sum(n) AS n, count(*) AS count FROM moderation_tally GROUP BY 1, 2) t
WHERE %(all)s OR section_id = ANY(%(sections)s)
GROUP BY name
"""
_FOLD = """
WITH old AS (DELETE FROM moderation_tally RETURNING name, section_id, n)
INSERT INTO moderation_tally (name, section_id, n)
    SELECT name, section_id, sum(n) FROM old GROUP BY 1, 2 HAVING sum(n) <> 0
"""
_DIFFERENCES = """
WITH kept AS (SELECT name, section_id, sum(n) AS n FROM moderation_tally GROUP BY 1, 2),
     truth AS (
        SELECT kind AS name, section_id, count(*) AS n FROM moderation_queueitem GROUP BY 1, 2
        UNION ALL SELECT 'is_' || c.state, a.section_id, count(*)
            FROM discussions_comment c JOIN discussions_article a ON a.id = c.article_id GROUP BY 1, 2
        UNION ALL SELECT CASE WHEN r.approved THEN 'approved' ELSE 'refused' END, a.section_id, count(*)
            FROM moderation_review r JOIN discussions_comment c ON c.id = r.comment_id
            JOIN discussions_article a ON a.id = c.article_id GROUP BY 1, 2)
SELECT name, nullif(section, 0), sum(kept)::bigint, sum(counted)::bigint FROM (
    SELECT name, coalesce(section_id, 0) AS section, n AS kept, 0 AS counted FROM kept
    UNION ALL SELECT name, coalesce(section_id, 0), 0, n FROM truth) both_sides
GROUP BY 1, 2 HAVING sum(kept) <> sum(counted)
"""


def counts(section_ids: Iterable[int] = ()) -> dict[str, int]:
    """Name → number of comments in the given sections; no sections means all comments, in a section or not.

    Names: held, reported (queues); is_pending, is_published, is_rejected, is_deleted … (states of comments);
    approved, refused (what a person decided and still stands).
    """
    sections = list(section_ids)
    with connection.cursor() as cursor:
        cursor.execute(_SUM, {"all": not sections, "sections": sections})
        rows = cursor.fetchall()
    if rows and rows[0][2] > FOLD_ABOVE:
        fold()
    return {name: int(n) for name, n, _rows in rows}


@transaction.atomic
def fold() -> bool:
    """Replace the rows by their sums. False where somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(_FOLD)
    return True


def differences() -> list[tuple[str, int | None, int, int]]:
    """(name, section id, kept, counted row by row) where the two differ; empty is what must be.

    One statement, hence one snapshot: it may run while people work. Needs a moment at a million comments.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        return [(name, section, int(kept), int(true)) for name, section, kept, true in cursor.fetchall()]


@transaction.atomic
def repair() -> int:
    """Write what is missing so that every count is true again. Returns how many counts were wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            "LOCK TABLE moderation_tally, moderation_queueitem, discussions_comment IN SHARE ROW EXCLUSIVE MODE"
        )
        wrong = differences()
        cursor.executemany(
            "INSERT INTO moderation_tally (name, section_id, n) VALUES (%s, %s, %s)",
            [(name, section, true - kept) for name, section, kept, true in wrong],
        )
    return len(wrong)
