"""Numbers about the work: what came in, what policy took off people's hands, how long people took, how they agree.

Everything is counted from the comments and the append-only record, so that no number can say what the record does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from moderation import colleagues, lines, reasons
from moderation.models import Decision

PERIODS: dict[str, tuple[int, str, Promise]] = {
    # key → (how many, of what, title)
    "day": (24, "hour", gettext_lazy("24 hours")),
    "week": (7, "day", gettext_lazy("7 days")),
    "month": (30, "day", gettext_lazy("30 days")),
    "year": (52, "week", gettext_lazy("52 weeks")),
}
PAUSE_AFTER = 40  # hateful comments decided on in one day, from which a pause is suggested, and at every 40 more

# Narrows what is counted to the articles of a person's sections; none given: all.
_MINE = """(%(sections)s::bigint[] IS NULL
  OR {}article_id IN (SELECT id FROM discussions_article WHERE section_id = ANY(%(sections)s::bigint[])))"""
_PER_BUCKET = """
WITH buckets AS (SELECT generate_series(%(first)s::timestamptz, %(last)s::timestamptz, %(step)s::interval) AS at),
posted AS (SELECT date_bin(%(step)s::interval, created_at, %(first)s::timestamptz) AS at, count(*) AS n
  FROM discussions_comment c WHERE created_at >= %(first)s AND {mine:c} GROUP BY 1),
decided AS (SELECT date_bin(%(step)s::interval, created_at, %(first)s::timestamptz) AS at,
    count(*) FILTER (WHERE actor = 'machine' AND action = 'publish' AND from_state <> 'held') AS published,
    count(*) FILTER (WHERE actor = 'machine' AND action = 'hold' AND from_state <> 'held') AS held,
    count(*) FILTER (WHERE actor = 'machine' AND action = 'reject' AND from_state <> 'held') AS refused,
    count(*) FILTER (WHERE actor = 'person' AND action = 'approve') AS approved,
    count(*) FILTER (WHERE actor = 'person' AND action = 'reject') AS rejected,
    count(*) FILTER (WHERE action = 'undo') AS undone
  FROM moderation_decision WHERE created_at >= %(first)s AND {mine} GROUP BY 1)
SELECT at, coalesce(n, 0), coalesce(published, 0), coalesce(held, 0), coalesce(refused, 0), coalesce(approved, 0),
  coalesce(rejected, 0), coalesce(undone, 0)
FROM buckets LEFT JOIN posted USING (at) LEFT JOIN decided USING (at) ORDER BY at
"""
# From the moment policy held a revision to the first person's decision on it.
_WAITS = """
SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM p.created_at - h.created_at))
FROM moderation_decision p JOIN LATERAL (
  SELECT id, created_at FROM moderation_decision h
  WHERE h.comment_id = p.comment_id AND h.revision = p.revision AND h.action = 'hold' AND h.from_state <> 'held'
    AND h.id < p.id
  ORDER BY h.id DESC LIMIT 1) h ON true
WHERE p.actor = 'person' AND p.action IN ('approve', 'reject') AND p.created_at >= %(since)s AND {mine:p}
  AND NOT EXISTS (SELECT 1 FROM moderation_decision e WHERE e.comment_id = p.comment_id AND e.revision = p.revision
    AND e.actor = 'person' AND e.action IN ('approve', 'reject') AND e.id > h.id AND e.id < p.id)
"""
_WAITS_PER_BUCKET = """
WITH buckets AS (SELECT generate_series(%(first)s::timestamptz, %(last)s::timestamptz, %(step)s::interval) AS at),
waits AS (
  SELECT p.created_at, extract(epoch FROM p.created_at - h.created_at) / 60 AS minutes
  FROM moderation_decision p JOIN LATERAL (
    SELECT id, created_at FROM moderation_decision h
    WHERE h.comment_id = p.comment_id AND h.revision = p.revision AND h.action = 'hold' AND h.from_state <> 'held'
      AND h.id < p.id
    ORDER BY h.id DESC LIMIT 1) h ON true
  WHERE p.actor = 'person' AND p.action IN ('approve', 'reject') AND p.created_at >= %(since)s AND {mine:p}
    AND NOT EXISTS (SELECT 1 FROM moderation_decision e WHERE e.comment_id = p.comment_id AND e.revision = p.revision
      AND e.actor = 'person' AND e.action IN ('approve', 'reject') AND e.id > h.id AND e.id < p.id))
