"""A drawn thread into the database: COPY, table by table, in one transaction, every count right at its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F
from django.db.models.fields import NOT_PROVIDED
from django.utils import timezone

from discussions import names, states
from discussions.best import wilson
from discussions.models import Article, Comment, Notice, Reader, Revision, State, Vote
from discussions.states import Place
from moderation import queue
from moderation.models import Action, Decision, Policy, QueueItem, Score
from moderation.seeding import shape, verdicts, words

CHUNK = 10_000
READERS = 400
VARIETY = 300  # different sets of scores per state
CHECKPOINT = "seeded"  # says in every score and decision that no model was asked
WEIGHTS = hashlib.sha256(CHECKPOINT.encode()).hexdigest()
SPAN = timedelta(days=30)
ACTIONS = {State.PUBLISHED: Action.PUBLISH, State.HELD: Action.HOLD, State.REJECTED: Action.REJECT}

Rows = list[tuple[Any, ...]]


def thread(
    article: Article, n: int, kind: shape.States, *, seed: int, progress: Callable[[int], None] = lambda _done: None
) -> None:
    """Add `n` generated comments to an article, with scores, reasons, decisions, votes and queue places.

    `progress` is told how many are written. All or nothing: a thread cut short leaves no trace.
    """
    random = Random(seed)  # noqa: S311 - the same thread every time is the point
    drawn = shape.draw(n, kind, random)
    with transaction.atomic():
        seeded = _Thread(
            article=article,
            shape=drawn,
            ids=_reserve(Comment, n),
            decision_ids=_reserve(Decision, n),
            readers=_readers(),
            times=_times(article, n),
            policy=Policy.objects.in_force(),
            random=random,
        )
        states.lock_threads([article.pk])
        for start in range(0, n, CHUNK):
            seeded.write(start, min(start + CHUNK, n))
            progress(min(start + CHUNK, n))
        Article.objects.filter(pk=article.pk).update(
            comment_count=F("comment_count") + drawn.states.count(State.PUBLISHED),
            thread_version=F("thread_version") + 1,
        )
    with connection.cursor() as cursor:  # the planner should know of what has just come
        for model in (Comment, Revision, Vote, Score, Decision, QueueItem):
            cursor.execute(f"ANALYZE {model._meta.db_table}")


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One set of scores with what follows from it, as the JSON that many rows will hold."""

    labels: str
    reasons: str
    effects: str
    code: str
    highest: float

    @classmethod
    def of(cls, judged: verdicts.Judged, state: State) -> _Verdict:
        before = Place(State.PENDING.value, None, False)
        after = Place(state.value, 1 if state == State.PUBLISHED else None, False)
        return cls(
            labels=json.dumps(judged.labels),
            reasons=json.dumps(judged.reasons),
            effects=json.dumps({"before": asdict(before), "after": asdict(after)}),
            code=judged.code,
            highest=max(judged.labels.values()),
        )


