"""`make run`, as far as it goes without the whole site: what it refuses, and in which words."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.preflight import busy_port_message, wanted
from config.local.processes import free_port
from config.local.run import Site, read_env_file
from config.local.state import CHECKOUT, State


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def run(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *argv],
        cwd=CHECKOUT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_busy_port_is_told_before_anything_is_started(busy: int, tmp_path: Path) -> None:
    done = run("-m", "config.local", "run", PORT=str(busy), PARLEY_STATE_DIR=str(tmp_path / "state"), DATABASE_URL="")
    assert done.returncode == 1
    assert f"Port {busy} is in use by another program. Choose another one: make run PORT={busy + 1}" in done.stdout
    assert not (tmp_path / "state" / "postgres").exists()
    assert not (tmp_path / "state" / "services.json").exists()


def test_a_busy_port_is_told_before_the_first_set_up_too(busy: int) -> None:
    done = run("config/local/preflight.py", PORT=str(busy))
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "line", ["PORT=8123", "export PORT=8123", "PORT = '8123'", 'PORT="8123"  # ours', "PORT=8123\nPORT=1"]
)
def test_the_port_may_stand_in_the_env_file_and_the_environment_comes_first(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORT", raising=False)
    (tmp_path / ".env").write_text(f"#PORT=1\nREPORT=2\n{line}\n")
    assert wanted("PORT", tmp_path / ".env") == "8123"
    assert wanted("BIND", tmp_path / ".env") == wanted("PORT", tmp_path / "none") == ""
    monkeypatch.setenv("PORT", "8456")
    assert wanted("PORT", tmp_path / ".env") == "8456"


@pytest.mark.parametrize(("given", "seen"), [([], "[]"), (["PORT=8123"], "[8123]")])
def test_make_hands_on_a_port_only_where_one_was_given(given: list[str], seen: str, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(f'include {CHECKOUT}/Makefile\nshow:\n\t@echo "[$$PORT]"\n')
    clean = {name: value for name, value in os.environ.items() if name != "PORT" and not name.startswith("MAKE")}
    argv = ["make", "-s", "-f", str(tmp_path / "Makefile"), "show", *given]
    done = subprocess.run(argv, cwd=CHECKOUT, env=clean, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == seen


def test_a_setting_without_a_value_counts_as_not_set(tmp_path: Path) -> None:
    blank = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SITE_URL", "COMMENT_MAX_CHARS"), "")
    shown = "s.DATABASES['default']['PORT'], s.SITE_URL, s.COMMENT_MAX_CHARS"
    code = f"from django.conf import settings as s; print({shown})"
    done = run("manage.py", "shell", "-v", "0", "-c", code, **blank, PARLEY_STATE_DIR=str(tmp_path))
    assert done.stdout.split() == ["1", "http://localhost:8000", "8000"], done.stderr


def test_a_free_port_passes() -> None:
    assert busy_port_message("127.0.0.1", str(free_port())) is None


@pytest.mark.parametrize("port", ["", "http", "0", "70000", "-1", "80a"])
def test_what_is_no_port_number_is_named(port: str) -> None:
    message = busy_port_message("127.0.0.1", port)
    assert message is not None
    assert "is not a port number" in message


def test_an_address_this_machine_does_not_have_is_named() -> None:
    message = busy_port_message("203.0.113.1", "8000")
    assert message is not None
    assert message.startswith("Parley cannot listen on 203.0.113.1:8000")


def test_a_second_run_in_the_same_folder_is_told_where_the_first_one_is(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.take()
    state.announce(base_url="http://localhost:8765")
    done = run("-m", "config.local", "run", PORT=str(free_port()), PARLEY_STATE_DIR=str(tmp_path))
    state.release()
    assert done.returncode == 1
    assert "already runs from this folder (http://localhost:8765)" in done.stdout


def test_a_state_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("-m", "config.local", "run", PORT=str(free_port()), PARLEY_STATE_DIR=str(tmp_path / "file"))
    assert done.returncode == 1
    assert "Set PARLEY_STATE_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_worker_processes_show_celery_their_queue_and_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_STATE_DIR", str(tmp_path))
    programs = {program.name: " ".join(program.argv) for program in Site().programs()}
    assert set(programs) == {"web", "beat", "score", "ask", "mail"}
    for queue in ("score", "ask", "mail"):
        assert "celery" in programs[queue]
        assert f"--workdir {CHECKOUT}" in programs[queue]
        assert f"-Q {queue} -c {2 if queue == 'ask' else 1} " in programs[queue]
    monkeypatch.setenv("PARLEY_ASK_PROCESSES", "5")
    assert any("-Q ask -c 5 " in " ".join(program.argv) for program in Site().programs())


@pytest.mark.parametrize("wrong", ["0", "two", "-1", "1.5"])
def test_a_wrong_number_of_processes_is_said_before_anything_starts(tmp_path: Path, wrong: str) -> None:
    done = run("-m", "config.local", "run", PARLEY_ASK_PROCESSES=wrong, PARLEY_STATE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert f"PARLEY_ASK_PROCESSES must be a number of processes such as 2; it is '{wrong}'." in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_in_the_env_file_do_not_override_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_TEST_SET", "environment")
    monkeypatch.delenv("PARLEY_TEST_UNSET", raising=False)
    (tmp_path / ".env").write_text("PARLEY_TEST_SET=file\nPARLEY_TEST_UNSET=file\n")
    read_env_file(tmp_path / ".env")
    assert os.environ["PARLEY_TEST_SET"] == "environment"
    assert os.environ.pop("PARLEY_TEST_UNSET") == "file"


def test_the_module_explains_its_use() -> None:
    done = run("-m", "config.local", "walk")
    assert done.returncode == 2
    assert "usage: python -m config.local run" in done.stderr
