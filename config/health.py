"""What monitors ask: is this site alive, and is it ready to take and score comments?"""

from __future__ import annotations

from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from discussions import accounts
from discussions.models import OutboxEntry
from moderation.models import Worker

log = structlog.get_logger(__name__)


def broker_state() -> str:
    """ "up", or "down: …" with the reason; bounded to about a second."""
    try:
        client = redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=None
        )
        client.ping()
    except (redis.RedisError, OSError) as error:
        return f"down: {type(error).__name__}"
    return "up"


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The web process answers. Nothing else is asked."""
    return JsonResponse({"web": "up"})


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 only when web, database and scoring are ready; otherwise 503 that names what is not.

    Strangers get the status alone. Details are for this machine, for whoever holds METRICS_TOKEN, and for staff; the
    database's own words, which name hosts, go to the log.
    """
    problems: list[str] = []
    details: dict[str, Any] = {"web": "up", "database": "up", "scoring": "ready", "broker": broker_state()}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        details["oldest_pending_seconds"] = OutboxEntry.objects.oldest_age()
        workers = Worker.objects.ready()
        details["workers"] = [{"name": w.name, "checkpoint": w.checkpoint, "seen": w.seen_at} for w in workers]
        if not workers:
            details["scoring"] = f"no scoring worker has reported for {settings.SCORING_STALE_SECONDS:g} seconds"
            problems.append("scoring")
    except DatabaseError as error:
        log.error("health_without_database", error=str(error).strip()[:300])
        details.update(database="down", scoring="unknown")
        problems.append("database")
    status = "not ready: " + ", ".join(problems) if problems else "ok"
    trusted = _from_this_machine(request) or _has_token(request) or _is_staff(request)
    body = {"status": status, **details} if trusted else {"status": status}
    return JsonResponse(body, status=503 if problems else 200)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for this machine or with METRICS_TOKEN: a proxy in front need not pass this path on."""
    if not (_from_this_machine(request) or _has_token(request)):
        return HttpResponse("metrics are served to this machine only\n", status=403, content_type="text/plain")
    found: HttpResponse = ExportToDjangoView(request)
    return found


def _from_this_machine(request: HttpRequest) -> bool:
    return request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1", ""} and not request.headers.get("X-Forwarded-For")


def _has_token(request: HttpRequest) -> bool:
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    return bool(settings.METRICS_TOKEN) and kind == "Bearer" and constant_time_compare(token, settings.METRICS_TOKEN)


def _is_staff(request: HttpRequest) -> bool:
    try:
        return accounts.runs_the_site(request)
    except DatabaseError:
        return False
