"""Who may do what at the desk. One table, asked by every view and by the decisions themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discussions.models import Comment, User
from moderation.models import Staff

Role = Staff.Role

DECIDE = "decide"
SEE_DESK = "see the desk"
SANCTION = "sanction readers"
APPEALS = "decide appeals"
EXPORT = "export the record"
EDIT_POLICY = "change the policy"
ADMINISTER = "administer"

NEEDED: dict[str, Staff.Role] = {
    SEE_DESK: Role.MODERATOR,
    DECIDE: Role.MODERATOR,
    SANCTION: Role.SENIOR,
    APPEALS: Role.SENIOR,
    EXPORT: Role.SENIOR,
    EDIT_POLICY: Role.EDITOR,
    ADMINISTER: Role.ADMIN,
}


_MISSING: dict[str, Promise] = {
    SEE_DESK: gettext_lazy("To see the desk you need the role %(role)s."),
    DECIDE: gettext_lazy("To decide on comments you need the role %(role)s."),
    SANCTION: gettext_lazy("To sanction readers you need the role %(role)s."),
    APPEALS: gettext_lazy("To answer appeals you need the role %(role)s."),
    EXPORT: gettext_lazy("To export the record you need the role %(role)s."),
    EDIT_POLICY: gettext_lazy("To change the policy you need the role %(role)s."),
    ADMINISTER: gettext_lazy("To administer the site you need the role %(role)s."),
}


class NotAllowed(Exception):
    """This person may not do this; the text says why."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the table of roles says of one person. No sections means all of them."""

    role: Staff.Role | None
    sections: tuple[int, ...]


def _standing(user: User) -> _Standing:
    if user.is_superuser:
        return _Standing(Role.ADMIN, ())
    known: _Standing | None = getattr(user, "_standing", None)
    if known is not None:
        return known
    rows = list(Staff.objects.filter(user=user).values_list("role", "sections"))
    return _Standing(Role(rows[0][0]) if rows else None, tuple(pk for _role, pk in rows if pk is not None))


def for_this_request(user: User) -> None:
    """Look the person's role and sections up once: every answer about this object of theirs rests on it from now on."""
    user._standing = _standing(user)  # type: ignore[attr-defined]


def role_of(user: User | AnonymousUser) -> Staff.Role | None:
    """The person's role, or None for somebody without one. A superuser is an admin."""
    return _standing(user).role if isinstance(user, User) and user.is_active else None


def may(user: User | AnonymousUser, what: str, comment: Comment | None = None) -> bool:
    """Whether the person may do `what`, and to this comment: in their sections, and never to their own."""
    return why_not(user, what, comment) == ""


def why_not(user: User | AnonymousUser, what: str, comment: Comment | None = None) -> str:
    """Empty where it is allowed, else the reason."""
    role = role_of(user)
    if role is None or role < NEEDED[what]:
        return str(_MISSING[what]) % {"role": NEEDED[what].label}
    if what == EXPORT and isinstance(user, User) and sections_of(user):
        return _("The record is exported whole, by somebody who answers for every section.")
    if comment is None or not isinstance(user, User):
        return ""
    if comment.reader.user_id == user.pk:
        return _("Nobody decides on their own comment.")
    section_ids = sections_of(user)
    if section_ids and comment.article.section_id not in section_ids:
        return _("This comment stands in a section that is not yours.")
    return ""


def colleagues(user: User, comment: Comment) -> QuerySet[Staff]:
    """Who can be asked about a comment: everybody else at the desk who answers for its section."""
    reaches = Q(sections__isnull=True) | Q(sections=comment.article.section_id) | Q(user__is_superuser=True)
    return Staff.objects.filter(reaches, user__is_active=True).exclude(user=user).distinct()


def reach(user: User, prefix: str = "") -> Q:
    """The condition on comments, reached by `prefix`, that keeps a person within the sections they answer for."""
    section_ids = sections_of(user)
    return Q(**{f"{prefix}article__section__in": section_ids}) if section_ids else Q()


def sections_of(user: User) -> list[int]:
    """The sections a person is limited to; empty means all."""
    return list(_standing(user).sections)


def may_lift(user: User, comment: Comment) -> bool:
    """Whether the comment stands where the person answers. The discussion asks this by its name in the settings.

    No section is kept from staff without a role at the desk.
    """
    section_ids = sections_of(user)
    return not section_ids or comment.article.section_id in section_ids


def require(user: User | AnonymousUser, what: str, comment: Comment | None = None) -> None:
    """Raise NotAllowed with the reason where `may` says no."""
    reason = why_not(user, what, comment)
    if reason:
        raise NotAllowed(reason)
