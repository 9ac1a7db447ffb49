"""What is counted, in SQL, from the comments and the append-only record alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from discussions.plans import planned_anew
from moderation import lines
from moderation.insight.periods import Period

# Narrows what is counted to the articles of a person's sections; none given: all.
_MINE = """(%(sections)s::bigint[] IS NULL
  OR {0}.article_id IN (SELECT id FROM discussions_article WHERE section_id = ANY(%(sections)s::bigint[])))"""
# Whose undo holds, or NULL where the decision was not taken back: an undo can be undone, and that one too.
_TAKEN_BACK_BY = """CASE WHEN EXISTS (SELECT 1 FROM moderation_decision u WHERE u.reverses_id = {0}.id) THEN (
  WITH RECURSIVE undo AS (
    SELECT id, actor_id, 1 AS n FROM moderation_decision u WHERE u.reverses_id = {0}.id
    UNION ALL SELECT u.id, u.actor_id, undo.n + 1 FROM moderation_decision u JOIN undo ON u.reverses_id = undo.id)
  SELECT CASE WHEN count(*) %% 2 = 1 THEN (array_agg(actor_id ORDER BY n DESC))[1] END FROM undo) END"""
# Neither taken back nor followed by another person's word, or the same person's, on the same version.
_STANDS = """({taken_back_by:{0}}) IS NULL AND NOT EXISTS (
  SELECT 1 FROM moderation_decision l WHERE l.comment_id = {0}.comment_id AND l.revision = {0}.revision
  AND l.id > {0}.id AND l.actor = 'person' AND l.action IN ('approve', 'reject') AND ({taken_back_by:l}) IS NULL)"""
# What a sanction refused along with it nobody looked at by itself.
_BY_ITSELF = """({0}.batch IS NULL
  OR NOT EXISTS (SELECT 1 FROM moderation_sanction s WHERE s.batch = {0}.batch))"""
_HATEFUL = " OR ".join(f"({{0}}.scores->>'{label}')::float >= {limit}" for label, limit in lines.HATEFUL.items())
# From the moment policy held a revision to the first person's decision on it.
_WAITED = """
SELECT p.created_at AS decided_at, extract(epoch FROM p.created_at - h.created_at) AS seconds
FROM moderation_decision p JOIN LATERAL (
  SELECT id, created_at FROM moderation_decision h
  WHERE h.comment_id = p.comment_id AND h.revision = p.revision AND h.action = 'hold' AND h.from_state <> 'held'
    AND h.id < p.id
  ORDER BY h.id DESC LIMIT 1) h ON true
WHERE p.actor = 'person' AND p.action IN ('approve', 'reject') AND p.created_at >= %(first)s AND {mine:p}
  AND NOT EXISTS (SELECT 1 FROM moderation_decision e WHERE e.comment_id = p.comment_id AND e.revision = p.revision
    AND e.actor = 'person' AND e.action IN ('approve', 'reject') AND e.id > h.id AND e.id < p.id)
"""
_STEPS = "generate_series(%(first)s::timestamptz, %(last)s::timestamptz, %(step)s::interval) AS at"

_PER_STEP = """
WITH posted AS (
  SELECT date_bin(%(step)s::interval, created_at, %(first)s::timestamptz) AS at, count(*) AS n
  FROM discussions_comment c WHERE created_at >= %(first)s AND {mine:c} GROUP BY 1),
judged AS (
  SELECT date_bin(%(step)s::interval, created_at, %(first)s::timestamptz) AS at,
         count(*) FILTER (WHERE action = 'publish') AS published,
         count(*) FILTER (WHERE action = 'hold') AS held,
         count(*) FILTER (WHERE action = 'reject') AS refused
  FROM moderation_decision d
  WHERE actor = 'machine' AND from_state <> 'held' AND created_at >= %(first)s AND {mine:d} GROUP BY 1)
