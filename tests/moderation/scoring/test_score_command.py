"""`manage.py score`: a line in, a line out."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from moderation.management.commands.score import answer_all
from moderation.scoring import CheckpointError

ROOT = Path(__file__).parents[3]
RUDE = "You are an idiot, a complete idiot."


def run(source: bytes, *, plain: bool = False, only: list[str] | None = None) -> tuple[int, list[dict[str, Any]]]:
    sink = io.BytesIO()
    bad = answer_all(io.BytesIO(source), sink, plain=plain, checkpoint=None, only=only)
    return bad, [json.loads(line) for line in sink.getvalue().splitlines()]


def test_strings_and_objects_are_answered_in_order() -> None:
    bad, answers = run(json.dumps(RUDE).encode() + b'\n{"text": "Thank you for this article.", "id": 7}\n')
    assert bad == 0
    assert [answer["scores"]["toxicity"] > 0.5 for answer in answers] == [True, False]
    assert answers[0]["checkpoint"] == "compact"
    assert answers[0]["windows"] == 1
    assert len(answers[0]["weights"]) == 64


def test_the_text_is_never_echoed() -> None:
    _, answers = run(json.dumps({"text": "Zanzibar idiot"}).encode())
    assert "Zanzibar" not in json.dumps(answers)


@pytest.mark.parametrize(
    "line", [b"not json", b"", b"[1, 2]", b"7", b'{"txt": "x"}', b'{"text": 5}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_bad_line_gets_an_error_in_its_place_and_the_rest_goes_on(line: bytes) -> None:
    bad, answers = run(b'"fine"\n' + line + b'\n"fine too"\n')
    assert bad == 1
    assert ["error" in answer for answer in answers] == [False, True, False]
    assert answers[1]["error"].startswith("this line is")


@pytest.mark.parametrize(
    "line",
    [
        b'"lone \\ud800 surrogate"',
        b'"raw \xed\xa0\x80 surrogate"',
        b'"nul \\u0000"',
        b'""',
        b'"   "',
        b'"line \\u2028 separator \\u0085"',
        '"line \u2028 separator \u0085"'.encode(),
        json.dumps("word " * 6000).encode(),
        json.dumps("\U0001f595" * 6000).encode(),
    ],
)
def test_an_odd_text_is_scored(line: bytes) -> None:
    bad, answers = run(line + b"\r\n")
    assert bad == 0
    assert len(answers) == 1
    assert 0 <= answers[0]["scores"]["toxicity"] <= 1


def test_plain_lines_are_texts_even_if_empty_or_not_utf_8() -> None:
    bad, answers = run(RUDE.encode() + b'\n\n{"text": 1}\n\xff\xfe\n', plain=True)
    assert bad == 0
    assert len(answers) == 4
    assert answers[0]["scores"]["toxicity"] > 0.5


def test_one_label_can_be_asked_for() -> None:
    _, answers = run(json.dumps(RUDE).encode(), only=["insult"])
    assert list(answers[0]["scores"]) == ["insult"]


def test_a_label_that_the_checkpoint_does_not_score_is_refused_before_any_line() -> None:
    with pytest.raises(CheckpointError, match="does not score 'spam', only toxicity"):
        run(b'"fine"\n', only=["insult", "spam"])


@pytest.mark.parametrize("plain", [False, True])
def test_a_byte_order_mark_belongs_to_no_line(plain: bool) -> None:
    bad, answers = run(b'\xef\xbb\xbf"fine"\n"fine"\n', plain=plain)
    assert bad == 0
    assert answers[0]["scores"] == answers[1]["scores"]


def manage(*arguments: str, source: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        input=source,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=120,
        env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", **environment},
    )


def test_the_command_needs_no_service_and_says_when_a_line_was_bad() -> None:
    done = manage("score", source=f"{json.dumps(RUDE)}\nnot json\n")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    assert "1 line could not be scored" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_checkpoint_is_one_clear_sentence() -> None:
    done = manage("score", "--checkpoint", "unheard-of", source='"x"\n')
    assert done.returncode == 1
    assert done.stdout == ""
    assert "There is no checkpoint called 'unheard-of'" in done.stderr
    assert "Traceback" not in done.stderr
