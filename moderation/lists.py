"""The desk's lists: which comments stand on a queue, in which order, page by page, under which filters.

Every list is a keyset walk along an index, so that the first page costs the same at a thousand and at a million
comments. What a line shows is fetched afterwards (moderation/lines.py), for the lines of the page only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from discussions.models import Comment, State, User
from discussions.plans import planned_anew
from moderation import lines, roles, search
from moderation.filters import Filters, Narrowed
from moderation.models import Appeal, Escalation, QueueItem, Review

PAGE = 40
COUNTED_UP_TO = 1000

NAMES: dict[str, tuple[str, Promise, Promise]] = {
    # name → (key after g, title, what an empty list says)
    "held": ("h", _("Held"), _("Nothing is waiting. Time for a coffee.")),
    "reported": ("r", _("Reported"), _("No reader has reported anything that is still open.")),
    "new": ("n", _("New"), _("Everything published has been looked at.")),
    "appeals": ("p", _("Appeals"), _("No author has appealed.")),
    "mine": ("m", _("For me"), _("No colleague has asked you to look at anything.")),
    "approved": ("a", _("Approved"), _("Nobody has approved anything yet.")),
    "rejected": ("x", _("Refused"), _("Nothing has been refused.")),
    "all": ("l", _("All"), _("There are no comments yet.")),
}


@dataclass(slots=True)
class Page:
    """One page of a list. `after` continues it, empty on the last one. `total` may be "over 1,000"."""

    rows: list[lines.Line] = field(default_factory=list)
    after: str = ""
    total: str = ""


def page(name: str, filters: Filters, *, by: User, after: str = "", limit: int = PAGE) -> Page:
    """One page of a queue as this person may see it. Raises KeyError for a queue that does not exist."""
    narrowed = Narrowed(filters, roles.sections_of(by))
    found = _found(name, narrowed, by, after, limit + 1)
    more = found[:limit]
    shown = lines.of([comment_id for comment_id, _cursor in more], by)
    result = Page(shown, after=more[-1][1] if len(found) > limit else "")
    if filters or narrowed.section_ids:
        result.total = _counted(name, narrowed, by) if found else "0"
    return result


def neighbour(name: str, filters: Filters, *, by: User, without: Iterable[int]) -> int | None:
    """The first comment of the queue that is not one of `without`: where to go after a decision."""
    gone = set(without)
    narrowed = Narrowed(filters, roles.sections_of(by))
    found = _found(name, narrowed, by, "", len(gone) + 1)
    return next((comment_id for comment_id, _cursor in found if comment_id not in gone), None)


Found = list[tuple[int, str]]


def _queued(kind: str) -> Callable[[Narrowed, User, str, int], Found]:
    def source(narrowed: Narrowed, by: User, after: str, limit: int) -> Found:
        items = _queue_items(kind, narrowed)
        rank, _sep, last = after.partition("_")
        if _number(rank) is not None and last.isdecimal():
            # The first condition says nothing new, but an index can begin there.
            items = items.filter(Q(rank__lt=float(rank)) | Q(id__gt=int(last)), rank__lte=float(rank))
        rows = items.order_by("-rank", "id").values_list("comment_id", "rank", "id")[:limit]
        return [(comment_id, f"{rank!r}_{pk}") for comment_id, rank, pk in rows]

    return source


def _queue_items(kind: str, narrowed: Narrowed) -> QuerySet[QueueItem]:
    """Section, article and what is filtered by stand on the item itself, where an index can use them."""
    items = QueueItem.objects.filter(kind=kind)
    f = narrowed.filters
    tagged = (("label", f.label), ("rule", f.rule), ("language", f.language))
    if tags := [f"{name}:{value}" for name, value in tagged if value]:
        items = items.filter(tags__contains=tags)
    if f.article:
        items = items.filter(article=int(f.article))
    if f.section:
        items = items.filter(section=int(f.section))
    if narrowed.section_ids:
        items = items.filter(section__in=list(narrowed.section_ids))
    rest = replace(narrowed, filters=replace(f, article="", section="", label="", rule="", language=""),
                   section_ids=[])  # fmt: skip
    return items.filter(rest.condition("comment__"))


def _comments(**where: Any) -> Callable[[Narrowed, User, str, int], Found]:
    def source(narrowed: Narrowed, by: User, after: str, limit: int) -> Found:
        if narrowed.filters.words:
            rest = replace(narrowed, filters=replace(narrowed.filters, words=""))
            condition = rest.condition("comment__") & Q(**{f"comment__{key}": value for key, value in where.items()})
            return search.newest(narrowed.filters.words, condition, before=after, limit=limit)
        found = Comment.objects.filter(narrowed.condition(), **where)
        if after.isdecimal():
            found = found.filter(pk__lt=int(after))
        return [(pk, str(pk)) for pk in found.order_by("-pk").values_list("pk", flat=True)[:limit]]

    return source


def _approved(narrowed: Narrowed, by: User, after: str, limit: int) -> Found:
    found = Review.objects.filter(narrowed.condition("comment__"), approved=True)
    if after.isdecimal():
        found = found.filter(decision_id__lt=int(after))
    rows = found.order_by("-decision_id").values_list("comment_id", "decision_id")[:limit]
    return [(comment_id, str(decision_id)) for comment_id, decision_id in rows]


def _asked(open_for: Callable[[User], QuerySet[Any]]) -> Callable[[Narrowed, User, str, int], Found]:
    """What waits for an answer, oldest first."""

    def source(narrowed: Narrowed, by: User, after: str, limit: int) -> Found:
        found = open_for(by).filter(narrowed.condition("comment__"))
        if after.isdecimal():
            found = found.filter(pk__gt=int(after))
        rows = found.order_by("pk").values_list("comment_id", "pk")[:limit]
        return [(comment_id, str(pk)) for comment_id, pk in rows]

    return source


def _appeals(by: User) -> QuerySet[Appeal]:
    return Appeal.objects.waiting()


def _escalations(by: User) -> QuerySet[Escalation]:
    """Asked in person, or for anybody senior."""
    addressed = Q(to=by) | Q(to__isnull=True) if roles.may(by, roles.SANCTION) else Q(to=by)
    return Escalation.objects.filter(addressed, closed_at__isnull=True)


_SOURCES: dict[str, Callable[[Narrowed, User, str, int], Found]] = {
    "held": _queued("held"),
    "reported": _queued("reported"),
    "new": _comments(state=State.PUBLISHED, review__isnull=True),
    "rejected": _comments(state=State.REJECTED),
    "all": _comments(),
    "approved": _approved,
    "appeals": _asked(_appeals),
    "mine": _asked(_escalations),
}


def _found(name: str, narrowed: Narrowed, by: User, after: str, limit: int) -> Found:
    """What stands on a list. Under filters each question is planned for what it asks."""
    with planned_anew() if narrowed.filters else nullcontext():
        return _SOURCES[name](narrowed, by, after, limit)


def open_questions(by: User) -> dict[str, int]:
    """How many appeals and escalations are open for this person, in the person's sections."""
    mine = roles.reach(by, "comment__")
    return {"appeals": _appeals(by).filter(mine).count(), "mine": _escalations(by).filter(mine).count()}


def _counted(name: str, narrowed: Narrowed, by: User) -> str:
    """How many there are under the filters; beyond a thousand nobody needs to know exactly."""
    found = len(_found(name, narrowed, by, "", COUNTED_UP_TO + 1))
    return gettext("over 1,000") if found > COUNTED_UP_TO else str(found)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
