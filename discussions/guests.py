"""Readers without an account: a name and an address that are nobody else's."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.html import format_html
from django.utils.translation import gettext as _

from discussions import accounts, languages, lookups, mail, markup, names
from discussions.models import Reader
from discussions.refusals import Refused

MOST_NAME = 60  # characters


def add(*, name: str, email: str, back: str = "/") -> Reader:
    """Save a guest reader. Raises Refused where the name or the address belongs to somebody else or is malformed.

    `back` is the page to which those come back who are asked to log in.
    """
    name = " ".join(markup.clean(name[: 4 * MOST_NAME]).split())
    email = email.strip().lower()
    if len(name) > MOST_NAME:
        raise Refused("name_too_long", _("The name is too long: 60 characters fit."))
    if not names.key(name):
        raise Refused("name_missing", _("Give a name, so that others can answer you."))
    _check_address(email)
    check(name=name, email=email, back=back)
    return Reader.objects.create(kind=Reader.Kind.GUEST, name=name, email=email, language=languages.active())


def of_form(form_key: UUID | None, *, name: str, email: str) -> Reader | None:
    """The guest who posted with this very form a moment ago under this name and address: it was sent twice."""
    if form_key is None:
        return None
    theirs = Reader.objects.filter(kind=Reader.Kind.GUEST, name=name, email=email)
    return theirs.filter(comments__form_key=form_key).first()


def give_address(reader: Reader, *, email: str, back: str = "/") -> None:
    """Save the address that a guest gives anew, whose earlier one was erased. Raises Refused as `add` does."""
    email = email.strip().lower()
    _check_address(email)
    check(name=reader.name, email=email, back=back)
    reader.email, reader.email_confirmed_at = email, None
    reader.save(update_fields=["email", "email_confirmed_at"])


def _check_address(email: str) -> None:
    try:
        validate_email(email)
        if len(email) > 254:
            raise ValidationError(email)
        mail.check_sendable(email)
    except ValidationError:
        raise Refused("email_malformed", _("Give an e-mail address like name@example.org. It is not shown.")) from None


def check(*, name: str, email: str, back: str = "/") -> None:
    """Raise Refused where a guest's name or address is somebody else's, even if it was free when they began."""
    if names.is_reserved(name):
        raise Refused("name_reserved", _("This name is kept for the people who run the site. Choose another."))
    taken = lookups.taken(keys=names.keys(name), email=email)
    if taken.name:
        said = _('Somebody with an account goes by this name. Choose another, or <a href="{log_in}">log in</a>.')
        raise Refused("name_taken", format_html(said, log_in=accounts.log_in_address(back)))
    if taken.address:
        said = _('This address belongs to an account. <a href="{log_in}">Log in</a> to post with it.')
        raise Refused("email_registered", format_html(said, log_in=accounts.log_in_address(back)))
