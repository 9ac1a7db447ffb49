"""What a test expects when something is refused."""

from __future__ import annotations

import pytest

from discussions.refusals import Refused


def refused(code: str) -> pytest.RaisesExc[Refused]:
    """Raises Refused with this code, and with words for the reader."""
    return pytest.RaisesExc(Refused, check=lambda error: error.code == code and str(error.message) != "")
