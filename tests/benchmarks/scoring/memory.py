"""A scoring worker's size, its first score, and its growth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .report import row

ROOT = Path(__file__).resolve().parents[3]
WORKER = """
import os, sys, time, json, random
start = float(sys.argv[1]); count = int(sys.argv[2])
import django; django.setup()
import config.celery
def held(pid):
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
read, write = os.pipe()
child = os.fork()
if child:
    os.close(write)
    with os.fdopen(read) as lines:
        for line in lines:
            found = json.loads(line); found["both"] = found["child"] + held(os.getpid())
            print(json.dumps(found), flush=True)
    os.waitpid(child, 0)
else:
    from moderation.scoring import score, warm_up
    warm_up()
    out = os.fdopen(write, "w", 1)
    def tell(done):
        out.write(json.dumps({"done": done, "child": held(os.getpid()), "at": time.time() - start,
                              "torch": "torch" in sys.modules}) + "\\n")
    tell(0)
    chance, texts = random.Random(3), json.load(open(sys.argv[3]))
    for done in range(0, count, 64):
        # one comment in twenty is several in one
        batch = [" ".join(chance.choices(texts, k=chance.choice((1,) * 18 + (2, 5)))) for _ in range(64)]
        score(batch)
        if (done // 64) % max(1, count // 64 // 20) == 0:
            tell(done + 64)
    tell(count); out.flush(); os._exit(0)
"""


def memory(given: Sequence[str], count: int) -> None:
    """A parent and its forked child as Celery makes them: size, first score, growth."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([text[:4000] for text in given], file)
        file.flush()
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PARLEY_BACKEND": "onnx-int8"}
        done = subprocess.run(
            [sys.executable, "-c", WORKER, str(time.time()), str(count), file.name],
            capture_output=True, text=True, cwd=ROOT, env=environment, check=False,
        )  # fmt: skip
    told = [json.loads(line) for line in done.stdout.splitlines()]
    if not told or told[-1]["done"] != count:
        row("worker", "did not come to its end: " + (done.stderr.splitlines() or ["no message"])[-1][:60])
        return
    row("first score after start", f"{told[0]['at']:.1f} s", "< 5 s", told[0]["at"] < 5)
    row("torch imported by the int8 worker", str(told[-1]["torch"]), "False", not told[-1]["torch"])
    peak = max(one["both"] for one in told)
    row(f"parent and child, largest Pss over {count} comments", f"{peak:.0f} MB", "< 450 MB", peak < 450)
    course = [one for at, one in enumerate(told) if at % 4 == 1 or one["done"] == count]
    row("the child's Pss on the way", " ".join(f"{one['done']}: {one['child']:.0f}" for one in course) + " MB")
    settled = [one for one in told if one["done"] >= count / 4]
    if len(settled) > 2:
        slope = np.polyfit([one["done"] for one in settled], [one["child"] for one in settled], 1)[0] * 100_000
        row("growth for 100,000 comments, by the slope after the first quarter", f"{slope:.1f} MB", "about 0")
