"""What may be shown again without being made again, and why that never shows a comment that was taken down.

Every decision raises the article's `thread_version` in its own transaction. The version is read from the database
on every request and is part of the key, so a page made before a decision is never found after it. Each web process
keeps its own pages; nothing has to be told to forget.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from discussions import rows, threads
from discussions.models import Article

MOST_PAGES = 200  # of about 50 kB each
# The only parts of a stranger's page that are theirs: the form's token and its key. No comment can hold a bare "<".
# It begins with plain text, which is found faster than by looking behind every byte.
_OWN_PARTS = re.compile(rb'(<input type="hidden" name="(csrfmiddlewaretoken|form_key)" value=")[\w-]+(?=")')


class Shelf:
    """The most recently used pages of this process."""

    def __init__(self, most: int = MOST_PAGES) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock = Lock()
        self._most = most

    def get(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """What is kept under `key`, made where it is not."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_threads = Shelf()
_pages = Shelf()


@dataclass(frozen=True, slots=True)
class Thread:
    """A rendered page of a thread, the same for everybody."""

    html: SafeString
    ids: list[int]
    next: str | None
    after: str
    picks: SafeString


def thread(article: Article, *, sort: str, after: str) -> Thread:
    """The page of the thread as it stands at the article's version."""

    def make() -> Thread:
        page = threads.roots(article.pk, sort=sort, after=after)
        return Thread(
            rows.html(page, author_id=article.author_id, is_open=is_open),
            page.ids(),
            page.next,
            page.after,
            rows.picks_html(page),
        )

    is_open = article.is_open()
    key = (article.pk, article.thread_version, article.author_id, is_open, sort, after, get_language())
    found: Thread = _threads.get(key, make)
    return found


# All of an article that a page is made of, in one small question: this is asked for every page that is kept.
_HEAD = """
SELECT a.id, a.thread_version, a.comment_count, a.mode, a.closes_at, a.title, a.standfirst, md5(a.body), a.byline,
       a.author_id, a.published_at, s.name
  FROM discussions_article a LEFT JOIN discussions_section s ON s.id = a.section_id WHERE a.slug = %s
"""


def stranger_page(
    request: HttpRequest, slug: str, *, sort: str, after: str, render: Callable[[], HttpResponse]
) -> HttpResponse:
    """The article page for somebody unknown: kept whole, with a fresh token and form key put in each time.

    Its weak ETag names the content and the CSRF cookie that the token in it goes with, so that a browser gets 304 only
    for a page whose form it can still send.
    `render` makes the page where it is not kept, and raises Http404 where there is no such article.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HEAD, [slug])
        head = cursor.fetchone()
    if head is None:
        return render()
    ends = Article(closes_at=head[4], published_at=head[10]).ends_at
    closed_by_time = ends is not None and ends <= timezone.now()
    key = (*head, closed_by_time, sort, after, get_language(), request.get_host())
    if "CSRF_COOKIE" not in request.META:
        get_token(request)
    named = repr((*key, request.META["CSRF_COOKIE"]))
    tag = f'W/"{blake2b(named.encode(), digest_size=12).hexdigest()}"'
    response: HttpResponse
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    if tag in asked and settings.CSRF_COOKIE_NAME in request.COOKIES:
        response = HttpResponseNotModified()
    else:
        # Cut at the own parts: text, the field's beginning, its name, text, …
        pieces: list[bytes] = _pages.get(key, lambda: _OWN_PARTS.split(render().content))
        response = HttpResponse(_joined(pieces, get_token(request)))
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def _joined(pieces: list[bytes], token: str) -> bytes:
    own = {b"csrfmiddlewaretoken": token.encode(), b"form_key": str(uuid4()).encode()}
    return b"".join(own[piece] if index % 3 == 2 else piece for index, piece in enumerate(pieces))
