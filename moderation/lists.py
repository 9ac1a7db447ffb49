"""The desk's lists: which comments stand on a queue, in which order, page by page, under which filters.

Every list is a keyset walk along an index, so that the first page costs the same at a thousand and at a million
comments. What a line shows is fetched afterwards (moderation/lines.py), for the lines of the page only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from discussions.models import Comment, Reader, Section, State, User
from moderation import alike, lines, reasons, roles, search
from moderation.models import Appeal, Decision, Escalation, QueueItem, Review, Score

PAGE = 40
COUNTED_UP_TO = 1000
FEW_READERS = 500

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


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; empty strings narrow nothing. `words` is a search over the comments' text.

    `alike` is a comment's id: it and all that say nearly the same.
    """

    section: str = ""
    article: str = ""
    author: str = ""
    label: str = ""
    rule: str = ""
    language: str = ""
    words: str = ""
    alike: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """From an address's query; what cannot be meant is ignored."""
        given = {f.name: query.get(f.name, "").replace("\x00", "").strip()[:200] for f in fields(cls)}
        for name in ("section", "article", "alike"):
            if not (given[name].isascii() and given[name].isdigit() and len(given[name]) < 19):
                given[name] = ""
        if given["label"] not in reasons.LABELS:
            given["label"] = ""
        return cls(**given)

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))

    @property
    def query(self) -> str:
        """For an address: `section=3&words=tram`, only what is set."""
        return urlencode({f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)})


@dataclass(slots=True)
class Page:
    """One page of a list. `after` continues it, empty on the last one. `total` may be "over 1,000"."""

    rows: list[lines.Line] = field(default_factory=list)
    after: str = ""
    total: str = ""


def page(name: str, filters: Filters, *, by: User, after: str = "", limit: int = PAGE) -> Page:
    """One page of a queue as this person may see it. Raises KeyError for a queue that does not exist."""
    narrowed = _Narrowed(filters, roles.sections_of(by))
    found = _SOURCES[name](narrowed, by, after, limit + 1)
    more = found[:limit]
    shown = lines.of([comment_id for comment_id, _cursor in more], by)
    result = Page(shown, after=more[-1][1] if len(found) > limit else "")
    if filters or narrowed.section_ids:
        result.total = _counted(name, narrowed, by) if found else "0"
    return result


def neighbour(name: str, filters: Filters, *, by: User, without: Iterable[int]) -> int | None:
    """The first comment of the queue that is not one of `without`: where to go after a decision."""
    gone = set(without)
    narrowed = _Narrowed(filters, roles.sections_of(by))
    found = _SOURCES[name](narrowed, by, "", len(gone) + 1)
    return next((comment_id for comment_id, _cursor in found if comment_id not in gone), None)


Found = list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """Filters plus the sections a person is limited to, as conditions on a comment reached by `prefix`."""

    filters: Filters
    section_ids: Sequence[int]

    def condition(self, prefix: str = "") -> Q:
        f, parts = self.filters, Q()
        if self.section_ids:
            parts &= Q(**{f"{prefix}article__section__in": list(self.section_ids)})
        if f.section:
            parts &= Q(**{f"{prefix}article__section": int(f.section)})
        if f.article:
            parts &= Q(**{f"{prefix}article": int(f.article)})
        if f.author:
            parts &= _by_author(f.author, prefix)
        return parts & self._about_words(prefix)

    def _about_words(self, prefix: str) -> Q:
        f, parts = self.filters, Q()
        pk, revision = OuterRef(f"{prefix}pk"), OuterRef(f"{prefix}revision")
        score = Score.objects.filter(comment_id=pk, revision=revision)
        verdict = Decision.objects.filter(comment_id=pk, revision=revision, actor=Decision.Actor.MACHINE)
        later = Decision.objects.filter(comment_id=OuterRef("comment_id"), revision=OuterRef("revision"),
                                        actor=Decision.Actor.MACHINE, pk__gt=OuterRef("pk"))  # fmt: skip
        decided = verdict.filter(~Exists(later))
        if f.label:
            fired = [Q(reasons__contains=[{"rule": rule, "label": f.label}]) for rule in reasons.OF_A_LABEL]
            parts &= Q(Exists(decided.filter(reduce(or_, fired))))
        if f.language:
            parts &= Q(Exists(score.filter(language=f.language)))
        if f.rule:
            parts &= Q(Exists(decided.filter(reasons__contains=[{"rule": f.rule}])))
        if f.alike:
            parts &= Q(**{f"{prefix}pk__in": alike.ids(int(f.alike))})
        if f.words:
            parts &= Q(Exists(search.matching(f.words).filter(comment_id=pk, number=revision)))
        return parts


