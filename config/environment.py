"""Settings from the environment, with words for whoever set one wrongly."""

from __future__ import annotations

from collections.abc import Container
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

POSTGRES = {"postgres", "postgresql", "psql", "pgsql"}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
ON = environ.Env.BOOLEAN_TRUE_STRINGS
OFF = ("false", "off", "no", "n", "0")


class Environment(environ.Env):  # type: ignore[misc]  # it comes without types
    """django-environ, except that a value of the wrong kind names its variable instead of ending in a traceback."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        """As in `environ.Env`. Raises ImproperlyConfigured where the value cannot be read as what it should be."""
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as error:
            raise self._unreadable(var, repr(self.ENVIRON.get(var)), str(error)) from error

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> bool:
        """On or off. Raises ImproperlyConfigured for any other word: taken for "off" it could open a door."""
        return bool(self.get_value(var, cast=_on_or_off, default=default))

    def db_url(self, var: str, default: Any = environ.Env.NOTSET, engine: str | None = None) -> dict[str, Any]:
        """A PostgreSQL address as Django's settings have it. Raises ImproperlyConfigured for any other."""
        given = self.get_value(var, default=default)
        try:
            if urlsplit(given).scheme in POSTGRES:
                return dict(self.db_url_config(given, engine=engine))
        except ValueError:
            pass
        raise self._unreadable(  # neither the address nor what urlsplit says of it is shown: both hold a password
            var,
            "no address of a PostgreSQL database",
            "it looks like postgres://user:password@host:5432/database; "
            "in the password, / : @ # % are written as %2F %3A %40 %23 %25",
        )

    @staticmethod
    def _unreadable(var: str, given: str, why: str) -> ImproperlyConfigured:
        return ImproperlyConfigured(
            f"{var} is {given}, which cannot be read ({why}). Correct it in the environment or in .env; "
            ".env.sample explains every setting."
        )


def time_zone(name: str) -> str:
    """The name of a time zone that exists. Raises ValueError."""
    try:
        return ZoneInfo(name).key
    except (LookupError, OSError, ValueError):
        raise ValueError("no time zone has this name; one is Europe/Berlin") from None


def language(code: str, known: Container[str]) -> str:
    """A language code, such as en or en-gb, of a language that pages are written in. Raises ValueError."""
    if code.lower().partition("-")[0] not in known:
        raise ValueError("the site's pages are not written in this language")
    return code


def log_level(name: str) -> str:
    """A level's name as Python's logging has it. Raises ValueError."""
    if name.upper() not in LOG_LEVELS:
        raise ValueError(f"it is one of {', '.join(LOG_LEVELS)}")
    return name.upper()


def _on_or_off(word: str) -> bool:
    if word.strip().lower() not in {*ON, *OFF}:
        raise ValueError("it is true or false")
    return word.strip().lower() in ON
