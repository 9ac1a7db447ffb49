"""What an operator gets wrong is answered with a sentence, never with a traceback, and nothing is half done."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from tests.moderation.conftest import *  # noqa: F403

pytestmark = pytest.mark.django_db

FILES = {
    "binary": bytes(range(256)) * 20,
    "empty": b"",
    "blank": b"\n\n  \n",
    "deep.jsonl": b"[" * 100_000,
    "list.jsonl": b"[1, 2]\n",
    "number.jsonl": b'{"previous": 5, "hash": "x"}\n',
    "nothing.jsonl": b'{"previous": null, "hash": null, "id": [1]}\n',
    "words.jsonl": b'{"previous": "", "hash": "x", "id": "abc"}\n',
    "huge.jsonl": b'{"previous": "0", "hash": "x", "id": 99999999999999999999999}\n',
    "float.jsonl": b'{"previous": "0", "hash": "x", "id": 1e999}\n',
    "surrogate.jsonl": b'{"previous": "\\ud800", "hash": "x", "id": 1}\n',
    "head.csv": b"text,score\n",
    "word.csv": b"text,score\nGood morning,high\n",
    "one.csv": b"text,score\nGood morning,0.5\n",
    "nan.csv": b"text,score\nGood morning,0.5\nYou idiot,nan\n",
    "short.csv": b"text,score\nGood morning\nYou idiot,0.4\n",
    "good.csv": b"text,score\nGood morning,0.1\nYou idiot,0.9\n",
    "nul.page": b"Title\n\nA body\x00.\n\n  1. Ann\n\n     Hi.\n",
    "page": b"Title\n\nA body.\n\n  1. Ann\n\n     Hi.\n",
    "file.safetensors": bytes(range(256)) * 20,
    "empty.safetensors": b"",
    "file.ckpt": bytes(range(256)) * 20,
    "file.zip": bytes(range(256)) * 20,
    "file.tar": bytes(range(256)) * 20,
}

WRONG = """
import_page
import_page missing
import_page folder
import_page binary
import_page empty
import_page blank
import_page nul.page
import_page ''
import_page page --article-url nonsense
import_page page --article-url ftp://paper.example/
import_page page extra
score extra
score --checkpoint missing
score --checkpoint ../..
score --label missing
score_pending --every soon
score_pending --every 0
score_pending --every -1
score_pending --every nan
score_pending --every inf
explain
explain abc
explain 99
explain -1
explain 99999999999999999999999
export_record extra
verify_record missing
verify_record folder
verify_record binary
verify_record empty
verify_record blank
verify_record deep.jsonl
verify_record list.jsonl
verify_record number.jsonl
verify_record number.jsonl --database
verify_record nothing.jsonl --database
verify_record words.jsonl --database
verify_record huge.jsonl --database
verify_record float.jsonl --database
verify_record surrogate.jsonl --database
check_counts extra
seed_thread
seed_thread --comments 0
seed_thread --comments -5
seed_thread --comments many
seed_thread --comments 2000001
seed_thread --comments 5 --article 'a b'
seed_thread --comments 5 --article ''
seed_thread --comments 5 --states spam
seed_thread --comments 5 --seed x
load_demo extra
map_thresholds
map_thresholds missing
map_thresholds folder
map_thresholds binary
map_thresholds empty
map_thresholds head.csv
map_thresholds word.csv
map_thresholds one.csv
map_thresholds nan.csv
map_thresholds short.csv
map_thresholds good.csv --thresholds x
map_thresholds good.csv --thresholds ''
map_thresholds good.csv --thresholds nan
map_thresholds good.csv --thresholds 7
map_thresholds good.csv --attribute NOPE
map_thresholds good.csv --text-column nope
model
model nope
model list extra
model install
model install missing
model install folder
model install binary
model install file.safetensors
model install empty.safetensors
model install file.ckpt
model install file.zip
model install file.tar
model install file.safetensors --name ../x
model install original --sha256 xyz
model install original --mirror nonsense
model install original --mirror http://127.0.0.1:9
model use missing
model use ../..
model use ''
model remove missing
model remove compact
model remove ''
model remove ..
model prepare missing
model audit missing
model audit --threshold x
model audit --threshold 7
model audit --threshold nan
model audit --out folder
model audit --out empty/page.html
api_key
api_key create
api_key create ''
api_key create a --per-second 0
api_key create a --per-second -1
api_key create a --per-second x
api_key create a --per-second 99999999999999999999
api_key create a --per-day 0
api_key create a --per-day 99999999999999999999
api_key create 'a\x00b'
api_key revoke missing
api_key revoke ''
api_key list extra
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    """A folder with files of every wrong kind; a state folder of its own."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setenv("PARLEY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("PARLEY_CHECKPOINT", raising=False)
    settings.STATE_DIR = tmp_path / "state"
    return tmp_path


def rows() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


@pytest.mark.parametrize("line", WRONG.strip().splitlines())
def test_what_is_wrong_is_said(line: str, here: Path, quick_engine: None) -> None:
    before = rows()
    with pytest.raises(CommandError) as wrong:
        call_command(*[word.replace(r"\x00", "\x00") for word in shlex.split(line)], stdout=io.StringIO())
    assert str(wrong.value).strip()
    assert "Traceback" not in str(wrong.value)
    assert rows() == before
    assert {path.name for path in here.iterdir()} - {"state"} == {*FILES, "folder"}


@pytest.mark.parametrize("name", ["binary", "deep.jsonl", "list.jsonl", "nothing.jsonl"])
def test_a_line_that_cannot_be_scored_is_answered_in_its_place(
    name: str, here: Path, monkeypatch: pytest.MonkeyPatch, quick_engine: None
) -> None:
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdin", (here / name).open())
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(CommandError, match="could not be scored"):
        call_command("score")
    answers = out.buffer.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(answers) == len(FILES[name].rstrip(b"\n").split(b"\n"))
    assert b"error" in answers[0]


@pytest.mark.parametrize("name", ["binary", "empty", "deep.jsonl"])
def test_no_record_on_standard_input_is_said(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", (here / name).open(encoding="utf-8"))
    with pytest.raises(CommandError):
        call_command("verify_record", "-")