def _by_author(name: str, prefix: str) -> Q:
    """Comments by readers whose name holds `name`.

    Few such readers are named to the database, which then knows how common they are. Where very many fit, each comment
    is asked in the list's own order: joined, the planner would take them for few and sort all their comments.
    """
    fitting = Reader.objects.filter(name__icontains=name)
    ids = list(fitting.order_by().values_list("pk", flat=True)[: FEW_READERS + 1])
    if len(ids) <= FEW_READERS:
        return Q(**{f"{prefix}reader__in": ids})
    fits = ExpressionWrapper(Q(name__icontains=name), output_field=BooleanField())
    asked = Reader.objects.filter(pk=OuterRef(f"{prefix}reader_id")).values(fits=fits)
    return Q(Subquery(asked, output_field=BooleanField()))


def _queued(kind: str) -> Callable[[_Narrowed, User, str, int], Found]:
    def source(narrowed: _Narrowed, by: User, after: str, limit: int) -> Found:
        items = _queue_items(kind, narrowed)
        rank, _sep, last = after.partition("_")
        if _number(rank) is not None and last.isdecimal():
            # The first condition says nothing new, but an index can begin there.
            items = items.filter(Q(rank__lt=float(rank)) | Q(id__gt=int(last)), rank__lte=float(rank))
        rows = items.order_by("-rank", "id").values_list("comment_id", "rank", "id")[:limit]
        return [(comment_id, f"{rank!r}_{pk}") for comment_id, rank, pk in rows]

    return source


def _queue_items(kind: str, narrowed: _Narrowed) -> QuerySet[QueueItem]:
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


def _comments(**where: Any) -> Callable[[_Narrowed, User, str, int], Found]:
    def source(narrowed: _Narrowed, by: User, after: str, limit: int) -> Found:
        if narrowed.filters.words:
            rest = replace(narrowed, filters=replace(narrowed.filters, words=""))
            condition = rest.condition("comment__") & Q(**{f"comment__{key}": value for key, value in where.items()})
            return search.newest(narrowed.filters.words, condition, before=after, limit=limit)
        found = Comment.objects.filter(narrowed.condition(), **where)
        if after.isdecimal():
            found = found.filter(pk__lt=int(after))
        return [(pk, str(pk)) for pk in found.order_by("-pk").values_list("pk", flat=True)[:limit]]

    return source


def _approved(narrowed: _Narrowed, by: User, after: str, limit: int) -> Found:
    found = Review.objects.filter(narrowed.condition("comment__"), approved=True)
    if after.isdecimal():
        found = found.filter(decision_id__lt=int(after))
    rows = found.order_by("-decision_id").values_list("comment_id", "decision_id")[:limit]
    return [(comment_id, str(decision_id)) for comment_id, decision_id in rows]


def _asked(open_for: Callable[[User], QuerySet[Any]]) -> Callable[[_Narrowed, User, str, int], Found]:
    """What waits for an answer, oldest first."""

    def source(narrowed: _Narrowed, by: User, after: str, limit: int) -> Found:
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


_SOURCES: dict[str, Callable[[_Narrowed, User, str, int], Found]] = {
    "held": _queued("held"),
    "reported": _queued("reported"),
    "new": _comments(state=State.PUBLISHED, review__isnull=True),
    "rejected": _comments(state=State.REJECTED),
    "all": _comments(),
    "approved": _approved,
    "appeals": _asked(_appeals),
    "mine": _asked(_escalations),
}


def open_questions(by: User) -> dict[str, int]:
    """How many appeals and escalations are open for this person, in the person's sections."""
    mine = roles.reach(by, "comment__")
    return {"appeals": _appeals(by).filter(mine).count(), "mine": _escalations(by).filter(mine).count()}


def _counted(name: str, narrowed: _Narrowed, by: User) -> str:
    """How many there are under the filters; beyond a thousand nobody needs to know exactly."""
    found = len(_SOURCES[name](narrowed, by, "", COUNTED_UP_TO + 1))
    return gettext("over 1,000") if found > COUNTED_UP_TO else str(found)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def choices(by: User) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: the person's sections, labels, rules, languages seen lately (kept for a minute)."""
    languages = cache.get_or_set("desk-languages", _languages, 60) or []
    mine = roles.sections_of(by)
    return {
        "section": [(str(s.pk), s.name) for s in Section.objects.all() if not mine or s.pk in mine],
        "label": [(label, str(words)) for label, words in reasons.LABELS.items()],
        "rule": [(rule, str(words)) for rule, words in reasons.RULES.items()],
        "language": [(code, code) for code in languages],
    }


def _languages() -> list[str]:
    rows = Score.objects.filter(language__isnull=False).order_by("-id").values_list("language", flat=True)[:2000]
    return sorted({str(code) for code in rows})
