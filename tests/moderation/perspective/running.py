"""The endpoint as callers meet it: gunicorn and an ask worker as processes, on services already running."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from config.local.processes import free_port
from config.local.state import CHECKOUT
from tests.waiting import until


@dataclass
class Endpoint:
    """Where it answers, what it runs, and where its processes write."""

    base_url: str
    folder: Path
    environment: dict[str, str]
    processes: dict[str, int]  # name: process number
    key: str = ""

    @property
    def logs(self) -> str:
        """Everything its processes have printed so far."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.stdout.strip()

    def analyze(self, text: str, key: str, **more: object) -> requests.Response:
        """One plain request."""
        body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}} | more
        return requests.post(f"{self.base_url}/v1alpha1/comments:analyze", params={"key": key}, json=body, timeout=30)


@contextmanager
def endpoint(
    folder: Path,
    *,
    database_url: str,
    redis_url: str,
    worker: bool = True,
    threads: int = 24,
    processes: int = 2,
    **more: str,
) -> Iterator[Endpoint]:
    """Start, wait until it listens (until it scores is the caller's to see), and stop. `more`: environment."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PARLEY_STATE_DIR": str(folder),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DEBUG": "0",
        "LOG_LEVEL": "INFO",
        "C_FORCE_ROOT": "1",
        "HF_HUB_OFFLINE": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
    }
    environment |= more
    python = [sys.executable, "-m"]
    web = [*python, "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", str(processes)]
    ask = [*python, "celery", "-A", "config", "worker", "-Q", "ask", "-c", "2", "-n", f"ask{port}@%h"]
    commands = {"web": [*web, "--threads", str(threads), "--no-control-socket", "config.wsgi"]}
    if worker:
        commands["ask"] = [*ask, "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    started = []
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                started.append(
                    subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=subprocess.STDOUT)
                )
        pids = {name: process.pid for name, process in zip(commands, started, strict=True)}
        site = Endpoint(f"http://127.0.0.1:{port}", folder, environment, pids)
        _listening(site, started)
        yield site
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def _listening(site: Endpoint, started: list[subprocess.Popen[bytes]]) -> None:
    def up() -> bool:
        assert all(process.poll() is None for process in started), "a process ended early"
        try:
            return requests.get(f"{site.base_url}/livez", timeout=5).ok
        except requests.RequestException:
            return False

    with _logs_of(site):
        until("the endpoint listens", up, 60)


def scoring(site: Endpoint, key: str, seconds: float = 120.0) -> None:
    """Return once the worker answers; fail when it does not within `seconds`."""

    def scored() -> bool:
        return site.analyze("Good morning to everybody.", key).status_code == 200

    with _logs_of(site):
        until("the endpoint scores", scored, seconds)


@contextmanager
def _logs_of(site: Endpoint) -> Iterator[None]:
    """What its processes printed goes with a failure."""
    try:
        yield
    except AssertionError as error:
        error.add_note(site.logs)
        raise
