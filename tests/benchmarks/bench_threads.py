"""Reading and posting in long threads: `make bench-threads`.

Starts its own PostgreSQL, Redis-protocol server and gunicorn with the two workers of `make run`, fills articles of
1,000, 10,000 and 100,000 comments and one with a root of 50,000 replies, and asks over HTTP on kept connections:

  first page     every order, one connection, each time with another cursor or version so that nothing is kept: ms
  deep page      the same from the middle and the end of the thread
  rendered       8 connections, every page made anew: pages a second
  kept           8 connections, the same page for strangers: pages a second
  posting        one connection, then 8: comments durably saved a second, without and with the scoring worker beside

The client runs on the same cores as the server; its share is part of the figures.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from config.local import services
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
SIZES = (1_000, 10_000, 100_000)
SORTS = ("newest", "oldest", "best", "discussed")
WIDE = 50_000

# Two of five comments are roots; the others answer, some of them an answer.
_FILL = """
INSERT INTO discussions_comment (id, article_id, parent_id, depth, path, reader_id, state, revision, shown_revision,
                                 version, shown, replies, upvotes, best, refused_by_person, created_at)
SELECT b + i, a,
       CASE WHEN i %% 5 < 2 OR i < 10 THEN NULL WHEN i %% 5 = 3 THEN b + i - 3 ELSE b + i - 2 END,
       CASE WHEN i %% 5 < 2 OR i < 10 THEN 0 WHEN i %% 5 = 4 THEN 2 ELSE 1 END,
       CASE WHEN i %% 5 < 2 OR i < 10 THEN '{}'::bigint[] WHEN i %% 5 = 2 THEN ARRAY[b + i - 2]
            WHEN i %% 5 = 3 THEN ARRAY[b + i - 3] ELSE ARRAY[b + i - 4, b + i - 2] END,
       r + i %% 500, 'published', 1, 1, 1, true,
       CASE WHEN i >= 10 AND i %% 5 = 0 AND i + 3 <= n THEN 2
            WHEN i >= 10 AND i %% 5 = 2 AND i + 2 <= n THEN 1 ELSE 0 END,
       i * 7 %% 40, i::bigint * 104729 %% 1000 / 1000.0, false, now() - (n - i) * interval '1 second'
  FROM (SELECT %(b)s::bigint b, %(a)s::bigint a, %(r)s::bigint r, %(n)s::int n) v, generate_series(1, %(n)s) i
"""
_FILL_WIDE = """
INSERT INTO discussions_comment (id, article_id, parent_id, depth, path, reader_id, state, revision, shown_revision,
                                 version, shown, replies, upvotes, best, refused_by_person, created_at)
SELECT b + i, a, CASE WHEN i = 1 THEN NULL ELSE b + 1 END, CASE WHEN i = 1 THEN 0 ELSE 1 END,
       CASE WHEN i = 1 THEN '{}'::bigint[] ELSE ARRAY[b + 1] END, r + i %% 500, 'published', 1, 1, 1, true,
       CASE WHEN i = 1 THEN n - 1 ELSE 0 END, 0, i::bigint * 104729 %% 1000 / 1000.0, false, now()
  FROM (SELECT %(b)s::bigint b, %(a)s::bigint a, %(r)s::bigint r, %(n)s::int n) v, generate_series(1, %(n)s) i
"""
_WORDS = """
INSERT INTO discussions_revision (comment_id, number, text, html, sha256, created_at)
SELECT id, 1, t, '<p dir="auto">' || t || '</p>', md5(t), now() FROM (
  SELECT id, 'Remark ' || id || '. ' || repeat('A stop at the market would serve more people than one at the gate. ',
         (1 + id %% 6)::int) t FROM discussions_comment WHERE article_id = %(a)s) words
