"""Several single-threaded workers that average their weights every few steps (local SGD, Stich 2019).

Two processes of one thread each finish more than one process of two threads: nothing waits at the end of every
matrix product for the other half of it, which on a machine with other work is most of the time. Each worker takes
every n-th batch; after `Plan.together` steps all wait for each other and go on from the mean.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from .batches import Encoded, batches, collate
from .loop import Trainer

_PATIENCE = 900.0


class Meeting:
    """Shared memory where the workers meet: one row of weights each, a barrier, and the word to stop."""

    def __init__(self, workers: int, size: int) -> None:
        context = multiprocessing.get_context("fork")
        self.weights = torch.empty(workers, size).share_memory_()
        self.done = torch.zeros(1).share_memory_()
        self.barrier = context.Barrier(workers)

    def mean(self, rank: int, trainer: Trainer, progress: float) -> torch.Tensor:
        """Give this worker's weights, wait for the others, return the mean. Worker 0 decides when it is over."""
        self.weights[rank] = trainer.flat()
        if rank == 0:
            self.done[0] = progress
        self.barrier.wait(_PATIENCE)
        mean = self.weights.mean(dim=0)
        self.barrier.wait(_PATIENCE)
        return mean


def train(trainer: Trainer, items: list[Encoded], state: Path) -> None:
    """Run the plan over `items` with `Plan.workers` processes, resuming from `state` when it exists.

    Raises RuntimeError when a worker dies; the last saved state is intact then.
    """
    if state.exists():
        trainer.load(state)
        print(f"resumed at step {trainer.step}, {trainer.rows_seen} rows", flush=True)
    torch.set_num_threads(1)
    trainer.modules.train()
    workers = trainer.plan.workers
    meeting = Meeting(workers, trainer.flat().numel())
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=_other, args=(rank, meeting, trainer, items)) for rank in range(1, workers)]
    for other in others:
        other.start()
    try:
        _work(0, meeting, trainer, items, state)
    except Exception as error:
        meeting.barrier.abort()
        raise RuntimeError(f"training stopped: {error!r}. Run the same command again to resume.") from error
    finally:
        for other in others:
            other.join(_PATIENCE)


def _other(rank: int, meeting: Meeting, trainer: Trainer, items: list[Encoded]) -> None:
    try:
        _work(rank, meeting, trainer, items, None)
    except Exception:  # noqa: BLE001 - the parent must learn of it, whatever it is
        traceback.print_exc()
        meeting.barrier.abort()
        sys.exit(1)


def _rounds(trainer: Trainer, items: list[Encoded]) -> Iterator[tuple[int, list[list[Encoded]]]]:
    """(rows done by the end of it, the batches of all workers) for each round between two meetings."""
    plan = trainer.plan
    done, gathered = 0, []
    for epoch in range(plan.epochs):
        for batch in batches(items, plan.budget, plan.seed + epoch):
            done += len(batch)
            gathered.append(batch)
            if len(gathered) == plan.workers * plan.together:
                yield done, gathered
                gathered = []


def _work(rank: int, meeting: Meeting, trainer: Trainer, items: list[Encoded], state: Path | None) -> None:
    plan = trainer.plan
    total = plan.epochs * len(items)
    started = time.monotonic()
    before, log = trainer.spent, _Log(started)
    for syncs, (done, batch_group) in enumerate(_rounds(trainer, items)):
        if done <= trainer.rows_seen:
            continue
        loss = 0.0
        for batch in batch_group[rank :: plan.workers]:
            trainer.spent = before + time.monotonic() - started
            # A deadline may bend the schedule, so that a slow machine still ends with a cooled-down rate.
            progress = max(trainer.rows_seen / total, trainer.spent / (plan.minutes * 60))
            loss += trainer.update(collate(batch), min(1.0, progress)) / plan.together
        trainer.take(meeting.mean(rank, trainer, progress), syncs)
        trainer.rows_seen = done
        if state is not None:
            log.tell(f"{done}/{total} rows", done, trainer.spent, loss)
            log.keep(trainer, state)
        if float(meeting.done[0]) >= 1.0:
            break
    if state is not None:
        trainer.save(state)


class _Log:
    """One line every half minute, a saved state every `Plan.save_every` seconds."""

    def __init__(self, now: float) -> None:
        self.shown = self.saved = now
        self.running: Any = None

    def tell(self, where: str, done: int, spent: float, loss: float) -> None:
        self.running = loss if self.running is None else 0.9 * self.running + 0.1 * loss
        now = time.monotonic()
        if now - self.shown > 30:
            rate = done / max(spent, 1.0)
            print(f"{where}, {rate:.0f}/s, loss {self.running:.4f}, {spent / 60:.1f} min", flush=True)
            self.shown = now

    def keep(self, trainer: Trainer, state: Path) -> None:
        now = time.monotonic()
        if now - self.saved > trainer.plan.save_every:
            trainer.save(state)
            self.saved = now
