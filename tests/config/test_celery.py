"""How the workers are set up."""

from __future__ import annotations

import warnings
from unittest.mock import Mock

from celery.worker.consumer import Consumer

from config.celery import app


def test_a_lost_broker_makes_no_worker_warn_of_celerys_future() -> None:
    consumer = Mock(app=app, qos_global=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Consumer.on_connection_error_after_connected(consumer, OSError("gone"))
