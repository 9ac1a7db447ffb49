"""The endpoint's four addresses: each finds the caller, reads, calls one function and responds."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from moderation.perspective import batch, discovery, errors, keys, quota, service, usage, wire
from moderation.perspective.errors import ApiError
from moderation.perspective.front import MAX_BATCH_BYTES, body_of

View = Callable[[HttpRequest], HttpResponse]


_ROOM = threading.BoundedSemaphore(6)
"""Batches that one process reads at once: their keys stand inside, so anybody may send one, as slowly as they like."""


def respond(body: dict[str, Any], code: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body), status=code, content_type="application/json; charset=UTF-8")


def refusal(error: ApiError) -> HttpResponse:
    """The envelope, with its headers."""
    response = respond(error.envelope(), error.code)
    for name, value in error.headers.items():
        response.headers[name] = value
    return response


def admit(token: str) -> int:
    """The key's id, once its quota allows this request. Raises ApiError."""
    if not token:
        raise errors.key_missing()
    try:
        caller = keys.find(token)
    except DatabaseError:
        raise errors.keys_away() from None
    if caller is None:
        raise errors.key_invalid()
    try:
        quota.check(caller)
    except ApiError:
        usage.note(caller.key_id, refused=True)
        raise
    usage.note(caller.key_id)
    return caller.key_id


def _token(request: HttpRequest) -> str:
    return request.GET.get("key", "") or request.headers.get("X-Goog-Api-Key", "")


def _only(request: HttpRequest, *methods: str) -> None:
    if request.method not in methods:
        raise errors.method_not_allowed(", ".join(methods))


@csrf_exempt
def analyze(request: HttpRequest) -> HttpResponse:
    """POST /v1alpha1/comments:analyze"""
    _only(request, "POST")
    key_id = admit(_token(request))
    return respond(service.analyze(wire.parse(body_of(request)), key_id=key_id))


@csrf_exempt
def suggestscore(request: HttpRequest) -> HttpResponse:
    """POST /v1alpha1/comments:suggestscore"""
    _only(request, "POST")
    key_id = admit(_token(request))
    return respond(service.suggest(wire.parse(body_of(request)), key_id=key_id))


def discover(request: HttpRequest) -> HttpResponse:
    """GET /$discovery/rest?version=v1alpha1"""
    _only(request, "GET", "HEAD")
    if request.GET.get("version", "v1alpha1") != "v1alpha1":
        raise errors.not_found()
    try:
        root = request.build_absolute_uri("/")
    except SuspiciousOperation:
        raise errors.invalid_request("This host name is not in ALLOWED_HOSTS.") from None
    if settings.HTTPS and urlsplit(root).netloc == urlsplit(settings.SITE_URL).netloc:
        root = "https" + root[root.index(":") :]  # behind a proxy that ends TLS
    return respond(discovery.document(root))


@csrf_exempt
def batched(request: HttpRequest) -> HttpResponse:
    """POST /batch"""
    _only(request, "POST")
    if not _ROOM.acquire(blocking=False):
        raise errors.saturated()
    try:
        body = body_of(request, MAX_BATCH_BYTES)
    finally:
        _ROOM.release()
    parts = batch.read(request.headers.get("Content-Type", ""), body)
    batch.run(parts, admit, _token(request))
    kind, body = batch.write(parts)
    return HttpResponse(body, content_type=kind)


def nowhere(request: HttpRequest) -> HttpResponse:
    """Any other address of this interface."""
    raise errors.not_found()


VIEWS: dict[str, View] = {
    "analyze": analyze,
    "suggestscore": suggestscore,
    "discovery": discover,
    "batch": batched,
}
