"""What must be done before the site starts, in one process: migrations, the model, the demo content."""

from __future__ import annotations

import os
import sys
import time

from config.local.state import State


def main() -> int:
    """`python -m config.local prepare`: 0 when everything is ready, 1 with a message otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management.base import CommandError, SystemCheckError
    from django.db import DatabaseError

    try:
        django.setup()
        steps()
    except (CommandError, SystemCheckError, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    except DatabaseError as error:
        print(f"The database does not answer as it should: {str(error).strip()}", file=sys.stderr)
        return 1
    return 0


def steps() -> None:
    """Each is quick when it has nothing to do."""
    from django.conf import settings
    from django.core.management import call_command

    with told("tables"):
        call_command("migrate", interactive=False, verbosity=0, skip_checks=False)  # wrong settings are told here
    with told("model"):
        call_command("model", "prepare")
    state = State()
    demo = state.folder / "demo_loaded"
    if settings.PARLEY_LOCAL and not demo.exists():
        with told("demo content"):
            call_command("load_demo")
        demo.touch()
    if settings.PARLEY_LOCAL:
        from moderation.perspective.keys import ensure_demo_key

        ensure_demo_key(state.folder)


class told:  # noqa: N801 - reads as a word in `with told("tables")`
    """Say that a step begins, and how long it took when that was long."""

    def __init__(self, step: str) -> None:
        self.step = step

    def __enter__(self) -> None:
        self.begun = time.monotonic()
        print(f"{self.step} …", flush=True)

    def __exit__(self, *error: object) -> None:
        seconds = time.monotonic() - self.begun
        if error[0] is None and seconds > 2:
            print(f"{self.step} done in {seconds:.0f} s", flush=True)
