"""Everything a moderator sees of one comment, fetched once and laid out for the card's template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from discussions import markup
from discussions.models import Comment, Report, Revision, State, User
from moderation import alike, answering, authors, colleagues, lines, marks, presence, reasons, roles, versions
from moderation.models import Action, Appeal, Decision, Escalation, Note, Policy, Preset, QueueItem, Sanction, Score
from moderation.scoring import curves
from moderation.scoring.curves import Curve

SAME_WORDS_MIN_CHARS = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One label's score beside its thresholds.

    `value` is the raw score, `hold_from` and `reject_from` the thresholds it is held against, and `calibrated` is the
    probability it stands for, None without a curve (all 0..1). `width`, `hold` and `reject` are places on the bar, 0 to
    1000: thresholds are set on raw scores, so with a curve they go through it like the score itself.
    """

    label: str
    words: str | Promise
    value: float
    calibrated: float | None
    width: int
    hold: int | None
    reject: int | None
    hold_from: float | None
    reject_from: float | None
    level: str  # "reject", "hold" or "publish"


@dataclass(slots=True)
class Card:
    """One comment at the desk."""

    comment: Comment
    text: str
    pieces: list[marks.Piece]
    spans_known: bool
    hateful: bool
    score: Score | None
    bars: list[Bar]
    reasons: list[dict[str, str]]
    links: list[str]
    place: str
    reports: list[Report]
    parent: dict[str, Any] | None
    record: authors.Record
    sanctions: list[Sanction]
    trusted: bool
    notes: list[Note]
    alike: int
    same_words: list[Comment]
    revisions: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    escalation: Escalation | None
    appeal: Appeal | None
    lease: str
    refusals: list[tuple[str, str, str | Promise, str | Promise]]
    presets: list[Preset]
    why_not: str
    why_not_refuse: str
    colleagues: list[tuple[int, str]]
    appeal_waits: bool
    appeal_why_not: str
    may_reopen: bool

    @property
    def answers_appeal(self) -> bool:
        """Whether this person decides by answering: an open appeal against a refusal that stands, by somebody else."""
        return self.appeal_waits and not self.appeal_why_not


def build(comment: Comment, *, by: User) -> Card:
    """The card as this person sees it. `comment` comes with its article, parent and reader."""
    there = presence.of(comment)
    about = Appeal.objects.filter(comment=comment).select_related(
        "comment__reader", "comment__article", "closed_by__reader"
    )
    made = list(about.order_by("pk")) if there.appeals else []
    waiting = about.waiting().last() if made else None
    appeal = waiting or (made[-1] if made else None)
    newest = Revision.objects.get(comment=comment, number=comment.revision)
    score = Score.objects.filter(comment=comment, revision=comment.revision).order_by("-id").first()
    decisions = list(Decision.objects.filter(comment_id=comment.pk).order_by("-id")[:50])
    rules = Policy.objects.in_force().rules
    verdict = next((d for d in decisions if d.actor == Decision.Actor.MACHINE and d.revision == comment.revision), None)
    listed = [word for reason in (verdict.reasons if verdict else []) for word in _listed(reason)]
    others = alike.by_others([comment.pk], by).get(comment.pk, 0) if there.likeness else 0
    reports = Report.objects.filter(comment=comment).select_related("reader").order_by("handled_at", "-id")
    notes = Note.objects.filter(reader=comment.reader).select_related("by__reader")
    item = QueueItem.objects.filter(comment=comment).select_related("lease_by__reader").order_by("-rank").first()
    return Card(
        comment=comment,
        text=newest.text,
        pieces=marks.pieces(newest.text, spans=(score.spans or []) if score else [], listed=listed),
        spans_known=score is None or score.spans is not None or max(score.labels.values(), default=0) < 0.3,
        hateful=lines.is_hateful(score.labels) if score else False,
        score=score,
        bars=bars(score.labels, rules, curves.curves(score.checkpoint, score.weights)) if score else [],
        reasons=[{"outcome": r["outcome"], "words": reasons.sentence(r)} for r in (verdict.reasons if verdict else [])],
        links=markup.links(newest.text),
        place=_place(item),
        reports=list(reports[:20]) if there.reports else [],
        parent=_parent(comment),
        record=authors.record_of(comment.reader),
        sanctions=list(Sanction.objects.touching(comment.reader).in_force()),
        trusted=there.trust,
        notes=list(notes[:10]) if there.notes else [],
        alike=others,
        same_words=_by_others(comment, newest, by, others=others, twins=there.twins),
        revisions=versions.of(comment),
        decisions=told(decisions),
        escalation=_escalation(comment) if there.escalation else None,
        appeal=appeal,
        appeal_waits=waiting is not None,
        appeal_why_not=_why_unanswered(appeal, waiting, by),
        may_reopen=_may_reopen(appeal, decisions, by),
        colleagues=_colleagues(comment, by),
        lease=_lease(item, by),
        refusals=[(code, key, title, words) for code, (key, title, words) in reasons.REFUSALS.items()],
        presets=list(Preset.objects.all()[:40]),
        why_not=roles.why_not(by, roles.DECIDE, comment),
        why_not_refuse=answering.why_not_refuse(comment, by, latest=decisions[0]) if made and decisions else "",
    )


