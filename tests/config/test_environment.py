"""Settings that cannot be read, and a database of another version: words, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from config.local.state import CHECKOUT


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [("POSTS_PER_MINUTE", "abc"), ("PARLEY_LEASE_SECONDS", "a minute"), ("TRUSTED_PROXIES", "1.5")]
)
def test_a_setting_that_cannot_be_read_is_named(name: str, value: str, tmp_path: Path) -> None:
    done = manage("check", **{name: value, "PARLEY_STATE_DIR": str(tmp_path)})
    assert done.returncode == 1
    assert f"{name} is {value!r}" in done.stderr
    assert ".env.sample" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_was_not_migrated_says_so(tmp_path: Path) -> None:
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS behind")
        connection.execute("CREATE DATABASE behind")
    done = manage("check_counts", DATABASE_URL=url.rsplit("/", 1)[0] + "/behind", PARLEY_STATE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr
