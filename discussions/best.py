"""The order "best": the lower bound of what readers think of a comment, brought up to date every few seconds.

Wilson's score interval for a proportion (E. B. Wilson, "Probable inference, the law of succession, and statistical
inference", JASA 22, 1927), here of recommendations among recommendations and reports. One recommendation of one is
less than nine of ten, so a lucky first vote does not win the page.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

from django.db import connection, transaction

from discussions import states

Z = 1.96  # 95 %
AT_ONCE = 20_000  # marks in one run; the rest waits for the next


def wilson(good: int, bad: int, z: float = Z) -> float:
    """Lower bound of the interval for `good` of `good + bad`, from 0 to 1; 0.0 without any."""
    n = good + bad
    if n == 0:
        return 0.0
    p = good / n
    spread = z * sqrt((p * (1 - p) + z * z / (4 * n)) / n)
    return max(0.0, (p + z * z / (2 * n) - spread) / (1 + z * z / n))


_TAKE = """
DELETE FROM discussions_judged WHERE id IN (SELECT id FROM discussions_judged ORDER BY id LIMIT %s) RETURNING comment_id
"""
_MOVING = """
WITH touched AS (
    SELECT unnest(%(judged)s::bigint[]) AS id
), counted AS (
    SELECT c.id, c.upvotes::float8 AS good,
           (c.upvotes + (SELECT count(DISTINCT r.reader_id) FROM discussions_report r
                          WHERE r.comment_id = c.id AND r.handled_at IS NULL))::float8 AS n
      FROM discussions_comment c JOIN touched USING (id)
), bounded AS (
    SELECT id, CASE WHEN n = 0 THEN 0 ELSE greatest(0,
        (good / n + z * z / (2 * n) - z * sqrt((good / n * (1 - good / n) + z * z / (4 * n)) / n)) / (1 + z * z / n)
    ) END AS best FROM counted, (SELECT %(z)s::float8 AS z) constants
), moving AS (
    SELECT id, b.best, c.article_id FROM bounded b JOIN discussions_comment c USING (id)
     WHERE c.best IS DISTINCT FROM b.best
)
"""
_WHERE = "{moving} SELECT DISTINCT article_id FROM moving".replace("{moving}", _MOVING)
_MOVE = """{moving}, moved AS (
    UPDATE discussions_comment c SET best = m.best FROM moving m WHERE c.id = m.id AND c.article_id = ANY(%(articles)s)
    RETURNING c.article_id
), told AS (
    UPDATE discussions_article SET thread_version = thread_version + 1 WHERE id IN (SELECT article_id FROM moved)
)
SELECT count(*) FROM moved
""".replace("{moving}", _MOVING)


@transaction.atomic
def refresh() -> int:
    """Recompute `best` where votes or reports came, went or were answered since. Returns how many moved.

    A trigger leaves a mark for each of those changes, in its own transaction, so that none is missed however late this
    runs; the marks go in the transaction that has taken account of them.

    Pages that show them are made anew: that is why the articles' versions rise. The threads are locked as for every
    other change to several of their rows; without that, a decision in the middle of it was a deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [AT_ONCE])
        values: dict[str, Any] = {"judged": list({comment_id for (comment_id,) in cursor.fetchall()}), "z": Z}
        cursor.execute(_WHERE, values)
        articles = [article_id for (article_id,) in cursor.fetchall()]
        states.lock_threads(articles)
        cursor.execute(_MOVE, values | {"articles": articles})
        return int(cursor.fetchone()[0])
