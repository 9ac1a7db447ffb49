"""PostgreSQL and the Redis-protocol server together, started and stopped by one process."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.local import processes
from config.local.cluster import SHARED_HOME
from config.local.postgres import Postgres
from config.local.state import State
from config.local.valkey import Valkey


class Services(dict[str, str]):
    """{"database_url": …, "redis_url": …}, with the servers themselves as `postgres` and `valkey`."""

    postgres: Postgres
    valkey: Valkey

    def add_postgres(self, server: Postgres) -> None:
        self.postgres = server
        self["database_url"] = server.url

    def add_valkey(self, server: Valkey) -> None:
        self.valkey = server
        self["redis_url"] = server.url

    def stop(self) -> None:
        """Stop what was added; data that had to move out of the state folder goes too."""
        if "redis_url" in self:
            self.valkey.stop()
        if "database_url" in self:
            self.postgres.stop()
            if self.postgres.home.is_relative_to(SHARED_HOME):
                shutil.rmtree(self.postgres.home, ignore_errors=True)


def start_postgres(state: State, *, durable: bool) -> Postgres:
    """A running PostgreSQL. Raises LocalError, leaving none behind."""
    server = Postgres(state, durable=durable)
    server.prepare()
    try:
        server.start(60.0)
    except BaseException:
        server.stop()
        raise
    return server


def start_valkey(state: State, say: Callable[[str], None] = lambda _text: None) -> Valkey:
    """A running Redis-protocol server. Raises LocalError."""
    valkey = Valkey(
        home=state.folder / "valkey", password=state.secret("valkey_password"), log=state.logs / "valkey.log"
    )
    say(f"starting the Redis-protocol server on port {valkey.port}")
    with valkey.log.open("wb") as log:
        valkey.process = processes.spawn(valkey.program(), stdout=log)
    try:
        valkey.wait_ready(valkey.process)
    except BaseException:
        valkey.stop()
        raise
    return valkey


def clear_leftovers(state: State, say: Callable[[str], None]) -> None:
    """End the children that a killed supervisor left behind. Hold the state folder before calling this."""
    for name, (pid, started) in state.children().items():
        if name != "postgres" and processes.is_same(pid, started):  # Postgres.heal() ends that one, gently
            say(f"stopping {name}, left behind by an earlier run")
            processes.stop_stranger(pid, started, [(signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)])
            processes.clear_group(pid)
    state.children_file.unlink(missing_ok=True)


@contextmanager
def ephemeral(folder: Path, *, postgres: bool = True, valkey: bool = True) -> Iterator[Services]:
    """The servers asked for, with their data below `folder`: fast and forgetful, gone at the end."""
    state = State(folder.absolute())
    state.take()
    running = Services()
    try:
        if postgres:
            running.add_postgres(start_postgres(state, durable=False))
        if valkey:
            running.add_valkey(start_valkey(state))
        yield running
    finally:
        running.stop()
        state.release()
        for name in ("postgres", "valkey"):
            shutil.rmtree(state.folder / name, ignore_errors=True)
