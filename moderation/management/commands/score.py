"""``manage.py score``: one JSON line in, one JSON line out, without database, broker or running services."""

from __future__ import annotations

import codecs
import json
import logging
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

CHUNK = 128
"""Lines read and answered at a time: an answer never waits for the end of a long stream."""


class Command(BaseCommand):
    help = (
        "Score comments: on standard input one JSON string, or one JSON object with a text, per line; on standard "
        "output one JSON object per line, in the same order."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plain", action="store_true", help="every line is a comment as it is, not JSON")
        parser.add_argument("--checkpoint", help="score with this checkpoint (default: the one in use)")
        parser.add_argument("--label", action="append", help="answer this label only; may be given several times")

    def handle(
        self, *_args: Any, plain: bool, checkpoint: str | None, label: list[str] | None, **_options: Any
    ) -> None:
        from moderation.scoring import CheckpointError

        if sys.stdin is None or sys.stdout is None:
            raise CommandError("Give the texts on standard input and leave standard output open.")
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
        try:
            bad = answer_all(sys.stdin.buffer, sys.stdout.buffer, plain=plain, checkpoint=checkpoint, only=label)
        except CheckpointError as error:
            raise CommandError(str(error)) from error
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        except OSError as error:  # a full disk
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise CommandError(f"The answers cannot be written: {error.strerror or error}.") from error
        if bad:
            raise CommandError(f'{bad} line{"s" if bad > 1 else ""} could not be scored; see "error" in the answers.')


def answer_all(source: BinaryIO, sink: BinaryIO, *, plain: bool, checkpoint: str | None, only: list[str] | None) -> int:
    """Answer every line of ``source`` on ``sink``; return how many could not be scored."""
    check(checkpoint, only or [])
    lines, bad = lines_of(source), 0
    while chunk := list(islice(lines, CHUNK)):
        for answer in answers(chunk, plain=plain, checkpoint=checkpoint, only=only):
            bad += "error" in answer
            sink.write(json.dumps(answer, ensure_ascii=True).encode() + b"\n")
        sink.flush()
    return bad


def check(checkpoint: str | None, only: list[str]) -> None:
    """Before anything is read: raises CheckpointError for one that cannot be used, or a label it does not score."""
    from moderation.scoring import CheckpointError, checkpoints

    opened = checkpoints.open_checkpoint(checkpoint)
    for label in only:
        if label not in opened.labels:
            raise CheckpointError(f"{opened.name} does not score {label!r}, only {', '.join(opened.labels)}.")


def lines_of(source: BinaryIO) -> Iterator[bytes]:
    """Lines without their end; only a line feed ends one, as JSON Lines says. A byte-order mark is not the first's."""
    for number, line in enumerate(source):
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        yield text if number else text.removeprefix(codecs.BOM_UTF8)


def answers(
    lines: list[bytes], *, plain: bool, checkpoint: str | None, only: list[str] | None
) -> Iterator[dict[str, Any]]:
    """One answer for each line: its scores, or what is wrong with it."""
    from moderation.scoring import score
    from moderation.scoring.scorer import as_json

    parsed = [parse(line, plain=plain) for line in lines]
    good = [item for item in parsed if not isinstance(item, ValueError)]
    scored = iter(score([text for text, _ in good], parents=[parent for _, parent in good], checkpoint=checkpoint))
    for item in parsed:
        if isinstance(item, ValueError):
            yield {"error": str(item)}
            continue
        answer = as_json(next(scored))
        if only:
            answer["scores"] = {name: value for name, value in answer["scores"].items() if name in only}
        yield answer


def parse(line: bytes, *, plain: bool) -> tuple[str, str | None] | ValueError:
    """(text, parent or None) of one line, or what is wrong with it."""
    if plain:
        return line.decode("utf-8", "replace"), None
    try:
        value = json.loads(line.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", "") or "not UTF-8, or nested too deeply"
        return ValueError(f"this line is not JSON: {reason}. Use --plain for lines of plain text.")
    if isinstance(value, str):
        return value, None
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return ValueError('this line is neither a JSON string nor an object with a "text" that is a string.')
    parent = value.get("parent")
    return value["text"], parent if isinstance(parent, str) else None
