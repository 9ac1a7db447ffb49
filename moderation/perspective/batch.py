"""HTTP batches: several requests in one multipart/mixed body, and an answer for each in the same order.

Comments of a batch are scored together. A part that is refused, or cannot even be read, spoils no other.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from moderation.perspective import errors, service, wire
from moderation.perspective.errors import ApiError
from moderation.together import work_of

MOST_PARTS = 1000
MOST_UNKNOWN_KEYS = 5  # then the rest of a batch is not looked up: each made-up key costs the database a question
MOST_HEADER_BYTES = 16_384  # of a part, and of the request in it
MOST_LINE_BYTES = 8_192  # of a request's first line
MOST_PARAMETERS = 100  # of its address
MOST_CONTENT_ID = 1_000  # characters
TOGETHER_WORK = 12_000  # in one question to the workers (together.work_of): others wait while it is scored
PATIENCE = 10.0  # seconds for each such question: who sends a batch is not waiting for one comment
LONGEST = 30.0  # seconds for all of them: with no worker there, a batch must not hold a web thread for minutes

Json = dict[str, Any]


@dataclass(slots=True)
class Part:
    """One request of a batch: its address, key and JSON, and later its answer."""

    content_id: str
    method: str = ""
    path: str = ""
    key: str = ""
    body: bytes = b""
    answer: Json | ApiError | None = None
    planned: service.Plan | None = None
    key_id: int = 0


def read(content_type: str, body: bytes) -> list[Part]:
    """The parts of a multipart/mixed body. Raises ApiError where it is none."""
    kind = content_type.replace("\r", "").replace("\n", "")
    outer = message_from_bytes(b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n")
    try:
        boundary = outer.get_boundary()
    except (ValueError, LookupError):  # in a charset that there is not
        boundary = None
    if outer.get_content_maintype() != "multipart" or not boundary:
        raise errors.invalid_request("A batch is a multipart/mixed body with a boundary.")
    line = rb"(?:^|\r?\n)--" + re.escape(boundary.encode("latin-1", "replace")) + rb"(--)?[ \t]*(?=\r?\n|$)"
    # Counted and cut here, for the price of a search: whoever sends this need not have shown a key yet.
    starts, last = [], None
    for found in re.finditer(line, body):
        last = found
        if found[1]:
            break
        starts.append(found)
        if len(starts) > MOST_PARTS:
            raise errors.invalid_request(f"A batch holds at most {MOST_PARTS} requests.")
    if not starts:
        raise errors.invalid_request("A batch is a multipart/mixed body with a boundary.")
    ends = [*(found.start() for found in starts[1:]), last.start() if last and last[1] else len(body)]
    pieces = [_without_newline(body[found.end() : end]) for found, end in zip(starts, ends, strict=True)]
    return [_part(piece) for piece in pieces]


def _without_newline(piece: bytes) -> bytes:
    """What follows the line with the boundary."""
    return piece[2:] if piece.startswith(b"\r\n") else piece[1:]


def _split(piece: bytes) -> tuple[bytes, bytes]:
    """Headers and body of a part, or of the request in it."""
    blank = re.search(rb"(?:^|\r?\n)\r?\n", piece)
    return (piece[: blank.start()], piece[blank.end() :]) if blank else (b"", piece)


def _header(head: bytes, name: bytes) -> str:
    """One header's value, "" where it is missing. Searched for and not parsed: anybody may send a thousand parts."""
    found = re.search(rb"(?im)^" + re.escape(name) + rb"[ \t]*:([^\r\n]*)", head[:MOST_HEADER_BYTES])
    value = found[1].decode("latin-1") if found else ""
    return "".join(character for character in value if character.isprintable()).strip()


def _part(piece: bytes) -> Part:
    head, body = _split(piece)
    part = Part(content_id=_header(head, b"Content-ID")[:MOST_CONTENT_ID])
    if encoding := _header(head, b"Content-Transfer-Encoding"):
        body = _decoded(body, encoding)
    head, _blank, part.body = body.replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n\n")
    first, _newline, rest = head.partition(b"\n")
    words = first[:MOST_LINE_BYTES].decode("latin-1").split()
    try:
        address = urlsplit(words[1])
        query = parse_qs(address.query, max_num_fields=MOST_PARAMETERS)
    except (IndexError, ValueError):  # no address, or one such as "http://["
        part.answer = errors.invalid_request("This part of the batch is not an HTTP request.")
        return part
    part.method, part.path = words[0].upper(), unquote(address.path)
    part.key = query.get("key", [""])[0] or _header(rest, b"X-goog-api-key")
    return part


