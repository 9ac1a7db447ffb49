"""Thin tasks: each calls one function. They take nothing but ids and may run any number of times."""

from __future__ import annotations

import time
from typing import Any

from celery import current_app, shared_task, signals

from discussions import wake
from moderation import ask, pipeline, queue, reconcile, rejudging
from moderation.perspective import service

TURN_SECONDS = 5.0  # a worker that is told to stop ends its turn first, well within the soft shutdown time


@signals.worker_process_init.connect
def _load_the_model(**_kwargs: Any) -> None:
    """In the pool's child, never in its parent: a forked model hangs."""
    queues = set(current_app.amqp.queues.consume_from)
    if queues & {"score", "ask"}:
        info = pipeline.engine()
        if "score" in queues:
            pipeline.report(info)


@shared_task(name="moderation.score_pending")
def score_pending() -> None:
    """Score what is due, one turn of it; a backlog goes on with the next message."""
    ends = time.monotonic() + TURN_SECONDS
    pipeline.run(should_stop=lambda: time.monotonic() > ends)
    if time.monotonic() > ends:
        wake.send("moderation.score_pending")


@shared_task(name="moderation.rejudge")
def rejudge() -> None:
    """Judge again what waits under an earlier policy, one turn of it; what is left goes on with the next message."""
    ends = time.monotonic() + TURN_SECONDS
    rejudging.run(should_stop=lambda: time.monotonic() > ends)
    if time.monotonic() > ends:
        wake.send("moderation.rejudge")


@shared_task(name="moderation.reconcile")
def reconcile_task() -> None:
    """Heal and alarm; go on with what a lost wake-up, or a card that somebody was looking at, has left over."""
    reconcile.reconcile()
    if rejudging.is_due():
        rejudge.delay()


@shared_task(name="moderation.take_reports")
def take_reports() -> None:
    """Bring reported comments to the desk."""
    queue.take_reports()


@shared_task(name="moderation.forget_corrections")
def forget_corrections() -> None:
    """Erase what other systems' moderators said of texts, once it is old enough."""
    service.forget()


@shared_task(name="moderation.ask")
def ask_task(key: str, options: dict[str, Any] | None = None) -> None:
    """Score the texts left under `key` for somebody who is waiting; nothing is stored."""
    ask.reply(key, **(options or {}))
