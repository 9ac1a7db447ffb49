"""The desk under load: `make bench-desk` (a smaller run: `… -m tests.benchmarks.bench_desk --comments 200000`).

Starts its own PostgreSQL and Redis-protocol server, fills the discussion with generated comments (a tenth of them held,
2 % refused), and measures what a moderator waits for, first with 10,000 comments, then with all of them:

  queue page   GET /desk/ with its first card, through all middleware and templates: ms
  next page    the queue's list from its middle on
  card         one card as the script fetches it
  decision     POST approve or refuse, alternating, with everything it writes
  by label     the held queue and all comments narrowed to a label: one that is everywhere, a rare one, one nobody has
  numbers      the Insight page, a week and a year
  search       newest first, a named mix: a common word, two common ones, a phrase, a rare word, one nobody wrote
  live         what the desk asks every four seconds, with 40 rows on the screen

In the process, one request after the other, through Django's test client, as a senior moderator: no network, no second
core. The ratio says how much of the time is the size of the discussion.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from config.local import services

SEARCHES = {
    "common": "stop",
    "two common": "market gate",
    "phrase": '"at the market"',
    "rare": "zanzibar",
    "nowhere": "xylophone",
}
LABELS = {"everywhere": "toxicity", "rare": "threat", "nowhere": "obscene"}
LIMITS = {"queue page": 60.0, "decision": 25.0, "search": 150.0}  # ms at the 95th percentile
MOST_RATIO = 1.5

_FILL = """
INSERT INTO discussions_comment (id, article_id, parent_id, depth, path, reader_id, state, revision, shown_revision,
                                 version, shown, replies, upvotes, best, refused_by_person, created_at)
SELECT b + i, a, NULL, 0, '{}', r + i %% 500,
       CASE WHEN i %% 10 = 0 THEN 'held' WHEN i %% 50 = 1 THEN 'rejected' ELSE 'published' END, 1,
       CASE WHEN i %% 10 = 0 OR i %% 50 = 1 THEN NULL ELSE 1 END, 2, NOT (i %% 10 = 0 OR i %% 50 = 1), 0, 0, 0, false,
       now() - (n - i) * interval '7 second'
  FROM (SELECT %(b)s::bigint b, %(a)s::bigint a, %(r)s::bigint r, %(n)s::int n) v, generate_series(1, %(n)s) i
"""
_WORDS = """
INSERT INTO discussions_revision (comment_id, number, text, html, sha256, created_at)
SELECT id, 1, t, '<p>' || t || '</p>', md5(t), created_at FROM (
  SELECT id, created_at,
         'Remark ' || id || '. ' || repeat('A stop at the market would serve more people than the gate. ',
           (1 + id %% 4)::int) || CASE WHEN id %% 9973 = 0 THEN 'Like in Zanzibar.' ELSE 'So say ' || id %% 7919 END t
    FROM discussions_comment WHERE id > %(b)s) words
"""
_SCORES = """
INSERT INTO moderation_score (comment_id, revision, labels, plain, windows, checkpoint, weights, backend,
                              engine_version, language, language_known, milliseconds, spans)
SELECT id, 1, l, l, 1, 'compact', repeat('f', 64), 'onnx-int8', '1', 'en', true, 4, '[]' FROM (
  SELECT id, jsonb_build_object('toxicity', p, 'severe_toxicity', p / 9, 'obscene', p / 5, 'threat', p / 9,
                                'insult', p / 2, 'identity_attack', p / 9) l FROM (
    SELECT id, CASE state WHEN 'held' THEN 0.6 + id * 104729 %% 300 / 1000.0 WHEN 'rejected' THEN 0.98
               ELSE id * 104729 %% 400 / 1000.0 END p FROM discussions_comment WHERE id > %(b)s) x) y
"""
_DECISIONS = """
INSERT INTO moderation_decision (comment_id, article_id, reader_id, revision, text_sha256, actor, actor_name, action,
  from_state, to_state, policy_version, checkpoint, weights, scores, reasons, reason_code, reason_words, effects,
  created_at)
