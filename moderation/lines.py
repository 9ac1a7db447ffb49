"""What a line of a list shows, for the lines of one page only: their words, why they stand there, who looks at them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from discussions.models import State, User
from moderation import alike, colleagues, reasons
from moderation.models import Action, Decision, QueueItem, Score

HATEFUL = {"identity_attack": 0.5, "severe_toxicity": 0.4, "threat": 0.7, "toxicity": 0.92}

# All that a reader can write is fetched, and one more: what is selected to be decided together shows its words in full,
# or says that they go on. After an undo a comment on the queue waits for the reason it came with, which is the
# machine's last one.
_TOLD = """
SELECT c.id, c.version, c.state, c.created_at, reader.name, article.title,
  (SELECT left(text, %(chars)s + 1) FROM discussions_revision WHERE comment_id = c.id AND number = c.revision),
  (SELECT jsonb_build_array(action, actor, actor_id, person.name, reason_code, reasons)
     FROM moderation_decision d LEFT JOIN discussions_reader person ON person.user_id = d.actor_id
     WHERE comment_id = c.id ORDER BY d.id DESC LIMIT 1),
  (SELECT reasons FROM moderation_decision WHERE comment_id = c.id AND actor = 'machine' ORDER BY id DESC LIMIT 1),
  (SELECT labels FROM moderation_score WHERE comment_id = c.id AND revision = c.revision ORDER BY id DESC LIMIT 1),
  (SELECT count(*) FROM discussions_report WHERE comment_id = c.id AND handled_at IS NULL),
  EXISTS (SELECT FROM moderation_escalation WHERE comment_id = c.id AND closed_at IS NULL)
FROM discussions_comment c
JOIN discussions_article article ON article.id = c.article_id
JOIN discussions_reader reader ON reader.id = c.reader_id
WHERE c.id = ANY(%(ids)s)
"""


@dataclass(slots=True)
class Line:
    """One line of a list. `choose`, `reported` and `repeated` are its own words, ready to be shown.

    `since` is when it began to wait on a queue, where it is on one, else when it was `posted`.
    """

    id: int
    href: str
    version: int
    state: str
    author: str
    article: str
    words: str
    why: str
    posted: datetime
    since: datetime
    choose: str
    hateful: bool = False
    reports: int = 0
    reported: str = ""
    alike: int = 0
    repeated: str = ""
    lease: str = ""
    escalated: bool = False


def of(ids: Sequence[int], by: User) -> list[Line]:
    """The lines for these comments, in this order; one that has gone meanwhile is left out."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, {"ids": list(ids), "chars": settings.COMMENT_MAX_CHARS})
        told = {row[0]: row for row in cursor.fetchall()}
    return list(_laid_out([told[pk] for pk in ids if pk in told], leases(ids, by), alike.by_others(ids, by)))


def _laid_out(
    told: Sequence[tuple[Any, ...]], held: Mapping[int, tuple[str, datetime]], copies: Mapping[int, int]
) -> Iterator[Line]:
    # Asked for once, not for every line.
    before, after = reverse("desk_comment", args=[0]).split("0")
    choose, repeated = gettext("Select the comment by %(author)s"), gettext("%(n)s alike")
    for pk, version, state, created_at, author, article, text, decided, verdict, labels, reports, escalated in told:
        lease, since = held.get(pk, ("", created_at))
        count = copies.get(pk, 0)
        yield Line(
            id=pk,
            href=f"{before}{pk}{after}",
            version=version,
            state=state,
            author=author,
            article=article,
            words=_words(text or ""),
            why=_why(state, _Told.of(decided, verdict, state), reports),
            posted=created_at,
            since=since,
            choose=choose % {"author": author},
            hateful=is_hateful(json.loads(labels)) if labels else False,
            reports=reports,
            reported=_reported(reports) if reports else "",
            alike=count,
            repeated=repeated % {"n": count} if count else "",
            lease=lease,
            escalated=escalated,
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """The decision that tells why a comment stands where it stands."""

    action: str
    actor: str
    actor_id: int | None
    name: str | None
    reason_code: str
    reasons: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, decided: str | None, verdict: str | None, state: str) -> _Told | None:
        """From the database's JSON: the newest decision and the machine's last reasons."""
        if decided is None:
            return None
        found = cls(*json.loads(decided))
        if found.action == Action.UNDO and state == State.HELD and verdict is not None:
            return cls(found.action, Decision.Actor.MACHINE, None, None, "", json.loads(verdict))
        return found


def _why(state: str, told: _Told | None, reports: int) -> str:
    """Why the comment stands where it stands, in a few words."""
    if reports and state != State.HELD:
        return _reported(reports)
    if told is None:
        return str(State(state).label)
    if told.actor_id is not None:
        done = str(Action(told.action).label)
        if told.action == Action.REJECT and told.reason_code in reasons.REFUSALS:
            done = str(reasons.REFUSALS[told.reason_code][1])
        return f"{done} · {colleagues.called(told.actor_id, told.name)}"
    return reasons.sentence(told.reasons[0]) if told.reasons else str(State(state).label)


def _words(text: str) -> str:
    """In one line. Imported comments may be longer than those written here, and nobody decides on words unseen."""
    most = settings.COMMENT_MAX_CHARS
    words = " ".join(text[:most].split())
    return words if len(text) <= most else f"{words} {gettext('… (cut: open it to read all)')}"


def _reported(reports: int) -> str:
    return ngettext("%(n)d report", "%(n)d reports", reports) % {"n": reports}


def is_hateful(labels: Mapping[str, float]) -> bool:
    """Whether the words are kept blurred until somebody asks for them."""
    return any(labels.get(label, 0.0) >= limit for label, limit in HATEFUL.items())


def hateful(comment_ids: Iterable[int]) -> set[tuple[int, int]]:
    """(comment id, revision) of the words of these comments that are kept blurred, each by its own newest score."""
    scores = Score.objects.filter(comment_id__in=list(comment_ids)).order_by("id")
    newest = {(pk, revision): labels for pk, revision, labels in scores.values_list("comment_id", "revision", "labels")}
    return {which for which, labels in newest.items() if is_hateful(labels)}


def leases(ids: Sequence[int], by: User) -> dict[int, tuple[str, datetime]]:
    """comment id → (who else is looking at it, since when it waits)."""
    now = timezone.now()
    rows = QueueItem.objects.filter(comment_id__in=ids).values_list(
        "comment_id", "entered_at", "lease_until", "lease_by", "lease_by__reader__name"
    )
    return {
        pk: (colleagues.called(holder, name) if holder and holder != by.pk and until and until > now else "", entered)
        for pk, entered, until, holder, name in rows
    }
