"""A whole site under `make run`'s supervisor, in a folder of its own, for tests that start and break it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from config.local.processes import free_port
from config.local.state import CHECKOUT, State
from tests.config.running import alive
from tests.waiting import until


class RunningSite:
    """Start with `start()`, end with `close()`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="parley-site-"))
        self.state = State(self.folder)
        self.port = free_port()
        self.log = self.folder / "output.txt"
        self.process: subprocess.Popen[bytes] | None = None
        # Nothing of the services these tests themselves run on, and nothing of a `.env` in the checkout.
        away = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SITE_URL", "MAKELEVEL", "PARLEY_LOCAL", "BIND")
        own = {"PARLEY_STATE_DIR": str(self.folder), "PORT": str(self.port), "WEB_CONCURRENCY": "1"}
        self.environment = os.environ | dict.fromkeys(away, "") | own

    def start(self) -> None:
        """Start, and return once this run (not what an earlier one left on the port) is ready."""
        said_before = self.log.stat().st_size if self.log.exists() else 0

        def up() -> bool:
            return b"Parley is ready at" in self.log.read_bytes()[said_before:] and self.ready()

        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.local", "run"],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            until("the site is up", lambda: up() or self.ended(), 240)
        except AssertionError:
            raise AssertionError(self.output()) from None
        assert not self.ended(), self.output()

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-5000:]

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; (0, "") when nothing answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def ready(self) -> bool:
        """Web, database, scoring and broker, all as they should be."""
        status, body = self.get("/healthz")
        return status == 200 and json.loads(body)["broker"] == "up"

    def workers_seen(self) -> list[str]:
        """When each scoring worker last reported (ISO 8601, UTC); empty when nothing answers."""
        _status, body = self.get("/healthz")
        return [worker["seen"] for worker in json.loads(body or "{}").get("workers", [])]

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A management command from another terminal."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def pid(self, name: str) -> int:
        """The present process of a child."""
        return self.state.children()[name][0]

    def command_lines(self) -> dict[int, str]:
        """pid: its command line, of every process below the supervisor that is still there when asked."""
        lines = {}
        for process in self.everybody():
            with suppress(psutil.Error):
                lines[process.pid] = " ".join(process.cmdline())
        return lines

    def everybody(self) -> list[psutil.Process]:
        """Every process below the supervisor."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    @staticmethod
    def left(processes: list[psutil.Process]) -> list[int]:
        """Which of them still run; a number that went to another process since does not count."""
        return [process.pid for process in processes if process.is_running() and alive(process.pid)]

    def kill(self, name: str) -> None:
        """SIGKILL a child and wait for its successor."""
        old = self.pid(name)
        os.kill(old, signal.SIGKILL)
        until(f"another {name} runs", lambda: self.state.children().get(name, (old,))[0] != old, 30)

    def end(self, sign: signal.Signals, seconds: float = 60) -> int:
        assert self.process is not None
        self.process.send_signal(sign)
        return self.process.wait(seconds)

    def facts(self) -> dict[str, Any]:
        return json.loads((self.folder / "services.json").read_text())
