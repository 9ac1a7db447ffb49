"""The embedded PostgreSQL: heal, start, reach and stop it. What comes before is in `cluster.py`.

It listens on a loopback port with a password, so that long paths do not matter (unix sockets end at 107 bytes).
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg

from config.local import processes
from config.local.cluster import OWNER, Cluster, environment
from config.local.processes import LocalError, Program
from config.local.state import State

NAME = OWNER  # of the database as of its role
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
        self.say = say
        self.cluster = Cluster(state, durable=durable, say=say)
        self.home, self.data = self.cluster.home, self.cluster.data
        self.log = state.logs / "postgres.log"
        self.port = processes.free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make the data folder on the first start. Raises LocalError."""
        self.cluster.prepare()

    # --- running ------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """postgres://parley:password@127.0.0.1:port/parley"""
        return f"postgres://{NAME}:{self.cluster.password}@127.0.0.1:{self.port}/{NAME}"

    def program(self) -> Program:
        """How to run it. SIGINT is PostgreSQL's fast shutdown: sessions end, nothing needs recovery."""
        settings = TUNING | ({} if self.cluster.durable else FAST_AND_FORGETFUL)
        settings |= {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}
        argv = [str(self.cluster.binaries / "postgres"), "-D", str(self.data)]
        argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            "postgres",
            argv,
            env=environment(),
            account=self.cluster.account,
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
            password=self.cluster.password,
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


def _trim(log: Path, limit: int = 5_000_000) -> None:
    """Start the log anew when it has grown."""
    if log.is_file() and log.stat().st_size > limit:
        log.replace(log.with_suffix(".log.1"))
