"""A setting that scoring cannot work with is named before the site starts."""

from __future__ import annotations

import pytest

from moderation.checks import scoring_settings_are_sane


def complaints() -> list[str]:
    return [found.msg for found in scoring_settings_are_sane()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARLEY_BACKEND", "gpu"),
        ("PARLEY_THRESHOLDS", "x"),
        ("PARLEY_SCORING_THREADS", "many"),
        ("PARLEY_CASCADE_BAND", "2,1"),
        ("PARLEY_CHECKPOINT", "nope"),
        ("PARLEY_CASCADE", "nope"),
    ],
)
def test_a_wrong_one_is_named_with_what_it_is(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert complaints() == []
    monkeypatch.setenv(name, value)
    (said,) = complaints()
    assert said.startswith(f"{name}: ")
    assert value in said


def test_all_wrong_ones_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_BACKEND", "gpu")
    monkeypatch.setenv("PARLEY_CHECKPOINT", "nope")
    assert len(complaints()) == 2
