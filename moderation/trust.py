"""Readers who are trusted: by a senior's word, on record, taken back at will. What it does is the policy's affair."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from discussions.models import Reader, User
from moderation import roles
from moderation.models import Trust
from moderation.roles import NotAllowed


def in_force(reader: Reader) -> Trust | None:
    """Who trusts the reader at present, if anybody."""
    return Trust.objects.filter(reader=reader, lifted_at__isnull=True).first()


def give(*, reader: Reader, by: User, words: str) -> Trust:
    """Trust a reader from now on. Somebody already trusted stays so, with the first words.

    Raises NotAllowed, or ValueError without a reason.
    """
    roles.require(by, roles.SANCTION)
    if reader.user_id == by.pk:
        raise NotAllowed(_("Nobody trusts themselves."))
    if not words.strip():
        raise ValueError(_("Say why this reader is trusted."))
    try:
        with transaction.atomic():
            return Trust.objects.create(reader=reader, words=words.strip(), by=by, by_name=str(by))
    except IntegrityError:
        return Trust.objects.get(reader=reader, lifted_at__isnull=True)


def take_back(trust: Trust, *, by: User) -> None:
    """The reader is one like any other again. Raises NotAllowed."""
    roles.require(by, roles.SANCTION)
    Trust.objects.filter(pk=trust.pk, lifted_at__isnull=True).update(
        lifted_at=timezone.now(), lifted_by=by, lifted_by_name=str(by)
    )
