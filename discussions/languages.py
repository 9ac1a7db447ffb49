"""The language somebody is written to in: the one in which they last took part, followed something or signed up."""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from discussions.models import Reader


def active() -> str:
    """The language of the page in use, as one the site speaks."""
    return spoken(translation.get_language())


def spoken(*wishes: str | None) -> str:
    """The first of these languages that the site speaks, else the site's own."""
    speaks = {code for code, _name in settings.LANGUAGES}
    return next((wish for wish in wishes if wish in speaks), settings.LANGUAGE_CODE)


def note(reader: Reader) -> None:
    """Remember the language in which a reader takes part just now."""
    language = active()
    if reader.language != language:
        Reader.objects.filter(pk=reader.pk).update(language=language)
        reader.language = language


def speaking_to(reader: Reader, *, otherwise: str | None = None) -> AbstractContextManager[None]:
    """Texts made inside are in the reader's language; `otherwise` counts where it is not known yet."""
    return translation.override(spoken(reader.language, otherwise))
