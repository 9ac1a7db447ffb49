"""Settings from the environment, with words for whoever set one wrongly."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.Env):  # type: ignore[misc]  # it comes without types
    """django-environ, except that a value of the wrong kind names its variable instead of ending in a traceback."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        """As in `environ.Env`. Raises ImproperlyConfigured where the value cannot be read as what it should be."""
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as error:
            given = self.ENVIRON.get(var)
            raise ImproperlyConfigured(
                f"{var} is {given!r}, which cannot be read ({error}). Correct it in the environment or in .env; "
                ".env.sample explains every setting."
            ) from error
