"""What people at the desk call each other: the name on their account, never their address.

Names of accounts are unique, look-alikes included; whoever has none goes by their account's number. So no two are
called the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from discussions.models import Reader, User
from moderation.models import Decision


def called(user_id: int, name: str | None) -> str:
    """What an account is called whose public name is `name`, None where it has none or has gone."""
    return name or _("colleague %(number)d") % {"number": user_id}


def name_of(user: User | None) -> str:
    """What this person is called. None stands for an account that has gone. Costs a query unless `reader` is there."""
    if user is None:
        return _("a former colleague")
    reader: Reader | None = getattr(user, "reader", None)
    return called(user.pk, reader.name if reader else None)


def names(user_ids: Iterable[int | None]) -> dict[int, str]:
    """user id → what they are called."""
    ids = {pk for pk in user_ids if pk is not None}
    known = dict(Reader.objects.filter(user__in=ids).values_list("user_id", "name")) if ids else {}
    return {pk: called(pk, known.get(pk)) for pk in ids}


def who_decided(decision: Decision) -> str:
    """The person's name, or that it was policy."""
    if decision.actor_id is None:
        return _("policy")
    return names([decision.actor_id])[decision.actor_id]