"""


def fill(slug: str, n: int, sql: str = _FILL) -> int:
    """An article with `n` published comments; returns the highest comment id."""
    from django.db import connection

    from discussions.models import Article, Reader

    article = Article.objects.create(title=f"{n} comments", slug=slug, body="A paragraph.\n\nAnother one.")
    guests = [Reader(kind="guest", name=f"Guest {slug} {i}", name_key=f"guest{slug}{i}") for i in range(500)]
    readers = Reader.objects.bulk_create(guests)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM discussions_comment")
        base = cursor.fetchone()[0]
        values = {"a": article.pk, "b": base, "r": readers[0].pk, "n": n}
        cursor.execute(sql, values)
        cursor.execute(_WORDS, values)
        cursor.execute("SELECT setval(pg_get_serial_sequence('discussions_comment', 'id'), %s)", [base + n])
    Article.objects.filter(pk=article.pk).update(comment_count=n)
    return base + n


@contextmanager
def served(env: dict[str, str]) -> Iterator[int]:
    """gunicorn as `make run` starts it; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", "gunicorn", "--chdir", str(ROOT), "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    argv += ["--worker-class", "gthread", "--threads", "8", "--log-level", "error", "--no-control-socket"]
    process = subprocess.Popen([*argv, "config.wsgi"], env=env)
    try:
        until("gunicorn answers", lambda: process.poll() is not None or answers(port), 60)
        if process.poll() is not None:
            raise SystemExit("gunicorn did not start")
        yield port
    finally:
        process.terminate()
        process.wait(30)


def answers(port: int) -> bool:
    """Does the site take requests yet?"""
    try:
        Browser(port).get("/livez")
    except OSError:
        return False
    return True


class Browser:
    """One kept connection with its cookies."""

    def __init__(self, port: int) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def _ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, bytes]:
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            self.line.request(method, path, body, headers)
            answer = self.line.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):  # closed while idle
            self.line.close()
            self.line.request(method, path, body, headers)
            answer = self.line.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read()

    def get(self, path: str) -> bytes:
        status, body = self._ask("GET", path)
        if status != 200:
            raise SystemExit(f"GET {path} answered {status}")
        return body

    def post(self, path: str, fields: dict[str, str]) -> None:
        kind = "application/x-www-form-urlencoded"
        status, body = self._ask("POST", path, urlencode(fields), **{"Content-Type": kind})
        if status != 302:
            raise SystemExit(f"POST {path} answered {status}: {body[:300]!r}")


class Took(NamedTuple):
    """Milliseconds at the median and at the 95th percentile."""

    median: float
    late: float

    def __str__(self) -> str:
        return f"{self.median:7.1f} {self.late:7.1f}"


def quantiles(ask: Callable[[int], object], times: int) -> Took:
    """How long `times` questions took, after ten to warm up."""
    for number in range(10):
        ask(number)
    took = []
    for number in range(times):
        begun = time.perf_counter()
        ask(number)
        took.append((time.perf_counter() - begun) * 1000)
    return Took(statistics.median(took), statistics.quantiles(took, n=20)[-1])


