"""What the web server hands to Django, and what it says of requests that it could not read."""

from __future__ import annotations

import io
import logging
import sys
from typing import Any

import pytest

from config.wsgi import Utf8Request, WithoutKeys

KEY = "pk-Abc123_def-456"


@pytest.mark.parametrize(
    "kind", ["text/plain; charset*=undefined''x", "multipart/mixed; boundary*=idna''bb", "text/plain; charset=nonsense"]
)
def test_a_content_type_that_makes_no_sense_is_read_as_none(kind: str) -> None:
    environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": kind, "wsgi.input": io.BytesIO(b"{}")}
    request = Utf8Request(environ)
    assert request.encoding in {None, "utf-8"}
    assert request.read() == b""


@pytest.mark.parametrize(
    "line",
    [
        f"Error handling request POST /v1alpha1/comments:analyze?key={KEY}",
        f"Invalid request from ip=127.0.0.1: Invalid HTTP request line: 'POST /x?a=b&KEY={KEY}ÿ HTTP/1.1'",
        f"Invalid request from ip=127.0.0.1: Invalid HTTP Header: 'X-goog-api-key {KEY}'",
    ],
)
def test_no_key_is_in_what_the_web_server_says(line: str) -> None:
    try:
        raise ValueError(f"?key={KEY}")
    except ValueError:
        record = logging.LogRecord("gunicorn.error", logging.ERROR, "f", 1, "%s", (line,), sys.exc_info())
    assert WithoutKeys().filter(record)
    said = logging.Formatter().format(record)
    assert "Abc123" not in said
    assert "ValueError" in said
    assert line[:20] in said