SELECT c.id, c.article_id, c.reader_id, 1, repeat('0', 64), 'machine', '',
  CASE c.state WHEN 'held' THEN 'hold' WHEN 'rejected' THEN 'reject' ELSE 'publish' END, 'pending', c.state, 1,
  'compact', repeat('f', 64), s.labels,
  jsonb_build_array(jsonb_build_object('rule', 'score', 'label',
    CASE WHEN c.id %% 9970 = 0 THEN 'threat' ELSE 'toxicity' END, 'value', s.labels->'toxicity',
    'threshold', 0.6,
    'outcome', CASE c.state WHEN 'published' THEN 'publish' WHEN 'held' THEN 'hold' ELSE 'reject' END)),
  CASE c.state WHEN 'rejected' THEN 'insult' ELSE '' END, '', '{}', c.created_at
FROM discussions_comment c JOIN moderation_score s ON s.comment_id = c.id WHERE c.id > %(b)s
"""
_PEOPLE = """
INSERT INTO moderation_decision (comment_id, article_id, reader_id, revision, text_sha256, actor, actor_id, actor_name,
  action, from_state, to_state, version_seen, policy_version, checkpoint, weights, scores, reasons, reason_code,
  reason_words, effects, created_at)
SELECT c.id, c.article_id, c.reader_id, 1, repeat('0', 64), 'person', u.id, u.email, 'reject', 'held', 'rejected', 2, 1,
  'compact', repeat('f', 64), s.labels, '[]', 'insult', '', '{}', c.created_at + interval '5 minute'
FROM discussions_comment c JOIN moderation_score s ON s.comment_id = c.id, discussions_user u
WHERE c.id > %(b)s AND c.state = 'rejected'
"""
_QUEUE = """
INSERT INTO moderation_queueitem (comment_id, kind, article_id, harm, why, rank, entered_at)
SELECT c.id, 'held', c.article_id, h, jsonb_build_object('probability', h, 'reach', 1, 'reports', 0),
  ln(h) - extract(epoch FROM c.created_at) / 21600, c.created_at