SELECT at, coalesce(n, 0), coalesce(published, 0), coalesce(held, 0), coalesce(refused, 0)
FROM {steps} LEFT JOIN posted USING (at) LEFT JOIN judged USING (at) ORDER BY at
"""
_WAITS = "SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY seconds) FROM ({waited}) w"
_WAITS_PER_STEP = """
WITH w AS ({waited})
SELECT at, percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY seconds)
FROM {steps} LEFT JOIN w ON w.decided_at >= at AND w.decided_at < at + %(step)s::interval
GROUP BY at ORDER BY at
"""
_BY_REASON = """
SELECT reason_code, actor, count(*) FROM moderation_decision d
WHERE action = 'reject' AND created_at >= %(first)s AND {mine:d} AND {stands:d}
GROUP BY 1, 2
"""
_BY_LABEL = """
SELECT r->>'label', p.action, count(*)
FROM moderation_decision p JOIN LATERAL (
  SELECT reasons FROM moderation_decision h WHERE h.comment_id = p.comment_id AND h.revision = p.revision
  AND h.action = 'hold' AND h.id < p.id ORDER BY h.id DESC LIMIT 1) h ON true,
  jsonb_array_elements(h.reasons) r
WHERE p.actor = 'person' AND p.action IN ('approve', 'reject') AND p.created_at >= %(first)s AND r->>'rule' = 'score'
  AND {mine:p} AND {stands:p}
GROUP BY 1, 2
"""
# Reversed by others: taken back by somebody else, or decided the other way by somebody else on the same version, which
# is also how an appeal is granted.
_BY_PERSON = """
SELECT actor_id, count(*) FILTER (WHERE action = 'approve'), count(*) FILTER (WHERE action = 'reject'),
  count(*) FILTER (WHERE ({taken_back_by:d}) <> d.actor_id OR EXISTS (
    SELECT 1 FROM moderation_decision l WHERE l.comment_id = d.comment_id AND l.revision = d.revision AND l.id > d.id
    AND l.actor = 'person' AND l.actor_id <> d.actor_id AND l.action IN ('approve', 'reject') AND l.action <> d.action
    AND ({taken_back_by:l}) IS NULL AND ({taken_back_by:d}) IS NULL)),
  count(DISTINCT comment_id) FILTER (WHERE {hateful:d}),
  count(DISTINCT comment_id) FILTER (WHERE ({hateful:d}) AND created_at >= %(today)s)
FROM moderation_decision d WHERE actor = 'person' AND action IN ('approve', 'reject') AND created_at >= %(first)s
  AND {by_itself:d} AND {mine:d} AND (%(person)s::bigint IS NULL OR actor_id = %(person)s)
GROUP BY 1 ORDER BY 2 DESC, 1
"""
# Two different people who decided on the same version, one after the other: did the second one agree? What its maker
# took back was a slip. Whoever says on appeal that a refusal stands agrees with it, and writes no decision.
_PAIRS = """
SELECT a.action, b.action, count(*) FROM moderation_decision b JOIN LATERAL (
  SELECT action, actor_id FROM moderation_decision a WHERE a.comment_id = b.comment_id AND a.revision = b.revision
  AND a.actor = 'person' AND a.action IN ('approve', 'reject') AND a.id < b.id
  AND ({taken_back_by:a}) IS DISTINCT FROM a.actor_id AND {by_itself:a}
  ORDER BY a.id DESC LIMIT 1) a ON true
WHERE b.actor = 'person' AND b.action IN ('approve', 'reject') AND b.created_at >= %(first)s
  AND a.actor_id <> b.actor_id AND ({taken_back_by:b}) IS DISTINCT FROM b.actor_id AND {by_itself:b} AND {mine:b}
GROUP BY 1, 2
UNION ALL
SELECT 'reject', 'reject', count(*) FROM moderation_appeal q JOIN moderation_decision a ON a.id = q.decision_id
WHERE q.outcome = 'upheld' AND q.closed_at >= %(first)s AND a.actor = 'person' AND {by_itself:a} AND {mine:a}
"""
_HATEFUL_TODAY = """
SELECT count(DISTINCT comment_id) FROM moderation_decision d
WHERE actor = 'person' AND action IN ('approve', 'reject') AND actor_id = %(person)s AND created_at >= %(today)s
  AND {by_itself:d} AND ({hateful:d})
