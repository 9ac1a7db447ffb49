"""The Celery app: wake-ups for scoring, mail, and answers at once.

PostgreSQL is the queue of record (see docs/architecture.md). A message here only says "look now":
losing one, or getting it five times, changes nothing.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES |= {"redis": "config.transport:Transport", "rediss": "config.transport:Transport"}

app = Celery("parley")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _use_django_logging(**_kwargs: Any) -> None:
    """Keep Celery from replacing the logging that settings.py has configured."""
    import logging.config

    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@signals.worker_ready.connect
def _watch_oneself(**_kwargs: Any) -> None:
    """From here on, a worker that is stuck ends itself."""
    from config import watchdog

    watchdog.watch(app.amqp.queues.consume_from)


@signals.celeryd_init.connect
def _workers_are_patient(**_kwargs: Any) -> None:
    """Settings hold a reader's patience with the broker; a worker, which polls for a second at a time, has more."""
    app.conf.broker_transport_options = app.conf.broker_transport_options | {"socket_timeout": 5}