FROM discussions_comment c JOIN LATERAL (SELECT 0.6 + c.id * 104729 %% 300 / 1000.0 h) x ON true
WHERE c.id > %(b)s AND c.state = 'held'
"""


def fill(n: int) -> None:
    """Add `n` comments under one more article, with everything the pipeline would have written."""
    from django.db import connection

    from discussions.models import Article, Reader

    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM discussions_comment")
        base = cursor.fetchone()[0]
    article = Article.objects.create(title=f"{n} comments", slug=f"bench-{base}", comment_count=n)
    guests = [Reader(kind="guest", name=f"Guest {base} {i}", name_key=f"guest{base}x{i}") for i in range(500)]
    readers = Reader.objects.bulk_create(guests)
    values = {"a": article.pk, "b": base, "r": readers[0].pk, "n": n}
    with connection.cursor() as cursor:
        for sql in (_FILL, _WORDS, _SCORES, _DECISIONS, _PEOPLE, _QUEUE):
            cursor.execute(sql, values)
        cursor.execute("SELECT setval(pg_get_serial_sequence('discussions_comment', 'id'), %s)", [base + n])
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")  # or what is measured first shares the disk with what was just filled in


def times(ask: Callable[[int], object], rounds: int) -> list[float]:
    """Milliseconds of each of `rounds` calls, after three that do not count."""
    for n in range(3):
        ask(-1 - n)
    found = []
    for n in range(rounds):
        begun = time.perf_counter()
        ask(n)
        found.append(1000 * (time.perf_counter() - begun))
    return found


def measures(rounds: int) -> Iterator[tuple[str, list[float]]]:
    """(what, milliseconds), one after the other."""
    from django.test import Client

    from discussions.models import User
    from moderation.models import QueueItem

    client = Client()
    client.force_login(User.objects.get(email="bench@example.org"))
    script = {"HTTP_HX_REQUEST": "true"}

    def ok(response: object, status: int = 200) -> None:
        assert response.status_code == status, response.status_code  # type: ignore[attr-defined]

    held = list(QueueItem.objects.order_by("-rank", "id").values_list("comment_id", "rank", "id"))
    middle = f"{held[len(held) // 2][1]!r}_{held[len(held) // 2][2]}"
    yield "queue page", times(lambda _n: ok(client.get("/desk/")), rounds)
    yield "next page", times(lambda _n: ok(client.get("/desk/queue/held/", {"after": middle}, **script)), rounds)
    yield "card", times(lambda n: ok(client.get(f"/desk/comments/{held[n + 10][0]}/", **script)), rounds)
    ids = ",".join(f"{row[0]}:2" for row in held[50:90])
    yield "live", times(lambda _n: ok(client.get("/desk/live/", {"ids": ids})), rounds)
    for name in ("new", "rejected", "all"):
        yield f"{name} queue", times(lambda _n, name=name: ok(client.get(f"/desk/queue/{name}/")), rounds)  # type: ignore[misc]
    for name in ("held", "all"):
        for which, label in LABELS.items():
            address, narrowed = f"/desk/queue/{name}/", {"label": label}
            found = times(lambda _n, a=address, q=narrowed: ok(client.get(a, q, **script)), rounds // 4)  # type: ignore[misc]
            yield f"{name} by label, {which}", found
    for period in ("week", "year"):
        yield f"numbers, {period}", times(lambda _n, p=period: ok(client.get("/desk/insight/", {"period": p})), 3)  # type: ignore[misc]
    searches: list[float] = []
    for name, words in SEARCHES.items():
        found = times(
            lambda _n, words=words: ok(client.get("/desk/queue/all/", {"words": words}, **script)), rounds // 2
        )  # type: ignore[misc]
        yield f"search, {name}", found
        searches += found
    yield "search", searches
    actions = [{"action": "approve"}, {"action": "reject", "reason": "insult"}]

    def decide(n: int) -> None:
        data = actions[n % 2] | {"version": "2"}
        ok(client.post(f"/desk/comments/{held[n + 200][0]}/decide/", data, **script))

    yield "decision", times(decide, rounds)


def p95(found: list[float]) -> float:
    return statistics.quantiles(found, n=20)[18] if len(found) > 1 else found[0]


def report(small: dict[str, list[float]], large: dict[str, list[float]], sizes: tuple[int, int]) -> bool:
    """Print the table; whether every limit is kept."""
    print(f"\n{'ms, median / 95th percentile':32} {sizes[0]:>16,} {sizes[1]:>18,}   ratio of medians")
    kept = True
    for name, found in large.items():
        few, many = statistics.median(small[name]), statistics.median(found)
        line = f"{name:32} {few:7.1f} / {p95(small[name]):6.1f} {many:9.1f} / {p95(found):6.1f}   {many / few:.2f}"
        if name in LIMITS:
            fine = p95(found) <= LIMITS[name]
            line += f"   {'≤' if fine else '>'} {LIMITS[name]:.0f} ms"
            kept &= fine and many / few <= MOST_RATIO
        print(line)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comments", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder, services(Path(folder)) as found:
        os.environ |= {name.upper(): value for name, value in found.items()}
        os.environ |= {"PARLEY_STATE_DIR": folder, "STAFF_NEED_SECOND_FACTOR": "0", "LOG_LEVEL": "ERROR"}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "ALLOWED_HOSTS": "testserver"}
        import django

        django.setup()
        from django.core.management import call_command

        from discussions.models import User
        from moderation import tallies
        from moderation.models import Staff

        call_command("migrate", verbosity=0)
        who = User.objects.create_user("bench@example.org", "a long password for the bench")
        Staff.objects.create(user=who, role=Staff.Role.SENIOR)
        results = []
        for n in (10_000, given.comments - 10_000):
            begun = time.monotonic()
            fill(n)
            print(f"{n:,} comments filled in, {time.monotonic() - begun:.0f} s", file=sys.stderr)
            results.append(dict(measures(given.rounds)))
        kept = report(results[0], results[1], (10_000, given.comments))
        wrong = tallies.differences()
        print("Every count is true." if not wrong else f"Wrong counts: {wrong}")
        return 0 if kept and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
