"""Start, recognise and stop one process; free ports; the account PostgreSQL runs under."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class LocalError(Exception):
    """Something the person at the terminal can act on; the message says what and how."""


@dataclass(frozen=True)
class Account:
    """A system account to run a program under."""

    name: str
    uid: int
    gid: int


@dataclass
class Program:
    """How to run one long-lived child."""

    name: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    cwd: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals | None = None  # when the supervisor was killed; None: the stop signal
    grace: float = 20.0  # seconds between the stop signal and SIGKILL
    least: float = 0.0  # the same when the person at the terminal will not wait
    log: Path | None = None  # its output goes there; None: through the supervisor to the terminal
    before: Callable[[], None] | None = None  # runs before every start


def die_with_parent(sign: signal.Signals) -> None:
    """Ask the kernel (Linux) to send this process `sign` when its parent ends, even by SIGKILL."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(sign), 0, 0, 0)


def spawn(program: Program, *, stdout: int | IO[bytes] = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start `program` in its own session, so that Ctrl-C reaches only the supervisor.

    Call it from the main thread: the kernel ties the parent-death signal to the thread that forked.
    """
    if program.before is not None:
        program.before()
    parent = os.getpid()

    def in_child() -> None:
        die_with_parent(program.death_signal or program.stop_signal)
        if os.getppid() != parent:  # the parent ended between fork and prctl
            os._exit(1)

    return subprocess.Popen(
        program.argv,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        cwd=program.cwd,
        env=dict(program.env) or None,
        start_new_session=True,
        preexec_fn=in_child,  # noqa: PLW1509 - the supervisor has no threads
        user=program.account.uid if program.account else None,
        group=program.account.gid if program.account else None,
        extra_groups=[] if program.account else None,
    )


def run_as(
    account: Account | None,
    argv: list[str],
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a short command under `account` (None: the present one) and return its exit status and output."""
    return subprocess.run(
        argv,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",  # the present folder may be closed to that account
        env=env,
        timeout=seconds,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def started_at(pid: int) -> float | None:
    """When the process began, in seconds since the epoch: with the pid, its identity. None: gone."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def is_same(pid: int, started: float) -> bool:
    """Is `pid` still the process that began at `started`?"""
    now = started_at(pid)
    return now is not None and abs(now - started) < 1.0


def stop(process: subprocess.Popen[bytes], sign: signal.Signals, grace: float) -> None:
    """Ask with `sign`, wait up to `grace` seconds, then SIGKILL its whole process group."""
    if process.poll() is None:
        process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    clear_group(process.pid)
    process.wait()


def clear_group(leader: int) -> None:
    """Kill what is left of a process group whose leader ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def stop_stranger(pid: int, started: float, signs: list[tuple[signal.Signals, float]]) -> None:
    """End a process that an earlier run left behind: each signal in turn with its seconds of patience."""
    for sign, patience in signs:
        if not is_same(pid, started):
            return
        try:
            os.kill(pid, sign)
        except (ProcessLookupError, PermissionError):
            return
        wait_until(lambda: not is_same(pid, started), patience)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll `condition` until it holds or the time is over; says whether it held.

    For what sends no sign on every system: the end of a process that is not a child, a port, a server's first answer.
    Twenty looks a second cost nothing and are sooner than a person notices.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- PostgreSQL refuses to run as root ------------------------------------------------------------------


def unprivileged_account(say: Callable[[str], None]) -> Account | None:
    """The account for PostgreSQL: None for an ordinary user, the system account `parley` for root.

    Creates it once; falls back to `nobody` where accounts cannot be made (a read-only container).
    """
    if os.geteuid() != 0:
        return None
    for attempt in ("parley", "create", "parley", "nobody"):
        if attempt == "create":
            useradd = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
            if useradd:
                say("PostgreSQL does not run as root: making the system account 'parley' for it")
                options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
                subprocess.run(
                    [useradd, *options, "--shell", "/usr/sbin/nologin", "parley"],
                    check=False,
                    capture_output=True,
                )
            continue
        try:
            entry = pwd.getpwnam(attempt)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise LocalError(
        "PostgreSQL does not run as root, and no other account exists. Run 'make run' as an ordinary user."
    )


def can_enter(folder: Path, account: Account | None) -> bool:
    """Can `account` reach `folder` through all of its parents?"""
    if account is None:
        return True
    return _quietly(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], account)


def can_run(argv: list[str], account: Account | None) -> bool:
    """Does this command succeed under `account`?"""
    return _quietly(argv, account)


def _quietly(argv: list[str], account: Account | None) -> bool:
    try:
        done = run_as(account, argv, seconds=60)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
