"""Settings that cannot be read, and a database of another version: words, never a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment, language, log_level, time_zone
from config.local.state import CHECKOUT


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTS_PER_MINUTE", "abc"),
        ("PARLEY_LEASE_SECONDS", "a minute"),
        ("TRUSTED_PROXIES", "1.5"),
        ("TIME_ZONE", "Mars/Base"),
        ("LANGUAGE_CODE", "xx"),
        ("LOG_LEVEL", "loud"),
        ("STAFF_NEED_SECOND_FACTOR", "always"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(name: str, value: str, tmp_path: Path) -> None:
    done = manage("check", **{name: value, "PARLEY_STATE_DIR": str(tmp_path)})
    assert done.returncode == 1
    assert f"{name} is {value!r}" in done.stderr
    assert ".env.sample" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("seconds", "without"), [("0", True), ("60", False)])
def test_a_pool_that_cannot_carry_cursors_gets_none(seconds: str, without: bool, tmp_path: Path) -> None:
    names = {"DATABASE_CONN_MAX_AGE": seconds, "PARLEY_STATE_DIR": str(tmp_path)}
    ask = "from django.conf import settings; print(settings.DATABASES['default']['DISABLE_SERVER_SIDE_CURSORS'])"
    done = manage("shell", "--no-imports", "-c", ask, **names)
    assert done.stdout.strip() == str(without), done.stderr


def test_the_sample_explains_every_setting_that_is_read_and_no_other() -> None:
    blocks = (CHECKOUT / ".env.sample").read_text(encoding="utf-8").split("\n\n")
    explained = {name for block in blocks if block.startswith("# ") for name in re.findall(r"(?m)^#([A-Z_]+)=", block)}
    files = [path for area in ("config", "moderation") for path in (CHECKOUT / area).rglob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    read = set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', code))
    read |= set(re.findall(r'os\.environ(?:\.get\(|\[)"([A-Z_]+)"', code)) - {"MAKELEVEL", "PATH"}
    assert explained == read


def read(**variables: str) -> Environment:
    env = Environment()
    env.ENVIRON = variables
    return env


@pytest.mark.parametrize("word", ["true", "TRUE", "on", "yes", "1"])
def test_on_is_on(word: str) -> None:
    assert read(DEBUG=word).bool("DEBUG", default=False) is True


@pytest.mark.parametrize("word", ["false", "False", "off", "no", "0"])
def test_off_is_off(word: str) -> None:
    assert read(DEBUG=word).bool("DEBUG", default=True) is False


@pytest.mark.parametrize(
    "address",
    ["mysql://u:secret@h/x", "nonsense", "postgres://u:secret@h:port/x", "postgres://u:secret/word@h:5432/x"],
)
def test_a_database_that_is_none_of_postgresql_is_refused_without_showing_its_password(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is no address") as refused:
        read(DATABASE_URL=address).db_url("DATABASE_URL")
    assert "secret" not in str(refused.value)


def test_an_address_of_postgresql_is_taken_apart() -> None:
    found = read(DATABASE_URL="postgresql://ann:a%2Fb@db.example:5433/talk").db_url("DATABASE_URL")
    assert (found["ENGINE"], found["PASSWORD"], found["PORT"]) == ("django.db.backends.postgresql", "a/b", 5433)


def test_levels_zones_and_languages_are_read_as_people_write_them() -> None:
    assert log_level("info") == "INFO"
    assert time_zone("Europe/Berlin") == "Europe/Berlin"
    assert language("en-gb", {"en", "de"}) == "en-gb"


def test_a_database_that_was_not_migrated_says_so(tmp_path: Path) -> None:
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS behind")
        connection.execute("CREATE DATABASE behind")
    done = manage("check_counts", DATABASE_URL=url.rsplit("/", 1)[0] + "/behind", PARLEY_STATE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_is_interrupted_says_nothing_of_its_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    import manage as program

    def interrupted(_argv: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("django.core.management.execute_from_command_line", interrupted)
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 130


def test_earlier_secret_keys_are_read_as_a_list(tmp_path: Path) -> None:
    code = "from django.conf import settings; print(settings.SECRET_KEY_FALLBACKS)"
    done = manage("shell", "--no-imports", "-c", code, SECRET_KEY_FALLBACKS="one,two", PARLEY_STATE_DIR=str(tmp_path))
    assert done.stdout.strip() == "['one', 'two']", done.stderr
