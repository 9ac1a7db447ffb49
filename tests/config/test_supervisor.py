"""The supervisor, with real children."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.local import processes
from config.local.embedded import clear_leftovers
from config.local.processes import Program
from config.local.state import State
from tests.config.running import alive, line_from, python
from tests.waiting import until

# Children: `steady` tells its pid and stays, `hasty` dies at once, `stubborn` ignores a polite request, `careful`
# takes a second to follow it, `endless` only says that it heard it.
DRIVER = """
import sys, pathlib
from config.local.processes import Program
from config.local.state import State
from config.local.supervisor import Supervisor

# Programs that run until they are ended have nothing to do but sleep.
bodies = {
    "steady": "import os, time; print('pid', os.getpid(), flush=True); time.sleep(600)",
    "hasty": "import sys; print('oh'); sys.exit(3)",
    "stubborn": "import os, signal, time; signal.signal(15, signal.SIG_IGN); "
    "print('pid', os.getpid(), flush=True); time.sleep(600)",
    "careful": "import os, signal, sys, time; "
    "signal.signal(15, lambda *_: (time.sleep(1), print('finished', flush=True), sys.exit())); "
    "print('pid', os.getpid(), flush=True); time.sleep(600)",
    "endless": "import os, signal, time; signal.signal(15, lambda *_: print('asked to stop', flush=True)); "
    "print('pid', os.getpid(), flush=True); [time.sleep(600) for _ in range(9)]",
}
graces = {"stubborn": 0.5, "careful": 20, "endless": 600, "steady": 20, "hasty": 20}
state = State(pathlib.Path(sys.argv[1]))
state.take()
supervisor = Supervisor(state)
supervisor.listen()
for name in sys.argv[2:]:
    supervisor.add(Program(name, [sys.executable, "-c", bodies[name]], grace=graces[name]))
supervisor.run(lambda: None)
supervisor.stop([])
supervisor.say("the end")
"""


def pid_in(line: str) -> int:
    found = re.search(r"pid (\d+)", line)
    assert found, line
    return int(found[1])


def test_a_child_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with python(DRIVER, str(tmp_path), "steady") as supervisor:
        first = pid_in(line_from(supervisor))
        os.kill(first, signal.SIGKILL)
        assert "steady ended (killed by SIGKILL)" in line_from(supervisor)
        assert "starting steady again in 0.5 s" in line_from(supervisor)
        second = pid_in(line_from(supervisor))
        assert second != first
        assert alive(second)


def test_a_child_that_keeps_dying_is_given_more_time_before_each_start(tmp_path: Path) -> None:
    with python(DRIVER, str(tmp_path), "hasty") as supervisor:
        said = [line_from(supervisor) for _ in range(8)]
    assert said[0] == "hasty    | oh"
    assert said[1] == "parley   | hasty ended (exit status 3)"
    waits = [line.split(" in ")[1] for line in said if "again in" in line]
    assert waits[:2] == ["0.5 s", "1 s"]


def test_a_request_to_stop_ends_every_child_even_one_that_ignores_it(tmp_path: Path) -> None:
    with python(DRIVER, str(tmp_path), "steady", "stubborn") as supervisor:
        pids = [pid_in(line_from(supervisor)) for _ in range(2)]
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(15) == 0
        assert supervisor.stdout is not None
        said = supervisor.stdout.read().splitlines()
        assert "parley   | stubborn did not stop within 0.5 s; ending it" in said
        assert said[-1] == "parley   | the end"
        assert not any(alive(pid) for pid in pids)
    assert not (tmp_path / "children.json").exists()


def test_one_request_that_arrives_twice_still_leaves_time_to_finish(tmp_path: Path) -> None:
    with python(DRIVER, str(tmp_path), "careful") as supervisor:
        line_from(supervisor)
        supervisor.send_signal(signal.SIGTERM)
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(30) == 0
        assert supervisor.stdout is not None
        assert "careful  | finished" in supervisor.stdout.read()


def test_a_second_request_a_while_after_the_first_ends_everything_at_once(tmp_path: Path) -> None:
    with python(DRIVER, str(tmp_path), "endless") as supervisor:
        child = pid_in(line_from(supervisor))
        supervisor.send_signal(signal.SIGINT)
        assert line_from(supervisor) == "endless  | asked to stop"
        with pytest.raises(subprocess.TimeoutExpired):
            supervisor.wait(1.5)
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(15) == 0
        assert not alive(child)


def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    with python(DRIVER, str(tmp_path), "steady") as supervisor:
        child = pid_in(line_from(supervisor))
        assert State(tmp_path).children()["steady"][0] == child
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait(10)
        until("the child has ended", lambda: not alive(child))


def test_what_a_killed_run_left_behind_is_ended_by_the_next_one(tmp_path: Path) -> None:
    # Sleeping is its whole business: it lives until somebody ends it.
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        state = State(tmp_path)
        started = processes.started_at(left.pid)
        assert started is not None
        state.remember_children({"web": (left.pid, started)})
        said: list[str] = []
        clear_leftovers(state, said.append)
        assert left.wait(10) == -signal.SIGTERM
        assert said == ["stopping web, left behind by an earlier run"]
    finally:
        left.kill()
        left.wait()


def test_a_process_that_merely_has_the_number_of_an_old_child_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        state = State(tmp_path)
        state.remember_children({"web": (other.pid, 12345.0)})
        clear_leftovers(state, lambda _text: None)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_step_hands_back_its_exit_status_and_is_not_started_again(tmp_path: Path) -> None:
    code = """
import sys, pathlib
from config.local.processes import Program
from config.local.state import State
from config.local.supervisor import Supervisor
state = State(pathlib.Path(sys.argv[1])); state.take()
supervisor = Supervisor(state)
print(supervisor.run_step(Program("step", [sys.executable, "-c", "print('half a line', end=''); raise SystemExit(4)"])))
print(list(supervisor.children))
"""
    with python(code, str(tmp_path)) as process:
        assert line_from(process) == "step     | half a line"
        assert line_from(process) == "4"
        assert line_from(process) == "[]"


def test_a_stopped_process_takes_its_helpers_with_it() -> None:
    body = (
        "import subprocess, sys; h = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        "print(h.pid, flush=True); h.wait()"
    )
    process = processes.spawn(Program("parent", [sys.executable, "-c", body]), stdout=subprocess.PIPE)
    assert process.stdout is not None
    helper = int(process.stdout.readline())
    process.stdout.close()
    processes.stop(process, signal.SIGTERM, 5.0)
    until("the helper has ended", lambda: not alive(helper))
