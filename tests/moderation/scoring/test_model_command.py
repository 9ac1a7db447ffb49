"""`manage.py model`: what a person types, and what they read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from moderation.scoring import audit


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PARLEY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("PARLEY_CHECKPOINT", raising=False)
    return tmp_path / "state"


def model(*arguments: str) -> str:
    out = io.StringIO()
    call_command("model", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_list_marks_the_one_in_use_and_names_what_can_be_had() -> None:
    lines = model("list").splitlines()
    assert lines[0].startswith("* compact")
    assert any("unbiased-small" in line and "not installed" in line for line in lines)


def test_the_list_can_be_read_by_a_program() -> None:
    rows = {row["name"]: row for row in json.loads(model("list", "--json"))}
    assert rows["compact"]["in_use"]
    assert len(rows["compact"]["weights"]) == 64
    assert not rows["original"]["installed"]


def test_preparing_makes_the_graphs(state: Path) -> None:
    assert "compact is ready" in model("prepare")
    made = {path.name.split("-")[2] for path in (state / "models" / "onnx").iterdir()}
    assert made >= {"fp32", "int8"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARLEY_BACKEND", "gpu"),
        ("PARLEY_SCORING_THREADS", "many"),
        ("PARLEY_THRESHOLDS", "high"),
        ("PARLEY_CASCADE_BAND", "0.9,0.1"),
        ("PARLEY_CASCADE", "unheard-of"),
    ],
)
def test_a_wrong_setting_of_the_engine_is_told_before_workers_fail_by_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match=value):
        model("prepare")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["use", "nothing"], "There is no checkpoint called 'nothing'"),
        (["remove", "compact"], "is part of the program"),
        (["remove", "../../etc"], "There is no installed checkpoint"),
        (["install", "nothing"], "neither a file nor one of original"),
        (["install", "/"], "cannot be a checkpoint.s name"),
    ],
)
def test_a_mistake_is_answered_with_what_is_wrong(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        model(*arguments)


def test_a_checkpoint_chosen_by_the_environment_wins_and_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_CHECKPOINT", "elsewhere")
    assert "But PARLEY_CHECKPOINT is 'elsewhere'" in model("use", "compact")


def test_the_audit_scores_its_cases_and_names_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def few(score: Any, out: Path, *, name: str, threshold: float) -> dict[str, Any]:
        answers = score(["You are an idiot, a complete idiot.", "Thank you."])
        out.write_text(name)
        return {"flagged": sum(answer["toxicity"] >= threshold for answer in answers), "details": []}

    monkeypatch.setattr(audit, "run", few)
    page = tmp_path / "page.html"
    told = model("audit", "--out", str(page))
    assert "flagged: 1" in told
    assert str(page) in told
    assert page.read_text() == "compact"
