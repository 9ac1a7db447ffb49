"""Signals that two readers may be one person, as keyed hashes that are kept no longer than SIGNAL_DAYS.

The key is the site's SECRET_KEY: without it nobody can try addresses out, and a new key ends what was known. Whoever
shares a signal need not be the same person; a household shares an address, a newsroom a mail domain. So the desk shows
them and no rule acts on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from discussions import limits
from discussions.models import Reader, Trace

MANY = 20  # readers from which a shared signal says nothing about any of them
_REFRESHED_AFTER = timedelta(hours=12)
Kind = Trace.Kind


@dataclass(frozen=True, slots=True)
class Shared:
    """Others with the same signal, newest first; `many` where they are more than MANY, and none is named."""

    kind: Kind
    readers: list[Reader]
    many: bool


def digest(kind: str, value: str) -> str:
    """The keyed hash of a signal, 128 bits as hex."""
    return salted_hmac(f"parley.trace.{kind}", value, algorithm="sha256").hexdigest()[:32]


def leave(request: HttpRequest, reader: Reader) -> None:
    """Note what the reader came with. Nothing where SIGNAL_DAYS is 0."""
    if settings.SIGNAL_DAYS <= 0:
        return
    found = {(str(kind), digest(kind, value)) for kind, value in _signals(request, reader)}
    fresh = Trace.objects.filter(reader=reader, seen_at__gt=timezone.now() - _REFRESHED_AFTER)
    found -= set(fresh.values_list("kind", "digest"))
    Trace.objects.bulk_create(
        [Trace(reader=reader, kind=kind, digest=value) for kind, value in sorted(found)],
        update_conflicts=True,
        unique_fields=["reader", "kind", "digest"],
        update_fields=["seen_at"],
    )


def _signals(request: HttpRequest, reader: Reader) -> Iterator[tuple[Kind, str]]:
    address = limits.client_address(request)
    if address != "unknown":
        yield Kind.ADDRESS, address
        headers = [request.headers.get(name, "") for name in ("User-Agent", "Accept-Language")]
        if any(headers):
            yield Kind.BROWSER, "\n".join([address, *headers])
    address = reader.user.email if reader.user else reader.email
    if mailbox := mailbox_of(address):
        yield Kind.MAILBOX, mailbox
        yield Kind.DOMAIN, mailbox.rpartition("@")[2]


def mailbox_of(address: str) -> str:
    """An address without what many hosts ignore: "Ada.Brook+news@example.org" is "adabrook@example.org"; "" if none."""
    name, _at, domain = address.lower().rpartition("@")
    return f"{name.partition('+')[0].replace('.', '') or name}@{domain}" if name and domain else ""


def shared(reader: Reader) -> list[Shared]:
    """Who else came with the reader's signals, the strongest kind of signal first."""
    found = []
    for kind in (Kind.MAILBOX, Kind.BROWSER, Kind.ADDRESS, Kind.DOMAIN):
        own = Trace.objects.filter(reader=reader, kind=kind).values("digest")
        others = Trace.objects.filter(kind=kind, digest__in=own).exclude(reader=reader).values("reader")
        readers = list(Reader.objects.filter(pk__in=others).select_related("user").order_by("-pk")[: MANY + 1])
        if readers:
            many = len(readers) > MANY
            found.append(Shared(kind, [] if many else readers, many))
    return found


def forget() -> int:
    """Drop signals not seen for SIGNAL_DAYS, at most 5,000 at a time; with 0 days all of them. Returns how many."""
    since = timezone.now() - timedelta(days=max(0, settings.SIGNAL_DAYS))
    old = Trace.objects.filter(seen_at__lt=since).order_by("seen_at").values_list("pk", flat=True)[:5000]
    return Trace.objects.filter(pk__in=list(old)).delete()[0]