"""
_APPEALS = """
SELECT count(*), count(*) FILTER (WHERE outcome = 'overturned'), count(*) FILTER (WHERE closed_at IS NULL)
FROM moderation_appeal a JOIN discussions_comment c ON c.id = a.comment_id
WHERE a.created_at >= %(first)s AND {mine:c}
"""
_WAITING = "SELECT min(entered_at), count(*) FROM moderation_queueitem q WHERE {mine:q}"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: one period, the articles of these sections; none means all of them."""

    period: Period
    section_ids: Sequence[int] = ()


class Step(NamedTuple):
    """One step of a period: what came in, and what policy made of what it judged then."""

    at: datetime
    posted: int
    published: int
    held: int
    refused: int


class Wait(NamedTuple):
    """Seconds from held to decided: what half of the comments, and 19 of 20, waited at most."""

    median: float
    most: float


class PersonsWork(NamedTuple):
    """What one person decided; the hateful comments among it are counted once each."""

    person: int  # the user's id
    approved: int
    refused: int
    reversed_by_others: int
    hateful: int
    hateful_today: int


def per_step(scope: Scope) -> list[Step]:
    """Every step of the period, the empty ones too."""
    return [Step(*row) for row in _rows(_PER_STEP, scope)]


def wait(scope: Scope) -> Wait | None:
    """Of the whole period; None where nobody waited."""
    [(waits,)] = _rows(_WAITS, scope)
    return Wait(*waits) if waits else None


def waits_per_step(scope: Scope) -> list[tuple[datetime, Wait | None]]:
    """By when it was decided."""
    return [(at, Wait(*waits) if waits else None) for at, waits in _rows(_WAITS_PER_STEP, scope)]


def refusals_by_reason(scope: Scope) -> list[tuple[str, str, int]]:
    """(reason code, actor, count) of the refusals that stand."""
    return _rows(_BY_REASON, scope)


def decisions_by_label(scope: Scope) -> list[tuple[str, str, int]]:
    """(label, action, count) of people's decisions that stand on what that label held."""
    return _rows(_BY_LABEL, scope)


def by_person(scope: Scope, person: int | None = None) -> list[PersonsWork]:
    """One line for each person, or for this user's id alone; whoever approved most comes first."""
    rows = _rows(_BY_PERSON, scope, person=person, today=scope.period.today)
    return [PersonsWork(*row) for row in rows]


def pairs(scope: Scope) -> list[tuple[str, str, int]]:
    """(first action, second action, count) of two people's decisions on the same version."""
    return _rows(_PAIRS, scope)


def appeals(scope: Scope) -> tuple[int, int, int]:
    """(filed, overturned, still open)"""
    [(filed, overturned, still_open)] = _rows(_APPEALS, scope)
    return filed, overturned, still_open


def waiting(scope: Scope) -> tuple[datetime | None, int]:
    """(when the oldest came, count) of what is on the queue now."""
    [(oldest, n)] = _rows(_WAITING, scope)
    return oldest, n


def hateful_by(person: int, since: datetime) -> int:
    """How many hateful comments this person has decided on, each counted once."""
    [(n,)] = _fetched(_HATEFUL_TODAY, {"person": person, "today": since})
    return int(n)


def _rows(sql: str, scope: Scope, **more: Any) -> list[Any]:
    period = scope.period
    times = {"first": period.first, "last": period.last, "step": period.step}
    return _fetched(sql, times | {"sections": list(scope.section_ids) or None} | more)


def _fetched(sql: str, values: dict[str, Any]) -> list[Any]:
    with planned_anew(), connection.cursor() as cursor:
        cursor.execute(_whole(sql), values)
        found: list[Any] = cursor.fetchall()
    return found


def _whole(sql: str) -> str:
    """With its parts put in: `{stands:d}` and its like are a condition on the row of that alias."""
    sql = sql.replace("{steps}", _STEPS).replace("{waited}", _WAITED)
    # A later one may stand within an earlier one.
    conditions = {"stands": _STANDS, "taken_back_by": _TAKEN_BACK_BY, "by_itself": _BY_ITSELF, "hateful": _HATEFUL,
                  "mine": _MINE}  # fmt: skip
    for name, condition in conditions.items():
        for alias in "abcdlpq":
            sql = sql.replace(f"{{{name}:{alias}}}", condition.replace("{0}", alias))
    return sql
