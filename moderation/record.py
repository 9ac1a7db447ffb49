"""The record of decisions as JSON lines, hash-chained: whoever keeps the last hash can prove that nothing was changed.

Each line holds one decision, the hash of the line before it ("previous") and its own ("hash"): the SHA-256 of the
previous hash and the decision's canonical JSON (keys sorted, no spaces, UTF-8). The first line follows 64 zeros. Every
export leaves a seal in the database: the head and the number of decisions it covers. Verifying compares the chain made
from the database with all seals, or a file with itself and with the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Min, QuerySet
from django.utils import timezone

from moderation.models import Decision, Seal

START = "0" * 64
SETTLED = timedelta(minutes=5)  # a decision this old cannot be joined by one with a lower number any more
_FIELDS = (
    "id", "comment_id", "article_id", "reader_id", "revision", "text_sha256", "actor", "actor_id", "actor_name",
    "action", "from_state", "to_state", "version_seen", "policy_version", "checkpoint", "weights", "scores", "reasons",
    "reason_code", "reason_words", "effects", "reverses_id", "batch", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """What verifying found: how many decisions were read, the head of the chain, and what is wrong (empty: nothing)."""

    count: int
    head: str
    problems: list[str]


def canonical(decision: dict[str, Any]) -> str:
    """The decision as the text that is hashed."""
    return json.dumps(decision, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def link(previous: str, decision: dict[str, Any]) -> str:
    """The hash of a line, hex."""
    return hashlib.sha256(f"{previous}\n{canonical(decision)}".encode()).hexdigest()


def settled() -> QuerySet[Decision]:
    """The decisions an export covers, oldest first: all before the first that is not old enough."""
    young = Decision.objects.filter(created_at__gte=timezone.now() - SETTLED).aggregate(first=Min("id"))["first"]
    found = Decision.objects.order_by("id")
    return found if young is None else found.filter(pk__lt=young)


def lines(*, seal: bool = True) -> Iterator[str]:
    """The whole record, one JSON object per line; the last thing it does is to leave a seal."""
    head, count, last = START, 0, 0
    for decision in _plain(settled()):
        previous, head = head, link(head, decision)
        count, last = count + 1, decision["id"]
        yield canonical(decision | {"previous": previous, "hash": head}) + "\n"
    if seal and count:
        Seal.objects.create(through_id=last, count=count, head=head)


def _plain(found: QuerySet[Decision]) -> Iterator[dict[str, Any]]:
    for row in found.values(*_FIELDS).iterator(chunk_size=2000):
        plain: dict[str, Any] = dict(row)
        plain["batch"] = str(plain["batch"]) if plain["batch"] else None
        plain["created_at"] = plain["created_at"].isoformat()
        yield plain


def verify_database() -> Finding:
    """Follow the chain through the database and compare it with every seal."""
    seals: dict[int, list[Seal]] = {}
    for seal in Seal.objects.order_by("id"):
        seals.setdefault(seal.through_id, []).append(seal)
    problems: list[str] = []
    head, count = START, 0
    for decision in _plain(Decision.objects.order_by("id")):
        head, count = link(head, decision), count + 1
        problems += [
            f"seal {s.pk} ({s.created_at:%Y-%m-%d}): a decision up to {s.through_id} was changed, added or removed"
            for s in seals.pop(decision["id"], [])
            if (s.head, s.count) != (head, count)
        ]
    problems += [f"seal {s.pk}: decision {s.through_id} is gone" for left in seals.values() for s in left]
    return Finding(count, head, problems)


def verify_lines(exported: Iterable[str], *, against_database: bool = False) -> Finding:
    """Check an exported file line by line; with `against_database` also that each decision stands there unchanged.

    A file cut off at its end is a shorter chain in itself; that no export left a seal there tells it.
    """
    problems: list[str] = []
    head, count = START, 0
    for number, text in enumerate(exported, start=1):
        line = _read(text)
        if line is None:
            problems.append(f"line {number}: not a line of the record")
            break
        previous, stated = line.pop("previous"), line.pop("hash")
        if previous != head:
            problems.append(f"line {number}: does not follow the line before it")
        head, count = link(previous, line), count + 1
        if head != stated:
            problems.append(f"line {number}: decision {line['id']} was changed")
            head = stated
        if against_database and not _stands(line):
            problems.append(f"line {number}: the database has another decision {line['id']}")
    if not count:
        problems.append("there is no decision in it")
    elif against_database and not problems and not Seal.objects.filter(count=count, head=head).exists():
        problems.append("no export ended here: lines are missing at its end")
    return Finding(count, head, problems)


def _read(text: str) -> dict[str, Any] | None:
    """One line's decision with both hashes; None for what no export has written."""
    try:
        line = json.loads(text)
        canonical(line).encode()  # half a character, written as an escape, has no bytes that could be hashed
    except (ValueError, RecursionError):
        return None
    kinds = {"previous": str, "hash": str, "id": int}
    if not isinstance(line, dict) or not all(type(line.get(name)) is kind for name, kind in kinds.items()):
        return None
    return line


def _stands(line: dict[str, Any]) -> bool:
    row = next(_plain(Decision.objects.filter(pk=line["id"])), None)
    return row is not None and canonical(row) == canonical(line)
