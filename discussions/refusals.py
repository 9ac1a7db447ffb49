"""What a reader is told when something they asked for is not possible."""

from __future__ import annotations

from django.utils.functional import Promise


class Refused(Exception):
    """Something a reader asked for is not possible. `message` says why and what to do; `code` is for programs.

    A message that holds links is marked as safe; all others are escaped where they are shown.
    """

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
