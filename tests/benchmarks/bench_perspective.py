"""The scoring endpoint under load: `python -m tests.benchmarks.bench_perspective`.

Starts its own PostgreSQL, Redis-protocol server, gunicorn and one ask worker of two processes, and asks with texts that
are never the same twice, of the lengths that comments under news have (half of them below 190 characters, one in ten
above 600).
Prints milliseconds by quantile and what was answered, for

  one caller        a request after the other
  8 and 20 callers  each sends the next request when the last is answered
  95 a second       just below the default quota of 100, spread evenly over 20 callers
  400 a second      more than two cores can answer, over 100 callers: the surplus has to be refused quickly
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from config.local import services
from tests.moderation.perspective.running import Endpoint, endpoint, scoring

SUBJECTS = "the council|our mayor|this paper|my neighbour|the bus company|every commuter|the school board|nobody here"
VERBS = (
    "has promised|keeps denying|wants to close|never paid for|should rebuild|forgot about|is proud of|complained about"
)
OBJECTS = "the old bridge|a new tram line|the library|two hundred parking spaces|the market hall|last year's budget"
ENDS = "and I doubt it|as anybody can see|which is a disgrace|so thank you|you clown|and good luck to them|as usual"


def text(random_source: random.Random) -> str:
    """A comment of made-up sentences, different each time."""
    wanted = min(2500, int(random_source.lognormvariate(5.15, 0.85)) + 20)
    words = [f"No. {random_source.randrange(10**9)}:"]
    while sum(map(len, words)) < wanted:
        parts = (random_source.choice(choices.split("|")) for choices in (SUBJECTS, VERBS, OBJECTS, ENDS))
        words.append(" ".join(parts).capitalize() + ".")
    return " ".join(words)[: max(wanted, 20)]


def outcome_of(status: int, body: bytes) -> str:
    """The status, and for 429 why: the key's own quota, its share, or workers that are busy."""
    if status != 429:
        return str(status)
    words = json.loads(body)["error"]["message"]
    return "429 quota" if "per second" in words else "429 share" if "share" in words else "429 busy"


class Callers:
    """Many callers with a connection each; keeps (seconds, outcome) of every answer."""

    def __init__(self, site: Endpoint, key: str) -> None:
        self.host = urlsplit(site.base_url).netloc
        self.path = f"/v1alpha1/comments:analyze?key={key}"
        self.lock = threading.Lock()
        self.answers: list[tuple[float, str]] = []

    def ask(self, connection: http.client.HTTPConnection, words: str) -> None:
        wanted = {"comment": {"text": words}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
        body = json.dumps(wanted).encode()
        begun = time.perf_counter()
        try:
            connection.request("POST", self.path, body)
            answer = connection.getresponse()
            outcome = outcome_of(answer.status, answer.read())
        except (OSError, http.client.HTTPException):
            connection.close()
            outcome = "no answer"
        with self.lock:
            self.answers.append((time.perf_counter() - begun, outcome))

    def run(self, count: int, seconds: float, pause: Callable[[int, int], float] = lambda _who, _turn: 0.0) -> float:
        """`count` callers for `seconds`; `pause(who, turn)` is the moment, from the start, before which none asks."""
        start = time.perf_counter() + 0.2

        def one(who: int) -> None:
            source, turn = random.Random(f"{count}/{who}/{seconds}"), 0
            with closing(http.client.HTTPConnection(self.host, timeout=30)) as connection:
                while time.perf_counter() < start + seconds:
                    words = text(source)
                    # The load's own rhythm: a caller who paused asks at its moment, not when the last answer came.
                    time.sleep(max(0.0, start + pause(who, turn) - time.perf_counter()))
                    self.ask(connection, words)
                    turn += 1

        threads = [threading.Thread(target=one, args=(who,)) for who in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - start


def quantile(values: list[float], share: float) -> float:
    """Milliseconds that `share` of the values stay below (nearest rank)."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def processor_seconds(site: Endpoint) -> dict[str, float]:
    """What each part has used so far, its children included."""
    found = {}
    for name, pid in site.processes.items():
        process = psutil.Process(pid)
        times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
        found[name] = sum(each.user + each.system for each in times)
    return found


def proportional_set_size(pid: int) -> int:
    """Bytes of a process and its children, what they share counted once."""
    process = psutil.Process(pid)
    return sum(each.memory_full_info().pss for each in (process, *process.children(recursive=True)))


def show(what: str, answers: list[tuple[float, str]], took: float) -> None:
    good = [seconds for seconds, outcome in answers if outcome == "200"]
    other = Counter(outcome for _seconds, outcome in answers if outcome != "200")
    line = f"{what:<22}{len(good):>7} scored {len(good) / took:>6.0f}/s"
    line += "".join(f"   p{share * 100:.0f} {quantile(good, share):>5.0f}" for share in (0.5, 0.95, 0.99)) + " ms"
    for outcome, count in sorted(other.items()):
        slow = quantile([seconds for seconds, found in answers if found == outcome], 0.95)
        line += f"   {count} x {outcome} (p95 {slow:.0f} ms)"
    print(line if other else line + "   no error", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description="The scoring endpoint under load.")
    options.add_argument("--seconds", type=float, default=15.0, help="for each line (default: 15)")
    options.add_argument("--threads", type=int, default=24, help="of each of the two web processes")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as name:
        folder = Path(name)
        with services(folder) as running, endpoint(folder, threads=given.threads, **running) as site:
            site.manage("migrate", "-v0")
            measure(site, given.seconds)


def measure(site: Endpoint, seconds: float) -> None:
    free = site.manage("api_key", "create", "bench", "--per-second", "1000000").splitlines()[0]
    usual = site.manage("api_key", "create", "bench-usual").splitlines()[0]
    scoring(site, free)
    load = os.getloadavg()[0]
    print(
        f"{os.cpu_count()} cores, load before the start {load:.1f}; 2 web processes, 1 ask worker of 2 processes, "
        f"{seconds:.0f} s each"
    )
    Callers(site, free).run(20, 3.0)  # warm

    def line(what: str, key: str, count: int, pause: Callable[[int, int], float] = lambda _who, _turn: 0.0) -> None:
        callers, before = Callers(site, key), processor_seconds(site)
        show(what, callers.answers, callers.run(count, seconds, pause))
        used = {name: after - before[name] for name, after in processor_seconds(site).items()}
        each = (f"{name} {1000 * spent / len(callers.answers):.1f}" for name, spent in used.items())
        print(f"{'':22}processor time for one answer: {', '.join(each)} ms", flush=True)

    line("one caller", free, 1)
    line("8 callers", free, 8)
    line("20 callers", free, 20)
    line("95 a second, 20", usual, 20, lambda who, turn: (turn + who / 20) * 20 / 95)
    line("400 a second, 100", free, 100, lambda who, turn: (turn + who / 100) * 0.25)
    print(f"the ask worker's processes together: {proportional_set_size(site.processes['ask']) / 2**20:.0f} MB (Pss)")


if __name__ == "__main__":
    main()