def _decoded(body: bytes, encoding: str) -> bytes:
    message = message_from_bytes(b"Content-Transfer-Encoding: " + encoding.encode("ascii", "replace") + b"\r\n\r\n")
    message.set_payload(body.decode("ascii", "surrogateescape"))
    payload = message.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def run(parts: list[Part], admit: Callable[[str], int], key: str) -> None:
    """Answer every part. `admit` takes an API key and gives its id or raises ApiError; `key` is the batch's own."""
    ends = time.monotonic() + LONGEST
    admit = _wary(admit, known=key)
    for part in parts:
        if part.answer is None:
            try:
                _begin(part, admit(part.key or key), ends)
            except ApiError as error:
                part.answer = error
    by_key = attrgetter("key_id")
    for key_id, of_key in groupby(sorted((part for part in parts if part.planned), key=by_key), key=by_key):
        together: list[Part] = []
        for part in of_key:
            if together and _work([*together, part]) > TOGETHER_WORK:
                _finish(together, ends, key_id)
                together = []
            together.append(part)
        _finish(together, ends, key_id)


def _wary(admit: Callable[[str], int], *, known: str) -> Callable[[str], int]:
    """`admit`, which looks up no more than MOST_UNKNOWN_KEYS keys that nobody has: but always the batch's own (`known`)
    and those that were let in before.
    """
    unknown: set[str] = set()
    good = {known}

    def door(token: str) -> int:
        if token in unknown or (len(unknown) >= MOST_UNKNOWN_KEYS and token not in good):
            raise errors.key_invalid()
        try:
            admitted = admit(token)
        except ApiError as error:
            if error.details[0].get("reason") == "API_KEY_INVALID":
                unknown.add(token)
            raise
        good.add(token)
        return admitted

    return door


def _begin(part: Part, key_id: int, ends: float) -> None:
    from moderation.perspective.front import method_of

    name = method_of(part.path)
    if name not in {"analyze", "suggestscore"}:
        raise errors.not_found()
    if part.method != "POST":
        raise errors.method_not_allowed("POST")
    message = wire.parse(part.body)
    if name == "suggestscore":
        left = min(float(settings.ASK_TIMEOUT_SECONDS), ends - time.monotonic())
        part.answer = service.suggest(message, key_id=key_id, patience=left)
    elif time.monotonic() > ends:
        raise errors.unavailable()
    else:
        part.planned, part.key_id = service.plan(message), key_id


def _work(parts: list[Part]) -> int:
    return work_of([text for part in parts if part.planned for text in part.planned.texts])


def _finish(parts: list[Part], ends: float, key_id: int) -> None:
    """Score the parts' texts in one question and answer each; refused at once where the batch's time is over."""
    plans = [part.planned for part in parts if part.planned]
    try:
        left = min(PATIENCE, ends - time.monotonic())
        found = service.scores([question for planned in plans for question in planned.questions], left, key_id=key_id)
    except ApiError as error:
        for part in parts:
            part.answer = error
        return
    for part, planned in zip(parts, plans, strict=True):
        own, found = found[: len(planned.texts)], found[len(planned.texts) :]
        try:
            part.answer = service.answer(planned, own)
        except ApiError as error:
            part.answer = error


def write(parts: list[Part]) -> tuple[str, bytes]:
    """(Content-Type, body) of the batch's answer."""
    boundary = "batch_" + secrets.token_urlsafe(24)
    lines = []
    for part in parts:
        code, body, headers = _answered(part)
        payload = json.dumps(body)
        lines += [f"--{boundary}", "Content-Type: application/http"]
        if part.content_id:
            inner = part.content_id
            lines.append("Content-ID: " + (f"<response-{inner[1:]}" if inner.startswith("<") else f"response-{inner}"))
        lines += ["", f"HTTP/1.1 {code} {HTTPStatus(code).phrase}", "Content-Type: application/json; charset=UTF-8"]
        lines += [*(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(payload)}"]
        lines += ["", payload]
    lines += [f"--{boundary}--", ""]
    return f'multipart/mixed; boundary="{boundary}"', "\r\n".join(lines).encode()


def _answered(part: Part) -> tuple[int, Json, dict[str, str]]:
    if isinstance(part.answer, ApiError):
        return part.answer.code, part.answer.envelope(), part.answer.headers
    if part.answer is None:
        return _answered(Part(part.content_id, answer=errors.unavailable()))
    return 200, part.answer, {}