SELECT at, percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY minutes)
FROM buckets LEFT JOIN waits w ON w.created_at >= at AND w.created_at < at + %(step)s::interval
GROUP BY at ORDER BY at
"""
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
_BY_REASON = """
SELECT reason_code, actor, count(*) FROM moderation_decision d
WHERE action = 'reject' AND created_at >= %(since)s AND {mine:d} AND {stands:d}
GROUP BY 1, 2
"""
_BY_LABEL = """
SELECT r->>'label', p.action, count(*)
FROM moderation_decision p JOIN LATERAL (
  SELECT reasons FROM moderation_decision h WHERE h.comment_id = p.comment_id AND h.revision = p.revision
  AND h.action = 'hold' AND h.id < p.id ORDER BY h.id DESC LIMIT 1) h ON true,
  jsonb_array_elements(h.reasons) r
WHERE p.actor = 'person' AND p.action IN ('approve', 'reject') AND p.created_at >= %(since)s AND r->>'rule' = 'score'
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
  count(DISTINCT comment_id) FILTER (WHERE {hateful}),
  count(DISTINCT comment_id) FILTER (WHERE {hateful} AND created_at >= %(today)s)
FROM moderation_decision d WHERE actor = 'person' AND action IN ('approve', 'reject') AND created_at >= %(since)s
  AND {by_itself:d} AND {mine:d} AND (%(person)s::bigint IS NULL OR actor_id = %(person)s)
GROUP BY 1 ORDER BY 2 DESC, 1
"""
# Two different people who decided on the same version, one after the other: did the second one agree? What its maker
# took back was a slip. Whoever says on appeal that a refusal stands agrees with it, and writes no decision.
_AGREEMENT = """
SELECT a.action, b.action, count(*) FROM moderation_decision b JOIN LATERAL (
  SELECT action, actor_id FROM moderation_decision a WHERE a.comment_id = b.comment_id AND a.revision = b.revision
  AND a.actor = 'person' AND a.action IN ('approve', 'reject') AND a.id < b.id
  AND ({taken_back_by:a}) IS DISTINCT FROM a.actor_id AND {by_itself:a}
  ORDER BY a.id DESC LIMIT 1) a ON true
WHERE b.actor = 'person' AND b.action IN ('approve', 'reject') AND b.created_at >= %(since)s
  AND a.actor_id <> b.actor_id AND ({taken_back_by:b}) IS DISTINCT FROM b.actor_id AND {by_itself:b} AND {mine:b}
GROUP BY 1, 2
UNION ALL
SELECT 'reject', 'reject', count(*) FROM moderation_appeal q JOIN moderation_decision a ON a.id = q.decision_id
WHERE q.outcome = 'upheld' AND q.closed_at >= %(since)s AND a.actor = 'person' AND {by_itself:a} AND {mine:a}
"""
_EXPOSURE = """
SELECT count(DISTINCT comment_id) FROM moderation_decision d
WHERE actor = 'person' AND action IN ('approve', 'reject') AND actor_id = %(user)s AND created_at >= %(today)s
  AND {by_itself:d} AND {hateful}
"""
_APPEALS = """
SELECT count(*), count(*) FILTER (WHERE outcome = 'overturned'), count(*) FILTER (WHERE closed_at IS NULL)
FROM moderation_appeal a JOIN discussions_comment c ON c.id = a.comment_id
WHERE a.created_at >= %(since)s AND {mine:c}
"""
_OLDEST = "SELECT min(entered_at), count(*) FROM moderation_queueitem q WHERE {mine:q}"


@dataclass(slots=True)
class Series:
    """One chart's data: `rows` are tuples under `columns`; the first column names the row."""

    key: str
    title: str
    columns: Sequence[str]
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(value for row in self.rows for value in row[1:])


@dataclass(slots=True)
class Insight:
    """All of one period."""

    period: str
    volume: Series
    outcomes: Series
    waits: Series
    by_reason: Series
    by_label: Series
    people: Series
    headline: list[tuple[str, str, str]]  # (what, value, aside)


