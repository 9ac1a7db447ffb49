"""Embedded services and `make run`: a whole Parley site from one checkout, nothing installed system-wide.

`settings.py` imports this package in every process, so this file needs nothing beyond the standard
library and does no work at import. The parts:

    state.py       the state folder: who runs, the addresses, secrets
    processes.py   start, recognise and stop a process; free ports; the account for PostgreSQL
    cluster.py     PostgreSQL's data folder      postgres.py   the server on it, from its wheel
    valkey.py      the Redis-protocol server
    embedded.py    both together, for `make run` and for the tests
    supervisor.py  keeps the children alive      run.py      what `make run` does, in order
    prepare.py     migrations, model, demo       preflight.py  what can be told before set-up
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from config.local import state

if TYPE_CHECKING:
    from config.local.embedded import Services

__all__ = ["discover", "hint", "secret_key", "services"]


def discover() -> dict[str, str]:
    """The addresses of the services that `make run` keeps up for this checkout; empty when none runs.

    Keys: `base_url` whenever it runs; `database_url` and `redis_url` only for embedded services, so
    `"database_url" in discover()` says that this is the local demo. Reads one small file, changes
    nothing, never raises. Call it after `.env` has been read, because PARLEY_STATE_DIR may be set there.
    """
    try:
        return state.State().addresses()
    except Exception:  # noqa: BLE001 - settings must load whatever the state folder looks like
        return {}


def secret_key() -> str:
    """The site's secret key, made once in the state folder with mode 600.

    Raises ImproperlyConfigured, with what to do, where it can be neither read nor made.
    """
    return state.State().secret("secret_key")


def hint() -> str:
    """What to tell somebody whose command needs a database while none answers."""
    return (
        "Start the site with 'make run' in another terminal and repeat the command,\n"
        "or set DATABASE_URL to a PostgreSQL server (see .env.sample)."
    )


@contextmanager
def services(state_dir: Path) -> Iterator[Services]:
    """Private PostgreSQL and Redis-protocol servers for tests, with their data below `state_dir`.

    Yields {"database_url": …, "redis_url": …} that also carries the running servers, to break them on
    purpose. Tuned for speed: nothing survives a power cut. Both stop and their data goes at the end.
    """
    from config.local.embedded import ephemeral

    with ephemeral(state_dir) as running:
        yield running
