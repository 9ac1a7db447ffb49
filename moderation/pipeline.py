"""Read this first: how a waiting revision gets its score, its verdict and its place.

    claim    take due outbox rows under a lease: many fresh ones at once, one at a time what failed before
    score    outside any transaction, in micro-batches of similar length
    settle   one transaction per micro-batch: scores, verdicts, queue, record; then the outbox rows go
    give up  after the fifth attempt a person gets it; a text that kills workers is never published

A worker may die anywhere in between. Before `settle` commits nothing has happened, and the lease brings the rows back;
after it the rows are gone. A late writer finds its token replaced and changes nothing. A worker that only lost the
database lets its rows go when it comes back, so that nobody waits for the lease.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from prometheus_client import Counter, Histogram

from discussions import states
from discussions.models import Comment, OutboxEntry, Revision, State
from moderation import alike, decisions, policy, scoring, signals
from moderation.models import Policy, Score, Worker

log = structlog.get_logger(__name__)

scored_total = Counter("parley_scored_total", "Revisions scored.")
gave_up_total = Counter("parley_gave_up_total", "Revisions handed to a person because scoring failed.")
batch_seconds = Histogram("parley_batch_seconds", "Seconds for scoring and settling one micro-batch.")

_MICRO_BATCH_CHARS = 6000  # longest text × number of texts: keeps a transaction, and what a crash repeats, small

FAILED_FIRST = 16
"""One claim of so many looks for what failed before first."""

_CLAIM = """
WITH due AS (
    SELECT id FROM discussions_outboxentry
    WHERE available_at <= statement_timestamp() AND {attempts}
      AND (%(only)s::bigint[] IS NULL OR comment_id = ANY(%(only)s))
    ORDER BY available_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE discussions_outboxentry o
   SET available_at = statement_timestamp() + %(lease)s * interval '1 second',
       attempts = attempts + 1, token = %(token)s
  FROM due WHERE o.id = due.id
RETURNING o.id, o.comment_id, o.revision, o.chars, o.attempts
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One outbox row under lease."""

    id: int
    comment_id: int
    revision: int
    chars: int
    attempts: int


def run(*, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Score everything that is due. Returns how many revisions were dealt with; any number may run at once."""
    info = engine()
    report(info)
    let_go()
    done = 0
    while not should_stop():
        token = uuid4()
        claimed = claim(token)
        if not claimed:
            break
        batches = list(micro_batches(claimed))
        for place, batch in enumerate(batches):
            if should_stop():
                give_back(batch, token)
                continue
            try:
                done += _work(batch, token)
            except OperationalError:
                _cut_off.append(([entry.id for rest in batches[place:] for entry in rest], token))
                raise
        report(info, scored=len(claimed))
    return done


def run_these(comment_ids: Sequence[int]) -> int:
    """Score these comments' fresh revisions here and now, in a process that is no worker. Returns how many."""
    token = uuid4()
    return sum(_work(batch, token) for batch in micro_batches(claim(token, only=comment_ids)))


@cache
def engine() -> scoring.Scores:
    """Load the model once in this process. The scores of the first text name checkpoint, weights and backend."""
    return scoring.warm_up()


def claim(token: UUID, *, only: Sequence[int] | None = None) -> list[Claimed]:
    """Take what is due under this token: fresh rows together, a row that failed before alone.

    What failed before comes when nothing fresh is due, and once in a while all the same: under a lasting backlog it
    would never be tried again. With `only`, no other comments than these.
    """
    chosen = None if only is None else list(only)
    lease = settings.SCORING_LEASE_SECONDS
    with connection.cursor() as cursor:
        turns = [("attempts = 0", settings.SCORING_BATCH), ("attempts > 0", 1)]
        for attempts, limit in turns if token.int % FAILED_FIRST else turns[::-1]:
            cursor.execute(
                _CLAIM.format(attempts=attempts), {"limit": limit, "lease": lease, "token": token, "only": chosen}
            )
            rows = cursor.fetchall()
            if rows:
                return [Claimed(*row) for row in rows]
    return []


def micro_batches(claimed: Sequence[Claimed]) -> Iterator[list[Claimed]]:
    """Cut into batches of similar length, so that little is computed on padding."""
    batch: list[Claimed] = []
    for entry in sorted(claimed, key=lambda c: c.chars):
        if batch and entry.chars * (len(batch) + 1) > _MICRO_BATCH_CHARS:
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch


def give_back(batch: Sequence[Claimed], token: UUID) -> None:
    """Return rows unworked, as if never claimed: a worker that is told to stop leaves no lease to wait for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE discussions_outboxentry SET available_at = statement_timestamp(), attempts = attempts - 1,"
            " token = CASE WHEN attempts > 1 THEN token END WHERE id = ANY(%s) AND token = %s",
            [[entry.id for entry in batch], token],
        )


_cut_off: list[tuple[list[int], UUID]] = []
"""Outbox rows (and the token they were claimed under) that this process could not settle for want of the database."""


def let_go() -> None:
    """Make due at once what this process was cut off from. The attempt counts: the text might be to blame after all."""
    while _cut_off:
        ids, token = _cut_off[-1]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE discussions_outboxentry SET available_at = statement_timestamp()"
                " WHERE id = ANY(%s) AND token = %s",
                [ids, token],
            )
        _cut_off.pop()


@batch_seconds.time()
def _work(batch: Sequence[Claimed], token: UUID) -> int:
    """Score and settle one micro-batch. A failure leaves the rows to their lease, until they had their chances."""
    spent = [entry for entry in batch if entry.attempts > settings.SCORING_MAX_ATTEMPTS]
    if spent:
        return settle(spent, token, [None] * len(spent))
    texts = _texts(batch)
    parents = _parents(batch)
    try:
        scores = scoring.score(
            [texts.get((e.comment_id, e.revision), "") for e in batch],
            parents=parents,
            thresholds=policy.turning_points(Policy.objects.in_force().rules),
        )
    except Exception as error:  # whatever a text does to the engine, its neighbours must go on
        log.exception("scoring_failed", comments=[e.comment_id for e in batch], error=str(error))
        return 0
    for attempt in range(3):
        try:
            return settle(batch, token, scores)
        except OperationalError:
            if attempt == 2:
                raise
            connection.close_if_unusable_or_obsolete()
    return 0


def _texts(batch: Sequence[Claimed]) -> dict[tuple[int, int], str]:
    """(comment, revision) → words."""
    wanted = {(e.comment_id, e.revision) for e in batch}
    rows = Revision.objects.filter(comment_id__in=[e.comment_id for e in batch]).values_list(
        "comment_id", "number", "text"
    )
    return {(c, n): text for c, n, text in rows if (c, n) in wanted}


def _parents(batch: Sequence[Claimed]) -> list[str]:
    """The words each comment answers, "" where it answers none: quotes of them, and of nothing else, are discounted."""
    parent_of = dict(Comment.objects.filter(pk__in=[e.comment_id for e in batch]).values_list("pk", "parent_id"))
    rows = Revision.objects.filter(
        comment_id__in=[p for p in parent_of.values() if p], comment__shown_revision__isnull=False
    ).values_list("comment_id", "number", "comment__shown_revision", "text")
    words = {comment_id: text for comment_id, number, shown, text in rows if number == shown}
    return [words.get(parent_of.get(e.comment_id) or 0, "") for e in batch]


@transaction.atomic
def settle(batch: Sequence[Claimed], token: UUID, scores: Sequence[scoring.Scores | None]) -> int:
    """Write scores and carry out verdicts for the rows that still carry our token. Returns how many did.

    A score of None means that scoring has failed for good: a person decides.
    """
    states.lock_threads(
        Comment.objects.filter(pk__in=[e.comment_id for e in batch]).order_by().values_list("article_id", flat=True)
    )
    ours = set(
        OutboxEntry.objects.filter(pk__in=[e.id for e in batch], token=token)
        .select_for_update()
        .values_list("pk", flat=True)
    )
    in_force = Policy.objects.in_force()
    comments = Comment.objects.select_related("article", "reader").in_bulk([e.comment_id for e in batch])
    texts = _texts(batch)
    for entry, result in zip(batch, scores, strict=True):
        comment = comments.get(entry.comment_id)
        if entry.id in ours and comment is not None:
            _settle_one(comment, entry, texts.get((entry.comment_id, entry.revision), ""), result, in_force)
    OutboxEntry.objects.filter(pk__in=ours).delete()
    return len(ours)


def _settle_one(comment: Comment, entry: Claimed, text: str, result: scoring.Scores | None, in_force: Policy) -> None:
    score = _save_score(entry, result) if result else None
    if comment.revision != entry.revision or comment.state != State.PENDING:
        return
    alike.keep(comment, text)
    known = signals.collect(comment, text, in_force.rules, scores=result)
    verdict = policy.decide(policy.told_by(score.labels) if score else None, known, in_force.rules)
    if score is None:
        gave_up_total.inc()
        # A text that killed its workers goes to a person whatever the rules for unscored comments say.
        failed = {"rule": "unscorable", "value": entry.attempts, "outcome": "hold"}
        verdict = policy.Verdict("hold", [failed, *(r for r in verdict.reasons if r["rule"] != "unscored")])
    decisions.by_policy(comment, verdict, score=score, policy=in_force, sha256=Revision.hash_of(text))


def _save_score(entry: Claimed, result: scoring.Scores) -> Score:
    """Insert the score unless this revision has one by these weights already; return the one that stands."""
    Score.objects.bulk_create(
        [
            Score(
                comment_id=entry.comment_id,
                revision=entry.revision,
                labels=result.labels,
                plain=result.plain,
                folded=result.folded,
                windows=result.windows,
                checkpoint=result.checkpoint,
                weights=result.weights,
                backend=result.backend,
                engine_version=result.engine_version,
                language=result.foreign or result.language,
                language_known=result.language_known,
                milliseconds=result.milliseconds,
            )
        ],
        ignore_conflicts=True,
    )
    scored_total.inc()
    return Score.objects.get(comment_id=entry.comment_id, revision=entry.revision, weights=result.weights)


def report(info: scoring.Scores, *, scored: int = 0) -> None:
    """Say that this process is there with its model loaded (what /healthz looks at)."""
    name = f"{platform.node()}:{os.getpid()}"
    worker, _new = Worker.objects.get_or_create(
        name=name, defaults={"checkpoint": info.checkpoint, "weights": info.weights, "backend": info.backend}
    )
    Worker.objects.filter(pk=worker.pk).update(
        seen_at=timezone.now(), scored=worker.scored + scored, checkpoint=info.checkpoint, weights=info.weights
    )
