"""The embedded servers: start, heal after a kill, refuse strangers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config import local
from config.local.cluster import SHARED_HOME
from config.local.postgres import Postgres
from config.local.processes import LocalError
from config.local.state import State
from tests.config.running import alive
from tests.waiting import until


@pytest.fixture
def state() -> Iterator[State]:
    """A state folder that PostgreSQL's account can reach, unlike pytest's own for root."""
    folder = Path(tempfile.mkdtemp(prefix="parley-state-"))
    state = State(folder)
    state.make()
    yield state
    shutil.rmtree(folder)


@pytest.fixture
def server(state: State) -> Iterator[Postgres]:
    server = Postgres(state)
    server.prepare()
    server.start(60.0)
    yield server
    server.stop()


def test_both_servers_answer_with_their_passwords_and_leave_nothing_behind(state: State) -> None:
    with local.services(state.folder) as services:
        with psycopg.connect(services["database_url"]) as connection:
            row = connection.execute(
                "SELECT current_database(), pg_encoding_to_char(encoding) FROM pg_database"
            ).fetchone()
            assert row is not None
            assert row == ("parley", "UTF8")
        assert redis.Redis.from_url(services["redis_url"] + "/1").ping()
        pids = [services.postgres.process, services.valkey.process]
        assert all(process is not None and alive(process.pid) for process in pids)
    assert not (state.folder / "postgres").exists()
    assert not (state.folder / "valkey").exists()


def test_neither_server_lets_anybody_in_without_its_password(state: State) -> None:
    with local.services(state.folder) as services:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host="127.0.0.1", port=services.postgres.port, user="parley", password="guess")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=services.valkey.port).ping()


def test_two_sites_on_one_machine_do_not_meet(state: State) -> None:
    other = state.folder / "other"
    with local.services(state.folder) as one, local.services(other) as two:
        assert one["database_url"] != two["database_url"]
        redis.Redis.from_url(one["redis_url"]).set("mine", "1")
        assert redis.Redis.from_url(two["redis_url"]).get("mine") is None


def test_the_broker_refuses_when_full_instead_of_dropping_messages(state: State) -> None:
    with local.services(state.folder) as services:
        found = redis.Redis.from_url(services["redis_url"]).config_get("maxmemory-policy")
    assert found == {"maxmemory-policy": "noeviction"}


def test_a_killed_database_starts_again_with_everything_that_was_committed(state: State, server: Postgres) -> None:
    with server.connect() as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('here')")
    assert server.process is not None
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(10)
    assert (server.data / "postmaster.pid").exists()

    again = Postgres(state)
    again.prepare()
    again.start(60.0)
    with again.connect() as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("here",)
    again.stop()


def test_a_start_waits_for_what_a_killed_database_left_at_work(state: State, server: Postgres) -> None:
    assert server.process is not None
    with server.connect() as connection:
        backend = psutil.Process(connection.info.backend_pid)
        backend.suspend()  # busy, as far as anybody can see: it does not notice that its server has gone
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(10)
        again = Postgres(state)
        again.prepare()
        with ThreadPoolExecutor(1) as pool:
            started = pool.submit(again.start, 60.0)
            try:
                until("it is in the way", lambda: b"still in use" in again.log.read_bytes(), 30)
                assert again._left_behind()
                assert not started.done()
            finally:
                backend.resume()
            assert started.result(60)
    again.stop()


def test_a_database_that_an_earlier_run_left_running_is_stopped_and_taken_over(state: State, server: Postgres) -> None:
    assert server.process is not None
    orphan = server.process
    again = Postgres(state)
    again.prepare()
    again.start(60.0)
    assert orphan.wait(10) is not None
    with again.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    again.stop()


def test_a_pid_file_that_names_a_stranger_neither_stops_the_start_nor_the_stranger(state: State) -> None:
    server = Postgres(state, durable=False)
    server.prepare()
    # Sleeping is its whole business: it lives until the test ends it.
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        (server.data / "postmaster.pid").write_text(f"{stranger.pid}\n{server.data}\n")
        server.start(60.0)
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_first_start_is_done_again(state: State) -> None:
    unfinished = state.folder / "postgres" / "data.unfinished"
    half = state.folder / "postgres" / "data"
    for folder in (unfinished, half):
        folder.mkdir(parents=True)
        (folder / "base").touch()
    server = Postgres(state, durable=False)
    server.prepare()
    assert not unfinished.exists()
    server.start(60.0)
    server.stop()


def test_data_from_another_major_version_is_refused_with_the_page_to_read(state: State) -> None:
    server = Postgres(state, durable=False)
    server.prepare()
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(LocalError, match=r"made by PostgreSQL 9.*docs/operations\.md"):
        server.prepare()


def test_a_lost_password_is_named_instead_of_waited_for(state: State) -> None:
    server = Postgres(state, durable=False)
    server.prepare()
    (server.home / "password").write_text("another\n")
    server.prepare()
    try:
        with pytest.raises(LocalError, match="does not fit the data"):
            server.start(60.0)
    finally:
        server.stop()


def test_a_path_longer_than_a_unix_socket_allows_is_no_obstacle(state: State) -> None:
    deep = state.folder / ("long-" * 20) / ("path-" * 20)
    deep.mkdir(parents=True)
    with local.services(deep) as services, psycopg.connect(services["database_url"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_closed_parent_folder_moves_only_the_database_and_only_for_root(state: State) -> None:
    state.folder.chmod(0o700)
    closed = state.folder / "closed"
    closed.mkdir()
    said: list[str] = []
    server = Postgres(State(closed), say=said.append)
    if os.geteuid() == 0:
        assert server.home.is_relative_to(SHARED_HOME)
        assert any(str(server.home) in line for line in said)
    else:
        assert server.home == closed / "postgres"


def test_a_database_folder_of_another_user_is_refused_with_advice(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Postgres(state, durable=False)
    server.prepare()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    server.cluster.account = None
    with pytest.raises(LocalError, match="belongs to another user"):
        server.prepare()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(state: State) -> None:
    server = Postgres(state, durable=False)
    server.prepare()
    (server.data / "postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(LocalError, match="nonsense"):
        server.start(60.0)
    server.stop()
