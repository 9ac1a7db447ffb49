"""What monitors ask: is this site alive, and is it ready to take and score comments?"""

from __future__ import annotations

from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from discussions.models import OutboxEntry
from moderation.models import Worker


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
    """200 only when web, database and scoring are ready; otherwise 503 that names what is not."""
    body: dict[str, Any] = {
        "status": "ok",
        "web": "up",
        "database": "up",
        "scoring": "ready",
        "broker": broker_state(),
    }
    problems = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        body["oldest_pending_seconds"] = OutboxEntry.objects.oldest_age()
        workers = Worker.objects.ready()
        body["workers"] = [{"name": w.name, "checkpoint": w.checkpoint, "seen": w.seen_at} for w in workers]
        if not workers:
            body["scoring"] = "no scoring worker has reported in the last minute"
            problems.append("scoring")
    except DatabaseError as error:
        body.update(database=f"down: {str(error).strip().splitlines()[0]}", scoring="unknown")
        problems.append("database")
    if problems:
        body["status"] = "not ready: " + ", ".join(problems)
    return JsonResponse(body, status=503 if problems else 200)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for loopback only: a proxy in front must not pass this path on."""
    if request.META.get("REMOTE_ADDR") not in {"127.0.0.1", "::1", ""} or request.headers.get("X-Forwarded-For"):
        return HttpResponse("metrics are served to this machine only\n", status=403, content_type="text/plain")
    return HttpResponse(ExportToDjangoView(request))
