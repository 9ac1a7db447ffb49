"""WSGI entry point, served by gunicorn."""

import logging
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Utf8Request(WSGIRequest):
    """Read as UTF-8 whatever charset it claims: some make Python fail before any view, some bring half characters."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (ValueError, LookupError):  # parameters in a charset that there is not
            self.content_type, self.content_params = "", {}


class WithoutKeys(logging.Filter):
    """Takes keys out of what the web server says of requests that it could not read, before any of ours sees them."""

    KEY = re.compile(r"(?i)(\bkey=|\bpk-|x-goog-api-key\W{0,8})[^\s&'\"]+")

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.KEY.sub(r"\1…", record.getMessage()), ()
        if record.exc_info:
            record.exc_text = self.KEY.sub(r"\1…", logging.Formatter().formatException(record.exc_info))
        return True


class HeadersAlone:
    """An answer without its body, closed like the whole one."""

    def __init__(self, answer: Any) -> None:
        self.close: Callable[[], None] = answer.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(())


class Site(WSGIHandler):
    """Django, with no body for HEAD: gunicorn would drop it, with a warning in the log for every probe."""

    request_class = Utf8Request

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        answer = super().__call__(environ, start_response)
        return HeadersAlone(answer) if environ["REQUEST_METHOD"] == "HEAD" else answer


logging.getLogger("gunicorn.error").addFilter(WithoutKeys())
django.setup(set_prefix=False)
application = Site()
