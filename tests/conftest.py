"""What all tests share. Sockets reach this machine only: see `--allow-hosts` in pyproject.toml."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# How long one example takes says how busy the machine is, not whether the code is right.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's synchronous API runs an event loop


@pytest.fixture(autouse=True)
def _broker_not_yet_known_to_be_down() -> None:
    """The breakers remember an outage for seconds; a test starts without such memories."""
    from config import cache
    from discussions import limits, wake
    from moderation.perspective import quota

    for each in (cache, wake, limits, quota):
        each.breaker.reset()
