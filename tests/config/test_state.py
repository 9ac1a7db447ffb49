"""The state folder: secrets, who runs, how others find it."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import local
from config.local.state import AlreadyRunningError, State
from tests.config.running import line_from, python

HOLDER = """
import sys, pathlib
from config.local.state import State
state = State(pathlib.Path(sys.argv[1]))
state.take()
state.announce(base_url="http://localhost:1", database_url="postgres://x", redis_url="redis://y", pids={})
print("holding", flush=True)
sys.stdin.read()
import signal; signal.pause()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PARLEY_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def test_the_secret_key_is_made_once_and_only_its_owner_may_read_it(folder: Path) -> None:
    key = local.secret_key()
    assert len(key) >= 40
    assert local.secret_key() == key
    assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600


def test_processes_that_ask_for_the_secret_key_at_the_same_moment_get_the_same_one(folder: Path) -> None:
    code = "from config import local; print(local.secret_key())"
    with python(code) as first, python(code) as second, python(code) as third:
        keys = {line_from(process) for process in (first, second, third)}
    assert keys == {local.secret_key()}


def test_an_empty_secret_file_is_filled_rather_than_used(folder: Path) -> None:
    folder.mkdir()
    (folder / "secret_key").touch()
    assert len(local.secret_key()) >= 40


def test_a_secret_key_that_cannot_be_made_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PARLEY_STATE_DIR", str(tmp_path / "file"))
    with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY"):
        local.secret_key()


def test_discovery_finds_nothing_and_makes_nothing_where_nothing_ever_ran(folder: Path) -> None:
    assert local.discover() == {}
    assert not folder.exists()


def test_discovery_finds_the_services_while_their_keeper_lives_and_not_after_it_was_killed(folder: Path) -> None:
    with python(HOLDER, str(folder)) as holder:
        assert line_from(holder) == "holding"
        assert local.discover() == {
            "base_url": "http://localhost:1",
            "database_url": "postgres://x",
            "redis_url": "redis://y",
        }
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        assert (folder / "services.json").exists()
        assert local.discover() == {}


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"database_url": null}', "\x00\xff"])
def test_discovery_does_not_stumble_over_a_damaged_file(folder: Path, content: str) -> None:
    state = State(folder)
    state.take()
    (folder / "services.json").write_text(content)
    found = local.discover()
    state.release()
    assert found == {}


def test_the_announcement_is_private_and_withdrawn_at_the_end(folder: Path) -> None:
    state = State(folder)
    state.take()
    state.announce(database_url="postgres://secret@host", pids={"web": 1})
    assert (folder / "services.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((folder / "services.json").read_text())["pids"] == {"web": 1}
    state.release()
    assert not (folder / "services.json").exists()


def test_one_folder_has_one_keeper_and_is_free_again_when_that_one_is_killed(folder: Path) -> None:
    with python(HOLDER, str(folder)) as holder:
        assert line_from(holder) == "holding"
        with pytest.raises(AlreadyRunningError):
            State(folder).take()
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        state = State(folder)
        state.take()
        assert state.held()
        state.release()
        assert not state.held()


def test_the_hint_says_both_ways_to_get_a_database() -> None:
    assert "make run" in local.hint()
    assert "DATABASE_URL" in local.hint()