def of(period: str, *, section_ids: Sequence[int] = (), person: int | None = None) -> Insight:
    """Count one period of PERIODS, over the given sections; none means everything. With `person` (a user's id),
    `people` has their line alone.
    """
    number, unit, _title = PERIODS[period]
    now = timezone.localtime()
    last = _floor(now, unit)
    step = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}[unit]
    first = last - step * (number - 1)
    values = {"first": first, "last": last, "step": step, "since": first, "today": _floor(now, "day"),
              "sections": list(section_ids) or None, "person": person}  # fmt: skip
    buckets = _rows(_PER_BUCKET, values)
    return Insight(
        period=period,
        volume=Series(
            "volume",
            _("Comments posted"),
            [_("from"), _("posted")],
            [(_name(at, unit), posted) for at, posted, *_rest in buckets],
        ),
        outcomes=Series(
            "outcomes",
            _("What became of them first"),
            [_("from"), _("published by policy"), _("held for a person"), _("refused by policy")],
            [(_name(at, unit), p, h, r) for at, _n, p, h, r, *_rest in buckets],
        ),
        waits=_waits(values, unit),
        by_reason=_by_reason(values),
        by_label=_by_label(values),
        people=_people(values),
        headline=_headline(buckets, values),
    )


def _headline(buckets: list[tuple[Any, ...]], values: dict[str, Any]) -> list[tuple[str, str, str]]:
    posted = sum(row[1] for row in buckets)
    by_policy = sum(row[2] + row[4] for row in buckets)
    judged = by_policy + sum(row[3] for row in buckets)
    [(waits,)] = _rows(_WAITS, values)
    [(appeals, overturned, open_appeals)] = _rows(_APPEALS, values)
    [(oldest, waiting)] = _rows(_OLDEST, values)
    share, kappa, pairs = agreement(_rows(_AGREEMENT, values))
    found = [
        (_("posted"), f"{posted:,}", ""),
        (_("settled by policy"), _percent(by_policy, judged), _("of what was judged")),
        (_("median wait for a person"), duration(waits[0] if waits else None), ""),
        (_("19 of 20 waited less than"), duration(waits[1] if waits else None), ""),
        (_("waiting now"), f"{waiting:,}", _("oldest %(age)s") % {"age": duration(_age(oldest))} if waiting else ""),
        (_("appeals granted"), _percent(overturned, appeals - open_appeals), _("%(n)d asked") % {"n": appeals}),
    ]
    if pairs:
        aside = ngettext("κ %(kappa)s, %(n)d pair", "κ %(kappa)s, %(n)d pairs", pairs) % {"kappa": kappa, "n": pairs}
        found.append((_("two people agree"), share, aside))
    return found


def agreement(cells: list[tuple[Any, ...]]) -> tuple[str, str, int]:
    """(share that agrees, Cohen's kappa, pairs) from (first action, second action, count).

    Kappa is (observed − expected) / (1 − expected), with the expected agreement from both people's own shares
    (Cohen 1960); "–" where it is not defined.
    """
    table: dict[tuple[str, str], int] = {}
    for first, second, n in cells:
        table[first, second] = table.get((first, second), 0) + n
    pairs = sum(table.values())
    if not pairs:
        return "–", "–", 0
    kinds = ("approve", "reject")
    observed = sum(table.get((k, k), 0) for k in kinds) / pairs
    expected = sum(
        sum(table.get((k, other), 0) for other in kinds) * sum(table.get((other, k), 0) for other in kinds)
        for k in kinds
    ) / (pairs * pairs)
    kappa = f"{(observed - expected) / (1 - expected):.2f}" if expected < 1 else "–"
    return f"{100 * observed:.0f} %", kappa, pairs


def _waits(values: dict[str, Any], unit: str) -> Series:
    """Minutes from held to decided, by when it was decided; the columns add up to what 19 of 20 waited at most."""
    columns = [_("from"), _("minutes half waited at most"), _("further minutes until 19 of 20")]
    rows = []
    for at, waits in _rows(_WAITS_PER_BUCKET, values):
        median, most = (_minutes(each or 0) for each in waits or (0, 0))
        rows.append((_name(at, unit), median, round(most - median, 1)))
    return Series("waits", _("How long held comments waited"), columns, rows)


