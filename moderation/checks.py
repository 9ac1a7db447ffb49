"""System checks: a setting that scoring could not work with is named before the site starts, not by its worker."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error

from moderation.scoring import CheckpointError


@checks.register()
def scoring_settings_are_sane(**_kwargs: Any) -> list[CheckMessage]:
    """Every wrong one at once. Weights are neither hashed nor loaded: `manage.py model prepare` does that."""
    from moderation.scoring import cascade, checkpoints, engine

    looks: dict[str, Callable[[], object]] = {
        "PARLEY_BACKEND": engine.wanted,
        "PARLEY_SCORING_THREADS": engine.threads,
        "PARLEY_THRESHOLDS": engine.thresholds,
        "PARLEY_CASCADE_BAND": cascade.band,
        "PARLEY_CHECKPOINT": lambda: checkpoints.find(checkpoints.chosen()),
    }
    if quick := os.environ.get("PARLEY_CASCADE", ""):
        looks["PARLEY_CASCADE"] = lambda: checkpoints.find(quick)
    found: list[CheckMessage] = []
    for name, look in looks.items():
        try:
            look()
        except CheckpointError as error:
            found.append(Error(f"{name}: {error}", hint="See .env.sample.", id="parley.E006"))
    return found