def rate(work: Callable[[int, int], object], *, connections: int, seconds: float) -> float:
    """How often `work(connection, number)` was done a second, on so many connections at once."""
    done = [0] * connections
    until = time.perf_counter() + seconds

    def keep_on(mine: int) -> None:
        while time.perf_counter() < until:
            work(mine, done[mine])
            done[mine] += 1

    threads = [threading.Thread(target=keep_on, args=(mine,)) for mine in range(connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - begun)


def beside_the_start(browser: Browser, size: int, sort: str, last: dict[str, int]) -> Callable[[int], object]:
    """Asks for the first page under ever new cursors just beside the start, so that none is kept."""
    cursors: dict[str, Callable[[int], str]] = {
        "newest": lambda n: str(last[f"of-{size}"] + 1 + n),
        "oldest": lambda n: str(last[f"of-{size}"] - size - n),
        "best": lambda n: f"{1 + n / 1000}_1",
        "discussed": lambda n: f"{100 + n}_1",
    }
    return lambda n: browser.get(f"/articles/of-{size}/?sort={sort}&after={cursors[sort](n)}")


def reading(port: int, last: dict[str, int], times: int, seconds: float) -> None:
    browser = Browser(port)
    print(f"{'first page, made anew':32} {'median':>7} {'95 %':>7}  ms")
    first = {
        (size, sort): quantiles(beside_the_start(browser, size, sort, last), times) for size in SIZES for sort in SORTS
    }
    for (size, sort), took in first.items():
        small = first[SIZES[0], sort]
        print(f"{f'of-{size} {sort}':32} {took}   {took.median / small.median:.2f} of the time at {SIZES[0]:,}")
    deep = last["of-100000"]
    print(
        f"{'deep, newest, the middle':32}",
        quantiles(lambda n: browser.get(f"/articles/of-100000/?sort=newest&after={deep - 50_000 - n}"), times),
    )
    print(
        f"{'deep, best, the end':32}",
        quantiles(lambda n: browser.get(f"/articles/of-100000/?sort=best&after={0.01 + n / 1e6}_{deep}"), times),
    )
    wide = last["wide"] - WIDE + 1
    print(f"{'root with 50,000 replies':32}", quantiles(lambda n: browser.get(f"/comments/{wide}/?sort=best"), times))
    print(
        f"{'the same, page in the middle':32}",
        quantiles(lambda n: browser.get(f"/comments/{wide}/?sort=newest&after={wide + 25_000 + n}"), times),
    )
    body = browser.get("/articles/of-100000/?sort=newest")
    print(
        f"first page of 100,000: {len(body) / 1000:.1f} kB, {body.count(b'itemprop=%ccomment%c' % (34, 34))} comments"
    )
    lines = [Browser(port) for _number in range(8)]
    fresh = rate(
        lambda mine, n: lines[mine].get(f"/articles/of-100000/?sort=newest&after={deep - (mine * 9_000 + n)}"),
        connections=8, seconds=seconds,
    )  # fmt: skip
    print(f"rendered, 8 connections: {fresh:.0f} pages a second")
    kept = rate(lambda mine, _n: lines[mine].get("/articles/of-100000/"), connections=8, seconds=seconds)
    print(f"kept, 8 connections: {kept:.0f} pages a second")


def posting(port: int, times: int, seconds: float, note: str) -> None:
    def opened(name: str) -> tuple[Browser, dict[str, str]]:
        browser = Browser(port)
        token = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', browser.get("/articles/of-10000/"))
        assert token is not None
        person = {"name": name, "email": f"{name.replace(' ', '.').lower()}@example.org", "parent": ""}
        return browser, {**person, "csrfmiddlewaretoken": token[1].decode()}

    def send(browser: Browser, fields: dict[str, str], text: str) -> None:
        browser.post("/articles/of-10000/comments/", {**fields, "text": text})

    stamp = time.time_ns()
    browser, fields = opened("Bench Alone")
    print(
        f"{'posting, alone' + note:32}",
        quantiles(lambda n: send(browser, fields, f"Remark {n} of {time.time_ns()}."), times),
    )
    lines = [opened(f"Bench Reader {number}") for number in range(8)]
    found = rate(lambda mine, n: send(*lines[mine], f"Remark {mine} {n} of {stamp}."), connections=8, seconds=seconds)
    print(f"posting, 8 connections{note}: {found:.0f} comments a second")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--times", type=int, default=100, help="questions per line of the table")
    arguments.add_argument("--seconds", type=float, default=8.0, help="how long each rate is measured")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder, services(Path(folder)) as found:
        os.environ.update({name.upper(): value for name, value in dict(found).items()})
        os.environ.update(
            PARLEY_STATE_DIR=folder, POSTS_PER_MINUTE="10000000", DJANGO_SETTINGS_MODULE="config.settings"
        )
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        print("filling …", file=sys.stderr)
        last = {f"of-{size}": fill(f"of-{size}", size) for size in SIZES}
        last["wide"] = fill("wide", WIDE, _FILL_WIDE)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        connection.close()
        with served(dict(os.environ)) as port:
            reading(port, last, chosen.times, chosen.seconds)
            posting(port, chosen.times, chosen.seconds, "")
            worker = subprocess.Popen([sys.executable, "manage.py", "score_pending", "--loop"], cwd=ROOT)
            try:
                posting(port, chosen.times, chosen.seconds, ", scoring beside")
            finally:
                worker.terminate()
                worker.wait(60)


if __name__ == "__main__":
    main()
