"""What the desk's lists can be narrowed to: read from an address, offered on the page, as conditions on comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import reduce
from operator import or_
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from discussions.models import Reader, Report, Section, State, User
from moderation import alike, reasons, roles, search
from moderation.models import Decision, Score

FEW_READERS = 500
_WITH_REPORTS, _WITH_REFUSALS = {"held", "reported", "all"}, {"rejected", "appeals", "all"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; empty strings narrow nothing. `words` is a search over the comments' text.

    `rule` is what policy acted on, `refusal` the code of the refusal that stands, `report` the reason of an open
    report. `alike` is a comment's id: it and all that say nearly the same.
    """

    section: str = ""
    article: str = ""
    author: str = ""
    label: str = ""
    rule: str = ""
    refusal: str = ""
    report: str = ""
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


@dataclass(frozen=True, slots=True)
class Narrowed:
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
        if f.refusal:
            standing = Decision.objects.filter(comment_id=pk).order_by("-id").values("reason_code")[:1]
            parts &= Q(**{f"{prefix}state": State.REJECTED}) & Q(Exact(Subquery(standing), f.refusal))
        if f.report:
            reported = Report.objects.filter(reason=f.report, handled_at__isnull=True)
            parts &= Q(**{f"{prefix}pk__in": reported.values("comment")})
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


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter to choose from: (value, words) each, and which is chosen now."""

    name: str
    title: str
    options: list[tuple[str, str]]
    chosen: str


def choices(by: User, filters: Filters, name: str) -> list[Choice]:
    """What the filters of this queue offer; languages are those seen lately (kept for a minute)."""
    languages = cache.get_or_set("desk-languages", _languages, 60) or []
    mine = roles.sections_of(by)
    sections = [(str(s.pk), s.name) for s in Section.objects.all() if not mine or s.pk in mine]
    offered = [
        ("section", _("Section"), sections),
        ("label", _("Label"), [(label, str(words)) for label, words in reasons.LABELS.items()]),
        ("rule", _("Rule"), [(rule, str(words)) for rule, words in reasons.RULES.items()]),
        ("language", _("Language"), [(code, code) for code in languages]),
    ]
    if name in _WITH_REPORTS:
        offered.insert(1, ("report", _("Reported for"), [(code, str(words)) for code, words in Report.Reason.choices]))
    if name in _WITH_REFUSALS:
        refusals = [(code, str(title)) for code, (_key, title, _words) in reasons.REFUSALS.items()]
        offered.insert(1, ("refusal", _("Refused for"), refusals))
    return [Choice(which, title, options, getattr(filters, which)) for which, title, options in offered if options]


def _languages() -> list[str]:
    rows = Score.objects.filter(language__isnull=False).order_by("-id").values_list("language", flat=True)[:2000]
    return sorted({str(code) for code in rows})
