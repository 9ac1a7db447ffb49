"""What `make run` does, in order: look, start the services, prepare, start the site, look after it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from config.local import processes
from config.local.embedded import clear_leftovers
from config.local.postgres import Postgres
from config.local.preflight import busy_port_message
from config.local.processes import LocalError, Program
from config.local.state import CHECKOUT, AlreadyRunningError, State
from config.local.supervisor import Supervisor
from config.local.valkey import Valkey

PYTHON = str(CHECKOUT / ".venv" / "bin" / "python")
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not bound to
# These end last, and in this order, because the others need them to end well.
SERVICES = [["valkey"], ["postgres"]]


class Site:
    """One run of the whole site from this checkout."""

    def __init__(self) -> None:
        self.host = os.environ.get("BIND") or "127.0.0.1"
        self.port = os.environ.get("PORT") or "8000"
        shown = "localhost" if self.host in {"127.0.0.1", "::1", *EVERYWHERE} else self.host
        self.base_url = f"http://{shown}:{self.port}"
        self.state = State()
        self.supervisor = Supervisor(self.state)
        self.say = self.supervisor.say
        self.metrics = self.state.folder / "metrics"
        self.web_processes = _count(os.environ.get("WEB_CONCURRENCY"), "WEB_CONCURRENCY")
        self.ask_processes = _count(os.environ.get("PARLEY_ASK_PROCESSES"), "PARLEY_ASK_PROCESSES")
        self.embedded_database = not os.environ.get("DATABASE_URL")
        self.embedded_redis = not os.environ.get("REDIS_URL")
        self.facts: dict[str, object] = {"base_url": self.base_url, "supervisor": os.getpid()}
        self.begun = time.monotonic()
        self.ready = False
        self._asked = self._told = self.begun

    # --- in order ---------------------------------------------------------------------------------------

    def run(self) -> int:
        """0 after a clean stop, 1 with a message otherwise."""
        try:
            self.take()
        except AlreadyRunningError:
            there = self.state.announced().get("base_url", "starting up")
            self.say(f"Parley already runs from this folder ({there}). Stop that one with Ctrl-C first,")
            self.say("or run a second copy with its own data: make run PORT=8001 PARLEY_STATE_DIR=/another/folder")
            return 1
        self.supervisor.listen()
        if os.environ.get("MAKELEVEL"):  # a killed make must not leave a site behind that nobody sees
            processes.die_with_parent(signal.SIGTERM)
        try:
            self.claim_port()
            if self.start_services() and self.prepare():
                self.start_site()
                self.supervisor.run(self.look)
            return 0
        except (LocalError, OSError) as error:
            self.say(str(error))
            return 1
        finally:
            self.close()

    def take(self) -> None:
        """Hold the state folder; a clear message where it cannot be written."""
        try:
            self.state.take()
        except OSError as error:
            raise LocalError(
                f"The folder {self.state.folder} cannot be used ({error.strerror}). "
                "Set PARLEY_STATE_DIR to a folder of this user."
            ) from None
        self.state.services_file.unlink(missing_ok=True)
        (self.state.folder / "static").mkdir(exist_ok=True)  # filled by collectstatic, which is optional
        shutil.rmtree(self.metrics, ignore_errors=True)
        self.metrics.mkdir(mode=0o700)

    def claim_port(self) -> None:
        """Clear what a killed run left, then see that the port is free. Raises LocalError."""
        killed_before = bool(self.state.children())
        clear_leftovers(self.state, self.say)
        if killed_before:  # its web server may be on its way out
            processes.wait_until(lambda: busy_port_message(self.host, self.port) is None, 10.0)
        if problem := busy_port_message(self.host, self.port):
            raise LocalError(problem)

    def start_services(self) -> bool:
        """The embedded servers where no address was given. False when told to stop meanwhile."""
        if self.embedded_redis:
            self._start_valkey()
        if self.embedded_database and not self._start_postgres():
            return False
        self.announce()
        return not self.supervisor.stopping

    def _start_postgres(self) -> bool:
        postgres = Postgres(self.state, say=self.say)
        postgres.prepare()
        self.say("starting PostgreSQL")
        try:
            up = postgres.start(cancelled=lambda: self.supervisor.stopping)
        finally:
            if postgres.process is not None:
                self.supervisor.adopt(postgres.program(), postgres.process)
        self.facts["database_url"] = postgres.url
        return up

    def _start_valkey(self) -> None:
        valkey = Valkey(
            home=self.state.folder / "valkey",
            password=self.state.secret("valkey_password"),
            log=self.state.logs / "valkey.log",
        )
        self.say("starting the Redis-protocol server")
        valkey.log.unlink(missing_ok=True)
        child = self.supervisor.add(valkey.program())
        if child.process is not None:
            valkey.wait_ready(child.process)
        self.facts["redis_url"] = valkey.url

    def announce(self) -> None:
        """Tell other commands where everything is."""
        pids = {name: child.process.pid for name, child in self.supervisor.children.items() if child.process}
        self.state.announce(**self.facts, pids=pids)

    def prepare(self) -> bool:
        """Migrations, the model, the demo. False when told to stop meanwhile. Raises LocalError when a step fails."""
        argv = [PYTHON, "-m", "config.local", "prepare"]
        status = self.supervisor.run_step(Program("prepare", argv, env=self.environment(), cwd=CHECKOUT, grace=5.0))
        if status:
            raise LocalError("Preparing the site failed; the reason stands above. Nothing was started.")
        return status == 0

    def start_site(self) -> None:
        """Web server, workers and beat."""
        for program in self.programs():
            self.supervisor.add(program)
        self.announce()

    def close(self) -> None:
        """Stop everything, workers before the services they use."""
        if self.supervisor.children:
            self.say("stopping")
        self.supervisor.stop(SERVICES)
        self.state.release()

    # --- what runs --------------------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """For the children. Embedded services are found through the state folder, like any command finds them."""
        return os.environ | {
            "PARLEY_STATE_DIR": str(self.state.folder),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
            "REMAP_SIGTERM": "SIGQUIT",  # Celery: a stop request ends the batch, then gives the rest back
            "PROMETHEUS_MULTIPROC_DIR": str(self.metrics),  # so that /metrics also shows what the workers count
            "C_FORCE_ROOT": "1",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }

    def programs(self) -> list[Program]:
        """The site's own processes. Paths are absolute, so that a process list tells checkouts apart."""
        celery = [PYTHON, "-m", "celery", "--quiet", "--workdir", str(CHECKOUT), "-A", "config"]
        quiet = ["--without-gossip", "--without-mingle"]
        bind = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        web = [PYTHON, "-m", "gunicorn", "--chdir", str(CHECKOUT), "--bind", bind, "--worker-class", "gthread"]
        web += ["--workers", str(self.web_processes), "--threads", "24", "--graceful-timeout", "10"]
        web += ["--timeout", "60", "--log-level", "warning", "--worker-tmp-dir", str(self.state.folder)]
        web += ["--forwarder-headers", "-"]  # none: a client behind a local proxy could send its own SCRIPT_NAME
        web += ["--no-control-socket", "config.wsgi"]  # by default one file in the home folder, for all sites
        beat = ["beat", "--schedule", str(self.state.folder / "beat-schedule"), "--pidfile="]
        commands = {"web": web, "beat": [*celery, *beat]}
        for queue in ("score", "ask", "mail"):
            children = str(self.ask_processes if queue == "ask" else 1)
            worker = ["worker", "-Q", queue, "-c", children, "--pool", "prefork", "-n", f"{queue}@%h", *quiet]
            commands[queue] = [*celery, *worker, "--loglevel", "WARNING"]
        # Without its supervisor Celery would go on looking for the broker that went with it. Nothing is lost:
        # what a worker had claimed is claimed again when its lease ends.
        return [
            Program(
                name, argv, env=self.environment(), cwd=CHECKOUT, death_signal=None if name == "web" else signal.SIGKILL
            )
            for name, argv in commands.items()
        ]

    # --- looking after it -------------------------------------------------------------------------------

    def look(self) -> None:
        """Ask /healthz until it says ready once, then print where everything is."""
        now = time.monotonic()
        if self.ready or now - self._asked < 0.5:
            return
        self._asked = now
        status, text = self.health()
        if status == 200:
            self.ready = True
            self.banner()
        elif now - self._told > 20:
            self._told = now
            self.say(f"not ready yet after {now - self.begun:.0f} s: {text}")

    def health(self) -> tuple[int, str]:
        """The status of /healthz and its word on it; (0, reason) when the web server does not answer."""
        host = "127.0.0.1" if self.host in EVERYWHERE else self.host
        connection = http.client.HTTPConnection(host, int(self.port), timeout=2)
        try:
            connection.request("GET", "/healthz", headers={"Host": f"localhost:{self.port}"})
            answer = connection.getresponse()
            return answer.status, str(json.loads(answer.read()).get("status", ""))
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            return 0, f"the web server does not answer ({type(error).__name__})"
        finally:
            connection.close()

    def banner(self) -> None:
        """The block a person looks for."""
        lines = ["", f"Parley is ready at {self.base_url}/   (after {time.monotonic() - self.begun:.0f} s)"]
        if self.embedded_database:
            logins = self.state.folder / "demo_logins.txt"
            if logins.is_file():
                lines += ["", *logins.read_text().splitlines()]
            lines += ["", f"Mail goes to {self.base_url}/mailbox/"]
        else:
            lines.append("The first administrator: .venv/bin/python manage.py createsuperuser")
        lines += ["Ctrl-C stops everything; the data stays.", ""]
        self.say("\n".join(lines))


def _count(given: str | None, name: str) -> int:
    """A number of processes, 2 where none is given. Raises LocalError for what is no such number."""
    given = given or "2"
    if not given.isdecimal() or not int(given):
        raise LocalError(f"{name} must be a number of processes such as 2; it is {given!r}.")
    return int(given)


def read_env_file(path: Path) -> None:
    """`.env` as the settings read it: what the environment already has stays."""
    if path.is_file():
        import environ

        environ.Env.read_env(str(path))


def main() -> int:
    """`python -m config.local run`"""
    os.chdir(CHECKOUT)
    read_env_file(CHECKOUT / ".env")
    if not Path(PYTHON).exists():
        sys.exit("There is no .venv in this checkout. Run 'make run'.")
    try:
        return Site().run()
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
