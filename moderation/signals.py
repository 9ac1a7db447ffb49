"""What is known of a revision besides its score: word lists, links, duplicates, the author's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from django.utils import timezone

from discussions import markup
from discussions.models import Article, Comment, Revision, State
from moderation import marks, sanctions, trust
from moderation.policy import Signals

DUPLICATES_WITHIN = timedelta(hours=24)
DUPLICATE_MIN_CHARS = 40  # short agreement ("Well said.") is no duplicate


class Heard(Protocol):
    """What scoring says of a text besides its labels: its language, whether that is known, whether all was read."""

    @property
    def language(self) -> str | None: ...
    @property
    def foreign(self) -> str | None: ...
    @property
    def language_known(self) -> bool: ...
    @property
    def complete(self) -> bool: ...


def collect(comment: Comment, text: str, rules: Mapping[str, Any], *, scores: Heard | None) -> Signals:
    """Look everything up for the comment's newest revision, whose words are `text`; no `scores` if scoring failed."""
    reader = comment.reader
    return Signals(
        banned=matches(text, rules.get("banned_words", [])),
        suspect=matches(text, rules.get("suspect_words", [])),
        links=len(markup.links(text)),
        published_before=_published_before(
            comment, at_most=max(int(rules.get("hold_newcomers", 0)), int(rules.get("trust_after", 0)))
        ),
        address_confirmed=reader.kind == reader.Kind.ACCOUNT or reader.email_confirmed_at is not None,
        language=(scores.foreign or scores.language) if scores else None,
        language_known=scores.language_known if scores else True,
        read_to_its_end=scores.complete if scores else True,
        duplicates_by_others=_duplicates(comment, text),
        premoderated=comment.article.mode == Article.Mode.PREMODERATED,
        refused_before=comment.refused_by_person,
        sanction=sanctions.felt_by(reader),
        trusted=trust.in_force(reader) is not None,
        refusals=_refusals(comment) if rules.get("trust_after") else 0,
    )


def _published_before(comment: Comment, *, at_most: int) -> int:
    """How many readable comments the author has, counted no further than the rule asks."""
    if at_most <= 0:
        return 0
    earlier = Comment.objects.readable().filter(reader_id=comment.reader_id).exclude(pk=comment.pk)
    return earlier.order_by()[:at_most].count()


def _refusals(comment: Comment) -> int:
    """How many of the author's other comments stand refused."""
    return Comment.objects.filter(reader_id=comment.reader_id, state=State.REJECTED).exclude(pk=comment.pk).count()


def _duplicates(comment: Comment, text: str) -> int:
    """How many other readers posted exactly these words lately."""
    if len(text) < DUPLICATE_MIN_CHARS:
        return 0
    twins = Revision.objects.filter(
        sha256=Revision.hash_of(text), created_at__gte=timezone.now() - DUPLICATES_WITHIN
    ).exclude(comment__reader_id=comment.reader_id)
    return twins.exclude(comment__state=State.DELETED).values("comment__reader_id").distinct().count()


def matches(text: str, words: Sequence[str]) -> list[str]:
    """The words of a list that stand in the text or in its folded copy, as the list spells them (marks.positions)."""
    return list(marks.positions(text, words))