@dataclass
class _Thread:
    """What every row of the thread draws on."""

    article: Article
    shape: shape.Shape
    ids: Sequence[int]
    decision_ids: Sequence[int]
    readers: Sequence[int]
    times: Sequence[datetime]
    policy: Policy
    random: Random
    paths: list[str] = field(default_factory=list)
    verdicts: dict[State, list[_Verdict]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rules = self.policy.rules
        for state in sorted(set(self.shape.states)):
            judged = [verdicts.draw(state, rules, self.random) for _ in range(VARIETY)]
            self.verdicts[state] = [_Verdict.of(one, state) for one in judged]
        self.harms = queue.harm_of(Comment(article=self.article), None, reports=0)

    def write(self, start: int, end: int) -> None:
        """Copy comments `start` to `end`, and all that belongs to them."""
        tables: dict[type[models.Model], Rows] = {
            model: [] for model in (Comment, Revision, Vote, Score, Decision, QueueItem, Notice)
        }
        for index in range(start, end):
            self._draw(index, tables)
        for model, rows in tables.items():
            copy(model, COLUMNS[model], rows)

    def _draw(self, index: int, tables: dict[type[models.Model], Rows]) -> None:
        state, at, comment_id = self.shape.states[index], self.times[index], self.ids[index]
        parent = self.shape.parents[index]
        path = "" if parent is None else f"{self.paths[parent]}{',' if self.paths[parent] else ''}{self.ids[parent]}"
        self.paths.append(path)
        reader = self.readers[int(len(self.readers) * self.random.random() ** 2)]  # a few write most
        text = words.text(state, self.random)
        sha256 = Revision.hash_of(text)
        verdict = self.random.choice(self.verdicts[state])
        readable = state == State.PUBLISHED
        voters = self._voters(reader) if readable else []
        tables[Comment].append((
            comment_id, self.article.pk, None if parent is None else self.ids[parent], self.shape.depths[index],
            "{" + path + "}", reader, state.value, 1, 1 if readable else None, 2, readable,
            self.shape.replies[index], len(voters), wilson(len(voters), 0), at,
        ))  # fmt: skip
        tables[Revision].append((comment_id, 1, text, words.html(text), sha256, at))
        tables[Vote] += [(comment_id, voter, at) for voter in voters]
        tables[Score].append((
            comment_id, 1, verdict.labels, verdict.labels, 1, CHECKPOINT, WEIGHTS, CHECKPOINT, "0", "en",
            True, 0.0, at,
        ))  # fmt: skip
        tables[Decision].append(self._decision(index, reader, sha256, verdict))
        if state == State.HELD:
            harm, why = _harm(self.harms, verdict.highest)
            tables[QueueItem].append((
                comment_id, QueueItem.Kind.HELD.value, self.article.pk, self.article.section_id, harm, json.dumps(why),
                queue.rank_of(harm, at), at,
            ))  # fmt: skip
        if state == State.REJECTED:
            tables[Notice].append((reader, comment_id, self.decision_ids[index], state.value, verdict.code, at))

    def _decision(self, index: int, reader: int, sha256: str, verdict: _Verdict) -> tuple[Any, ...]:
        state = self.shape.states[index]
        return (
            self.decision_ids[index], self.ids[index], self.article.pk, reader, 1, sha256,
            Decision.Actor.MACHINE.value, ACTIONS[state].value, State.PENDING.value, state.value,
            self.policy.version, CHECKPOINT, WEIGHTS, verdict.labels, verdict.reasons, verdict.code,
            verdict.effects, self.times[index],
        )  # fmt: skip

    def _voters(self, reader: int) -> list[int]:
        """Most comments get no recommendation, few get many."""
        if self.random.random() < 0.7:
            return []
        wanted = min(len(self.readers) // 4, int(self.random.paretovariate(1.1)))
        return [voter for voter in self.random.sample(self.readers, wanted) if voter != reader]


COLUMNS: dict[type[models.Model], tuple[str, ...]] = {
    Comment: (
        "id", "article_id", "parent_id", "depth", "path", "reader_id", "state", "revision", "shown_revision",
        "version", "shown", "replies", "upvotes", "best", "created_at",
    ),
    Revision: ("comment_id", "number", "text", "html", "sha256", "created_at"),
    Vote: ("comment_id", "reader_id", "created_at"),
    Score: (
        "comment_id", "revision", "labels", "plain", "windows", "checkpoint", "weights", "backend", "engine_version",
        "language", "language_known", "milliseconds", "created_at",
    ),
    Decision: (
        "id", "comment_id", "article_id", "reader_id", "revision", "text_sha256", "actor", "action", "from_state",
        "to_state", "policy_version", "checkpoint", "weights", "scores", "reasons", "reason_code", "effects",
        "created_at",
    ),
    QueueItem: ("comment_id", "kind", "article_id", "section_id", "harm", "why", "rank", "entered_at"),
    Notice: ("reader_id", "comment_id", "decision_id", "outcome", "reason_code", "created_at"),
}  # fmt: skip


def copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a model's table. Columns that are not named get the model's own defaults."""
    rows = list(rows)
    if not rows:
        return
    defaults = dict(_defaults(model, set(columns)))
    listed = ", ".join(f'"{column}"' for column in [*columns, *defaults])
    rest = tuple(defaults.values())
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({listed}) FROM STDIN') as door,
    ):
        for row in rows:
            door.write_row((*row, *rest))


def _defaults(model: type[models.Model], named: set[str]) -> Iterator[tuple[str, Any]]:
    """Column and value for every field whose default Django, not the database, would fill in."""
    for one in model._meta.concrete_fields:
        unknown_to_the_database = one.db_default is NOT_PROVIDED and not one.primary_key
        if one.column not in named and unknown_to_the_database and (one.has_default() or not one.null):
            yield str(one.column), one.get_db_prep_save(one.get_default(), connection)


def _reserve(model: type[models.Model], n: int) -> list[int]:
    """Ids that nobody else will be given, in rising order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [model._meta.db_table, n]
        )
        return sorted(row[0] for row in cursor.fetchall())


def _readers() -> list[int]:
    """The generated guests, made once and found again by their addresses."""
    wanted = {f"seeded-{number:03d}@seeded.example": f"Seeded reader {number:03d}" for number in range(1, READERS + 1)}
    found = Reader.objects.filter(kind=Reader.Kind.GUEST, email__in=wanted)
    missing = sorted(set(wanted) - set(found.values_list("email", flat=True)))
    Reader.objects.bulk_create(
        Reader(kind=Reader.Kind.GUEST, email=email, name=wanted[email], name_key=names.key(wanted[email]))
        for email in missing
    )
    return list(found.order_by("email").values_list("pk", flat=True))


def _times(article: Article, n: int) -> list[datetime]:
    """Rising times from the article's last comment, or its publication, until now."""
    now = timezone.now()
    last = article.comments.order_by("-id").values_list("created_at", flat=True).first()
    start = max(last or article.published_at, now - SPAN)
    step = max(now - start, timedelta(0)) / (n + 1)
    return [start + step * (index + 1) for index in range(n)]


def _harm(unscored: tuple[float, dict[str, Any]], probability: float) -> tuple[float, dict[str, Any]]:
    """Expected harm with this probability, from that of a hidden comment nobody has scored (probability 0.5)."""
    harm, why = unscored
    return harm / why["probability"] * probability, {**why, "probability": round(probability, 4)}
