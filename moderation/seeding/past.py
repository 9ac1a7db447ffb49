"""What the demo's desk did before anybody came: decisions, appeals, notes, sanctions, all by the functions of the desk.

Nothing is written behind the record's back, so its stamps are the time of loading, and every count follows by itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from discussions import demo, refusals, reports
from discussions.models import Comment, Reader, Revision, State, User
from moderation import appeals, bulk, decisions, pipeline, queue, roles, sanctions
from moderation.models import Decision, Escalation, Note

FILE = Path(__file__).with_suffix(".toml")
Step = dict[str, Any]


def tell() -> int:
    """Score what the past is about and do its steps. Returns how many were done; where people have decided, none.

    A step that another checkpoint's verdict leaves no room for (a comment that is refused already) is passed over.
    """
    if Decision.objects.filter(actor=Decision.Actor.PERSON).exists():
        return 0
    steps: list[Step] = tomllib.loads(FILE.read_text(encoding="utf-8"))["steps"]
    named = {one for step in steps for one in [*step.get("comments", []), step.get("comment")] if one}
    comments = _comments(named)
    pipeline.run_these(sorted(comments.values()))
    waiting = Comment.objects.filter(pk__in=comments.values(), state=State.PENDING)
    if len(comments) < len(named) or waiting.exists():  # not the demo's own articles, or no model to score them
        return 0
    with transaction.atomic():
        return sum(_done(step, comments) for step in steps)


def _comments(named: set[str]) -> dict[str, int]:
    """ "article/key" → id, found by article and words."""
    found: dict[str, int] = {}
    for article in demo.ARTICLES:
        table = demo.content(article)
        texts = {one["text"]: f"{article}/{one['key']}" for one in table["comments"]}
        rows = Revision.objects.filter(comment__article__slug=table["slug"]).values_list("text", "comment_id")
        found |= {texts[text]: pk for text, pk in rows if texts.get(text) in named}
    return found


def _done(step: Step, comments: dict[str, int]) -> bool:
    try:
        with transaction.atomic():
            _DOES[step["do"]](step, comments)
    except (decisions.Conflict, roles.NotAllowed, appeals.NotPossible, refusals.Refused):
        return False
    return True


def _colleague(key: str) -> User:
    return User.objects.get(email=f"{key}@parley.example")


def _reader(key: str) -> Reader:
    known = {one["key"]: one["name"] for one in demo.content("readers")["readers"]}
    return Reader.objects.get(name=known[key])


def _comment(step: Step, comments: dict[str, int]) -> Comment:
    return Comment.objects.select_related("article", "reader").get(pk=comments[step["comment"]])


def _decide(step: Step, comments: dict[str, int]) -> None:
    items = list(
        Comment.objects.filter(pk__in=[comments[key] for key in step["comments"]]).values_list("pk", "version")
    )
    action = {"approve": "approve", "refuse": "reject"}[step["do"]]
    how = {"action": action, "by": _colleague(step["by"]), "reason_code": step.get("reason", "")}
    words = step.get("words", "")
    if len(items) > 1:
        bulk.act(items, batch=uuid4(), words=words, **how)
        return
    [(pk, version)] = items
    decisions.by_person(comment_id=pk, version_seen=version, words=words, **how)


def _undo(step: Step, comments: dict[str, int]) -> None:
    latest = Decision.objects.filter(comment_id=comments[step["comment"]]).latest("id")
    decisions.undo(decision_id=latest.pk, by=_colleague(step["by"]))


def _appeal(step: Step, comments: dict[str, int]) -> None:
    comment = _comment(step, comments)
    refused = comment.notices.filter(outcome=State.REJECTED, withdrawn_at=None).latest("id")
    appeals.file(refused, by=comment.reader, words=step["words"])


def _answer(step: Step, comments: dict[str, int]) -> None:
    appeal = _comment(step, comments).appeals.get()
    appeals.answer(appeal.pk, by=_colleague(step["by"]), outcome=step["outcome"], words=step["words"])


def _report(step: Step, comments: dict[str, int]) -> None:
    reports.save(comment=_comment(step, comments), by=_reader(step["by"]), reason=step["reason"], words=step["words"])
    queue.take_reports()


def _note(step: Step, _comments: dict[str, int]) -> None:
    by = _colleague(step["by"])
    Note.objects.create(reader=_reader(step["reader"]), text=step["words"], by=by, by_name=str(by))


def _sanction(step: Step, _comments: dict[str, int]) -> None:
    sanctions.impose(
        kind=step["kind"],
        by=_colleague(step["by"]),
        reader=_reader(step["reader"]),
        reason_code=step["reason"],
        words=step.get("words", ""),
        until=timezone.now() + timedelta(days=step["days"]) if "days" in step else None,
    )


def _ask(step: Step, comments: dict[str, int]) -> None:
    by = _colleague(step["by"])
    Escalation.objects.create(
        comment=_comment(step, comments), to=_colleague(step["to"]), by=by, by_name=str(by), words=step["words"]
    )


_DOES: dict[str, Callable[[Step, dict[str, int]], None]] = {
    "approve": _decide,
    "refuse": _decide,
    "undo": _undo,
    "appeal": _appeal,
    "answer": _answer,
    "report": _report,
    "note": _note,
    "sanction": _sanction,
    "ask": _ask,
}
