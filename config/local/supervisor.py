"""Keeps a set of children alive, shows what they say, and stops them together.

One thread, one loop: the kernel's parent-death signal belongs to the thread that forked, and a loop
without threads has no races between a child's end and its restart.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from config.local import processes
from config.local.processes import Program
from config.local.state import State

FIRST_DELAY = 0.5  # seconds before the first restart; doubles with each early death
LONGEST_DELAY = 30.0
SETTLED = 30.0  # a child that lived this long starts again with the first delay
SECOND_REQUEST = 1.0  # seconds after the first from which another request to stop means "now"
LINE_LIMIT = 64 * 1024


@dataclass
class Child:
    """One program with its present process and its history."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    begun: float = 0.0
    delay: float = FIRST_DELAY
    restart_at: float | None = None
    said: bytearray = field(default_factory=bytearray)
    once: bool = False  # a step that ends, rather than a service
    result: int | None = None


class Supervisor:
    """Add children, then `run()` until a signal arrives."""

    def __init__(self, state: State, out: TextIO = sys.stdout) -> None:
        self.state = state
        self.out = out
        self.children: dict[str, Child] = {}
        self.stopping = False
        self._impatient = False
        self._told_at = 0.0
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        for end in (self._wake, self._waker):
            end.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ)

    # --- words ----------------------------------------------------------------------------------------

    def say(self, text: str, name: str = "parley") -> None:
        """One line (or several) with the name in front. A closed terminal is no reason to fail."""
        try:
            for line in text.splitlines() or [""]:
                self.out.write(f"{name:<9}| {line}\n")
            self.out.flush()
        except (OSError, ValueError):
            self.out = open(os.devnull, "w")  # noqa: SIM115, PTH123 - for the rest of this process

    # --- signals ----------------------------------------------------------------------------------------

    def listen(self) -> None:
        """From now on SIGINT, SIGTERM and SIGHUP end the run; a second one ends it at once."""
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._told_to_stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # only to wake the loop

    def _told_to_stop(self, _number: int, _frame: object) -> None:
        # One request often arrives twice: sent to the whole group, and passed on by make.
        if self.stopping and time.monotonic() - self._told_at > SECOND_REQUEST:
            self._impatient = True
        if not self.stopping:
            self._told_at = time.monotonic()
        self.stopping = True

    # --- children ---------------------------------------------------------------------------------------

    def add(self, program: Program, *, once: bool = False) -> Child:
        """Start a child and keep it running (or, with `once`, run it to its end)."""
        child = self.children[program.name] = Child(program, once=once)
        self._start(child)
        return child

    def adopt(self, program: Program, process: subprocess.Popen[bytes]) -> Child:
        """Supervise a process that is already up."""
        child = self.children[program.name] = Child(program, process=process, begun=time.monotonic())
        self._note()
        return child

    def _start(self, child: Child) -> None:
        child.restart_at = None
        child.begun = time.monotonic()
        try:
            if child.program.log is not None:
                with child.program.log.open("ab") as log:
                    child.process = processes.spawn(child.program, stdout=log)
            else:
                child.process = processes.spawn(child.program, stdout=subprocess.PIPE)
        except OSError as error:
            self.say(f"{child.program.name} cannot be started: {error}")
            self._schedule(child)
            return
        if child.process.stdout is not None:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        self._note()

    def _note(self) -> None:
        """Write down who runs, so that the next start can clear up after a SIGKILL."""
        noted = {}
        for name, child in self.children.items():
            if child.process is not None and (started := processes.started_at(child.process.pid)):
                noted[name] = (child.process.pid, started)
        self.state.remember_children(noted)

    def _schedule(self, child: Child) -> None:
        if time.monotonic() - child.begun > SETTLED:
            child.delay = FIRST_DELAY
        child.restart_at = time.monotonic() + child.delay
        self.say(f"starting {child.program.name} again in {child.delay:g} s")
        child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _bury(self, child: Child) -> None:
        """A child ended: show its last words, clear its helpers, plan its restart."""
        process = child.process
        if process is None or process.poll() is None:
            return
        if process.stdout is not None:
            self._read(child)
            self._selector.unregister(process.stdout)
            process.stdout.close()
            self._pass_on(child, [bytes(child.said)])
            child.said.clear()
        processes.clear_group(process.pid)
        child.process, child.result = None, process.returncode
        if child.once or self.stopping:
            return
        self.say(f"{child.program.name} ended ({describe(process.returncode)})")
        self._schedule(child)

    def _read(self, child: Child) -> None:
        """Pass on whole lines; keep the rest until its end arrives."""
        if child.process is None or child.process.stdout is None:
            return
        while True:
            try:
                piece = os.read(child.process.stdout.fileno(), LINE_LIMIT)
            except BlockingIOError:
                break
            if not piece:
                break
            child.said += piece
            *lines, rest = bytes(child.said).split(b"\n")
            if len(rest) > LINE_LIMIT:
                lines, rest = [*lines, rest], b""
            child.said = bytearray(rest)
            self._pass_on(child, lines)

    def _pass_on(self, child: Child, lines: list[bytes]) -> None:
        """What a child said, without blank lines and without Celery's advice on Ctrl-C while stopping."""
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            if text and not (self.stopping and text.startswith("worker: ")):
                self.say(text, child.program.name)

    # --- the loop ---------------------------------------------------------------------------------------

    def turn(self, seconds: float = 0.5) -> None:
        """One round: wait for words, deaths or signals, then act on them."""
        due = [child.restart_at - time.monotonic() for child in self.children.values() if child.restart_at]
        for key, _events in self._selector.select(max(0.0, min([seconds, *due]))):
            if key.fileobj is self._wake:
                self._wake.recv(4096)
            elif isinstance(key.data, Child):
                self._read(key.data)
        for child in list(self.children.values()):
            self._bury(child)
            if child.restart_at and not self.stopping and time.monotonic() >= child.restart_at:
                self._start(child)

    def run_step(self, program: Program) -> int | None:
        """Run one command to its end while everything else is looked after. None when told to stop meanwhile."""
        child = self.add(program, once=True)
        while child.result is None and not self.stopping:
            self.turn()
        if child.result is None:
            return None
        del self.children[program.name]
        return child.result

    def run(self, each_turn: Callable[[], None]) -> None:
        """Look after the children until told to stop."""
        while not self.stopping:
            self.turn()
            each_turn()

    def stop(self, groups: list[list[str]]) -> None:
        """Stop children group by group; within a group together. What is not named goes first."""
        self.stopping = True
        named = {name for group in groups for name in group}
        for group in [[name for name in self.children if name not in named], *groups]:
            self._stop_together([self.children[name] for name in group if name in self.children])
        self.state.children_file.unlink(missing_ok=True)

    def _stop_together(self, group: list[Child]) -> None:
        alive = [child for child in group if child.process is not None]
        for child in alive:
            if child.process is not None:
                child.process.send_signal(child.program.stop_signal)
        begun = time.monotonic()
        while any(child.process is not None for child in alive):
            self.turn(0.1)
            for child in alive:
                program, waited = child.program, time.monotonic() - begun
                if child.process is None or waited < (program.least if self._impatient else program.grace):
                    continue
                if not self._impatient:
                    self.say(f"{program.name} did not stop within {program.grace:g} s; ending it")
                processes.stop(child.process, program.stop_signal, 0.2)


def describe(status: int) -> str:
    """An exit status in words."""
    if status < 0:
        try:
            return f"killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"killed by signal {-status}"
    return f"exit status {status}"