def _why_unanswered(appeal: Appeal | None, waiting: Appeal | None, by: User) -> str:
    """Empty where this person may answer the appeal or somebody has, else why they cannot."""
    if appeal is None or appeal.closed_at is not None:
        return ""
    return answering.why_not(appeal, by) if waiting else _("The refusal it is about no longer stands.")


def _may_reopen(appeal: Appeal | None, decisions: Sequence[Decision], by: User) -> bool:
    """Whether this person may take the answer back: nobody has decided since, and they may give it."""
    if appeal is None or appeal.closed_at is None:
        return False
    stands = appeal.answer_id is None or (bool(decisions) and decisions[0].pk == appeal.answer_id)
    return stands and not answering.why_not(appeal, by)


def bars(labels: dict[str, float], rules: dict[str, Any], calibration: Mapping[str, Curve]) -> list[Bar]:
    """The labels in their own order, each with the thresholds in force, calibrated where there is a curve."""
    known = list(reasons.LABELS)
    ordered = sorted(labels.items(), key=lambda pair: known.index(pair[0]) if pair[0] in known else len(known))
    return [_bar(label, value, rules.get("thresholds", {}).get(label, {}), calibration.get(label))
            for label, value in ordered]  # fmt: skip


def _bar(label: str, value: float, limits: Mapping[str, float | None], curve: Curve | None) -> Bar:
    hold, reject = limits.get("hold"), limits.get("reject")
    level = "publish"
    if hold is not None and value >= hold:
        level = "hold"
    if reject is not None and value >= reject:
        level = "reject"

    def place(raw: float) -> int:
        return round(1000 * (curve.at(raw) if curve else raw))

    return Bar(
        label=label,
        words=reasons.LABELS.get(label, label),
        value=value,
        calibrated=curve.at(value) if curve else None,
        width=place(value),
        hold=None if hold is None else place(hold),
        reject=None if reject is None else place(reject),
        hold_from=hold,
        reject_from=reject,
        level=level,
    )


def _listed(reason: dict[str, Any]) -> Iterable[str]:
    return reason["value"] if reason["rule"] in {"banned_word", "suspect_word"} else []


def _place(item: QueueItem | None) -> str:
    """Why the card stands where it stands in the order."""
    if item is None:
        return ""
    why = item.why
    parts = [_("probability %(p).2f") % {"p": why.get("probability", 0.5)}]
    if why.get("reach", 1) > 1:
        parts.append(_("reach %(r).1f") % {"r": why["reach"]})
    if why.get("reports"):
        weight = why.get("weight", why["reports"])
        parts.append(
            ngettext("%(n)d report weighing %(w).1f", "%(n)d reports weighing %(w).1f", why["reports"])
            % {"n": why["reports"], "w": weight}
        )
    return _("expected harm %(harm).2f: %(parts)s, and its waiting time") % {
        "harm": item.harm,
        "parts": " × ".join(parts),
    }


