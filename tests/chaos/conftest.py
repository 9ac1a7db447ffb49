from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.product import Product, running


@pytest.fixture(scope="module")
def site() -> Iterator[Product]:
    """One site for all faults of a module; each test leaves it healthy."""
    folder = Path(tempfile.mkdtemp(prefix="parley-chaos-"))
    try:
        with running(folder) as product:
            yield product
    finally:
        shutil.rmtree(folder, ignore_errors=True)