def _minutes(exact: float) -> float:
    """Whole ones, below ten with a tenth; what is more than nothing stays so."""
    if exact >= 10:
        return round(exact)
    return max(0.1, round(exact, 1)) if exact >= 0.001 else 0


def _by_reason(values: dict[str, Any]) -> Series:
    counted: dict[str, list[int]] = {}
    for code, actor, n in _rows(_BY_REASON, values):
        counted.setdefault(code, [0, 0])[0 if actor == "person" else 1] += n
    rows = [(_reason(code), *pair) for code, pair in sorted(counted.items(), key=lambda item: -sum(item[1]))]
    return Series("reasons", _("Refusals that stand, by reason"), [_("reason"), _("by people"), _("by policy")], rows)


def _reason(code: str) -> str:
    if code == "sanctioned":  # policy's own reason, which no key stands for
        return str(reasons.RULES["sanction"])
    return str(reasons.REFUSALS[code][1]) if code in reasons.REFUSALS else code or "–"


def _by_label(values: dict[str, Any]) -> Series:
    counted: dict[str, list[int]] = {}
    for label, action, n in _rows(_BY_LABEL, values):
        counted.setdefault(label, [0, 0])[0 if action == "approve" else 1] += n
    rows = [(str(reasons.LABELS.get(label, label)), *pair) for label, pair in sorted(counted.items())]
    title = _("What people did with what a label held")
    return Series("labels", title, [_("label"), _("approved"), _("refused")], rows)


def _people(values: dict[str, Any]) -> Series:
    limits = " OR ".join(f"(d.scores->>'{label}')::float >= {limit}" for label, limit in lines.HATEFUL.items())
    rows = _rows(_BY_PERSON.replace("{hateful}", f"({limits})"), values)
    columns = [_("person"), _("approved"), _("refused"), _("reversed by others"), _("hateful"), _("hateful today")]
    names = colleagues.names(pk for pk, *_rest in rows)
    return Series("people", _("Who decided"), columns, [(names[pk], *rest) for pk, *rest in rows])


def exposure_today(user_id: int) -> int:
    """How many hateful comments this person has decided on since midnight, each counted once."""
    limits = " OR ".join(f"(d.scores->>'{label}')::float >= {limit}" for label, limit in lines.HATEFUL.items())
    sql = _EXPOSURE.replace("{hateful}", f"({limits})")
    [(n,)] = _rows(sql, {"user": user_id, "today": _floor(timezone.localtime(), "day")})
    return int(n)


def pause_after(user_id: int, made: Iterable[Decision]) -> int:
    """How many hateful comments it is today, where these decisions bring it to the next PAUSE_AFTER; else 0."""
    hateful = {decision.comment_id for decision in made if lines.is_hateful(decision.scores)}
    if not hateful:
        return 0
    n = exposure_today(user_id)
    return n if n // PAUSE_AFTER > (n - len(hateful)) // PAUSE_AFTER else 0


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    sql = sql.replace("{mine}", _MINE.format(""))
    # `{stands:d}` and its like: a condition on the decision of that alias; the later may stand within the earlier.
    for name, condition in (("stands", _STANDS), ("taken_back_by", _TAKEN_BACK_BY), ("by_itself", _BY_ITSELF)):
        for alias in "abdlp":
            sql = sql.replace(f"{{{name}:{alias}}}", condition.replace("{0}", alias))
    for alias in "abcdpq":
        sql = sql.replace(f"{{mine:{alias}}}", _MINE.format(f"{alias}."))
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _floor(at: datetime, unit: str) -> datetime:
    at = at.replace(minute=0, second=0, microsecond=0)
    if unit == "hour":
        return at
    at = at.replace(hour=0)
    return at - timedelta(days=at.weekday()) if unit == "week" else at


def _name(at: datetime, unit: str) -> str:
    local = timezone.localtime(at)
    return f"{local:%H:%M}" if unit == "hour" else f"{local:%Y-%m-%d}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _age(since: datetime | None) -> float | None:
    return (timezone.now() - since).total_seconds() if since else None


def duration(seconds: float | None) -> str:
    """So long, in the largest fitting unit: "40 s", "12 min", "3.5 h", "2 d"; "–" where nothing was measured."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 129_600 else f"{seconds / 86400:.1f} d"