def _parent(comment: Comment) -> dict[str, Any] | None:
    """The comment that is answered, with the words readers see, or the newest where they see none."""
    parent = comment.parent
    if parent is None:
        return None
    number = parent.shown_revision or parent.revision
    text = Revision.objects.filter(comment=parent, number=number).values_list("text", flat=True).first() or ""
    return {"id": parent.pk, "author": parent.reader.name, "text": text, "state": parent.state,
            "shown": parent.shown_revision is not None, "created_at": parent.created_at}  # fmt: skip


def _by_others(comment: Comment, newest: Revision, by: User, *, others: int, twins: bool) -> list[Comment]:
    """Others' comments that are alike, or at any age have the same words."""
    if others:
        return alike.others(comment, by)
    return _same_words(comment, newest, by) if twins else []


def _same_words(comment: Comment, newest: Revision, by: User) -> list[Comment]:
    """Other readers' comments of any age with exactly these words, newest first, as far as this person may look."""
    if len(newest.text) < SAME_WORDS_MIN_CHARS:
        return []
    twins = Revision.objects.filter(roles.reach(by, "comment__"), sha256=newest.sha256).exclude(
        comment__reader_id=comment.reader_id
    )
    ids = list(twins.order_by("-pk").values_list("comment_id", flat=True)[:5])
    return list(Comment.objects.filter(pk__in=ids).select_related("reader", "article").order_by("-pk"))


def told(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Rows of the record for people: who did what, why, and whether it was taken back."""
    names = colleagues.names(decision.actor_id for decision in decisions)
    return [_told(decision, names) for decision in decisions]


def _told(decision: Decision, names: Mapping[int, str]) -> dict[str, Any]:
    code = decision.reason_code if decision.action == Action.REJECT else ""  # earlier versions kept one of approvals
    return {
        "id": decision.pk,
        "comment_id": decision.comment_id,
        "who": names.get(decision.actor_id or 0) or _("policy, version %(n)s") % {"n": decision.policy_version},
        "by_machine": decision.actor == Decision.Actor.MACHINE,
        "action": decision.action,
        "did": decision.get_action_display(),
        "from_state": State(decision.from_state).label if decision.from_state in State.values else decision.from_state,
        "to_state": State(decision.to_state).label if decision.to_state in State.values else decision.to_state,
        "to": decision.to_state,
        "reason": str(reasons.REFUSALS[code][1]) if code in reasons.REFUSALS else code,
        "words": decision.reason_words,
        "sentences": [reasons.sentence(reason) for reason in decision.reasons],
        "revision": decision.revision,
        "reverses": decision.reverses_id,
        "batch": decision.batch,
        "at": decision.created_at,
    }


def _colleagues(comment: Comment, by: User) -> list[tuple[int, str]]:
    """Who can be asked: (user id, name)."""
    rows = roles.colleagues(by, comment).order_by("-role", "user__reader__name", "user_id")
    return [(pk, colleagues.called(pk, name)) for pk, name in rows.values_list("user_id", "user__reader__name")[:50]]


def _escalation(comment: Comment) -> Escalation | None:
    """The question that is open, with who asks whom."""
    asked = Escalation.objects.select_related("by__reader", "to__reader")
    return asked.filter(comment=comment, closed_at__isnull=True).first()


def _lease(item: QueueItem | None, by: User) -> str:
    """Who else is looking at it now, empty when nobody."""
    from django.utils import timezone

    if item is None or item.lease_by is None or item.lease_by == by:
        return ""
    if item.lease_until is None or item.lease_until < timezone.now():
        return ""
    return colleagues.name_of(item.lease_by)
