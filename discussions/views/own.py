"""The parts of a page that belong to one reader. Kept apart, so that the rest may be cached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from discussions import markup, posting, rows
from discussions.models import Article, Comment, Mute, Notice, Reader, Revision, State, Vote
from discussions.rows import Marks

MOST_OWN = 20


@dataclass(frozen=True, slots=True)
class Own:
    """One's own comment as only its author sees it: the newest words, where they stand, and why.

    `appealed`: the author has asked another person to look at the refusal; `answered`: that person has.
    `overturned`: the words, if any, with which that person published it; None where nobody did.
    """

    comment: Comment
    html: SafeString
    text: str
    statement: str
    appealed: bool = False
    answered: bool = False
    overturned: str | None = None

    @property
    def can_edit(self) -> bool:
        """In an open discussion, within the window or as long as it is held or refused: that is how one repairs it."""
        if self.comment.state == State.DELETED or not self.comment.article.is_open():
            return False
        return posting.is_mendable(self.comment)

    @property
    def reasons(self) -> list[str]:
        """The words of the statement of reasons, line by line."""
        return [line for line in self.statement.splitlines() if line.strip()]


def context(reader: Reader | None, article: Article, *, comment: Comment | None = None) -> dict[str, Any]:
    """Template context: the reader's own waiting comments here, and for one comment whether it is theirs."""
    if reader is None:
        return {"reader": None, "waiting": [], "mine": None, "voted": False}
    if comment is None:
        waiting = Comment.objects.waiting_of(reader).filter(article=article).order_by("-id")[:MOST_OWN]
        return {"reader": reader, "waiting": of(waiting), "mine": None, "voted": False}
    mine = comment.reader_id == reader.pk and comment.state != State.DELETED
    below = Comment.objects.waiting_of(reader).filter(parent=comment).order_by("-id")[:MOST_OWN]
    return {
        "reader": reader,
        "waiting": of(below),
        "mine": next(iter(of(Comment.objects.filter(pk=comment.pk))), None) if mine else None,
        "voted": not mine and Vote.objects.filter(reader=reader, comment=comment).exists(),
    }


def of(comments: QuerySet[Comment]) -> list[Own]:
    """Comments with their newest words and the statement of reasons that stands, in one query."""
    revision = Revision.objects.filter(comment=OuterRef("pk"), number=OuterRef("revision"))
    stands = Notice.objects.filter(comment=OuterRef("pk"), withdrawn_at=None).order_by("-created_at", "-pk")
    found = comments.select_related("article", "reader", "parent__reader").annotate(
        own_html=Subquery(revision.values("html")[:1]),
        own_text=Subquery(revision.values("text")[:1]),
        own_reasons=Subquery(stands.exclude(words="").values("words")[:1]),
        own_appealed=Exists(stands.filter(appealed_at__isnull=False)),
        own_answered=Exists(stands.filter(outcome=Notice.UPHELD)),
        own_overturned=Subquery(stands.filter(outcome=Notice.OVERTURNED).values("words")[:1]),
    )
    waiting = {State.HELD, State.REJECTED}
    return [
        Own(
            one,
            markup.stored(one.own_html or ""),
            one.own_text or "",
            (one.own_reasons or "") if one.state in waiting else "",
            one.own_appealed,
            one.own_answered,
            one.own_overturned if one.state == State.PUBLISHED else None,
        )
        for one in found
    ]


def into_place(thread: SafeString, waiting: list[Own]) -> tuple[SafeString, list[Own]]:
    """A rendered page with one's own newest versions where others see an earlier one, or that nothing is shown.

    The second part are those that have no place on the page.
    """
    apart: list[Own] = []
    for mine in waiting:
        item = SafeString(render_to_string("discussions/parts/own.html", {"mine": mine}))
        placed = rows.with_own(thread, mine.comment.pk, item)
        if placed is None:
            apart.append(mine)
        else:
            thread = placed
    return thread, apart


_MARKS = """
SELECT 'own', id, created_at > now() - %(window)s * interval '1 second' FROM discussions_comment
 WHERE id = ANY(%(ids)s) AND reader_id = %(reader)s
UNION ALL SELECT 'voted', comment_id, true FROM discussions_vote
 WHERE comment_id = ANY(%(ids)s) AND reader_id = %(reader)s
UNION ALL (SELECT 'muted', muted_id, true FROM discussions_mute WHERE reader_id = %(reader)s LIMIT 500)
UNION ALL SELECT 'follow:' || pace, id, true FROM discussions_follow
 WHERE reader_id = %(reader)s AND article_id = %(article)s AND comment_id IS NOT DISTINCT FROM %(comment)s
"""


def marks(reader: Reader | None, ids: list[int], *, article: Article, comment: Comment | None = None) -> Marks:
    """What is this reader's own among these comments, in one query; nothing for a stranger."""
    found = Marks()
    if reader is None:
        return found
    values = {
        "ids": ids,
        "reader": reader.pk,
        "article": article.pk,
        "comment": comment.pk if comment else None,
        "window": settings.EDIT_WINDOW_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARKS, values)
        is_open = article.is_open()
        for kind, pk, young in cursor.fetchall():
            if kind == "own":
                found.own[pk] = young and is_open
            elif kind == "voted":
                found.voted.append(pk)
            elif kind == "muted":
                found.muted.append(pk)
            else:
                found.following = kind.removeprefix("follow:")
    return found


def has_muted(reader: Reader | None, other: Reader) -> bool:
    """Whether one reader has muted another."""
    return reader is not None and Mute.objects.filter(reader=reader, muted=other).exists()
