"""A whole running site to break on purpose, a client that remembers what was acknowledged, and the truth."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import requests

from config.local.processes import free_port
from config.local.state import CHECKOUT, State
from tests.waiting import until

FULL = os.environ.get("PARLEY_CHAOS") == "full"
LEASE = 60.0 if FULL else 3.0
STUCK = 60.0 if FULL else 15.0  # a worker that does nothing for so long ends itself

KIND = "I took the tram to the market this morning and it was on time, number %s can confirm it."
RUDE = "You are a complete idiot and a liar, number %s, and everybody here knows it."


@dataclass
class Product:
    """One `make run`, with the means to look into it and to hurt it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    slug: str = "chaos"
    answers: list[tuple[int, float]] = field(default_factory=list)  # (HTTP status, seconds) of every post
    acknowledged: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- looking ------------------------------------------------------------------------------------------

    def sql(self, statement: str, *args: object) -> list[tuple[object, ...]]:
        """Ask the database directly."""
        url = State(self.folder).announced()["database_url"]
        with psycopg.connect(url, autocommit=True, connect_timeout=3) as connection:
            cursor = connection.execute(statement, args)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *args: object) -> int:
        return int(self.sql(statement, *args)[0][0])  # type: ignore[call-overload]

    def healthy(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.base}/healthz", timeout=3).status_code == 200
        return False

    def pid(self, name: str) -> int:
        return State(self.folder).children()[name][0]

    def pool_child(self, name: str = "score") -> psutil.Process | None:
        """The process under a Celery worker that holds the model."""
        with suppress(psutil.Error, KeyError):
            children = psutil.Process(self.pid(name)).children()
            return children[-1] if children else None
        return None

    # --- using --------------------------------------------------------------------------------------------

    def post(self, session: requests.Session, text: str) -> bool:
        """Post one comment as a reader's browser would; remembers it once the site has said yes."""
        key = str(uuid4())
        form = {
            "csrfmiddlewaretoken": session.cookies.get("csrftoken", ""),
            "text": text,
            "name": f"Reader {threading.get_ident() % 10_000}",
            "email": f"reader{threading.get_ident()}@example.org",
            "form_key": key,
        }
        begun = time.monotonic()
        try:
            answer = session.post(f"{self.base}{self.action(session)}", form, timeout=30, allow_redirects=False)
        except requests.RequestException:
            self.answers.append((0, time.monotonic() - begun))
            return False
        self.answers.append((answer.status_code, time.monotonic() - begun))
        if answer.status_code in {301, 302, 303}:
            self.acknowledged.append(key)
            return True
        return False

    def action(self, session: requests.Session) -> str:
        """Where the page's form goes; fetched once per session, with the CSRF cookie."""
        known = getattr(session, "parley_action", None)
        if known is None:
            page = session.get(f"{self.base}/articles/{self.slug}/", timeout=30)
            form = re.search(r"<form(?:(?!</form>).)*?<textarea", page.text, re.DOTALL)
            assert form, "the article page has no form with a textarea"
            found = re.search(r'action="([^"]+)"', form[0])
            known = found[1] if found else f"/articles/{self.slug}/"
            session.parley_action = known  # type: ignore[attr-defined]
        return str(known)

    @contextmanager
    def readers(self, count: int = 2, *, most: int = 400) -> Iterator[None]:
        """`count` readers post as fast as they are answered until the block ends, or until some `most` were accepted.

        A post that is refused uses nothing up, so that an outage, however long, still finds readers when it is over.
        """
        stop = threading.Event()
        before = len(self.acknowledged)

        def read_and_write() -> None:
            session = requests.Session()
            while not stop.is_set() and len(self.acknowledged) - before < most:
                text = RUDE if len(self.answers) % 5 == 0 else KIND
                try:
                    self.action(session)
                    accepted = self.post(session, text % uuid4().hex[:8])
                except (requests.RequestException, AssertionError):
                    accepted = False  # the page itself was not to be had
                if not accepted:
                    stop.wait(0.2)  # as somebody who tries again; without a pause the outage would be a flood

        threads = [threading.Thread(target=read_and_write, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(40)

    # --- judging --------------------------------------------------------------------------------------------

    def waiting(self) -> int:
        return self.one("SELECT count(*) FROM discussions_comment WHERE state = 'pending'")

    def drained(self) -> bool:
        with suppress(psycopg.Error, KeyError):
            return self.waiting() == 0
        return False

    def story(self) -> str:
        """What waits, and the last the site has said: for whoever has to find out why."""
        rows = self.sql("SELECT attempts, count(*), min(available_at - now()) FROM discussions_outboxentry GROUP BY 1")
        return f"outbox (attempts, rows, due in): {rows}\n{(self.folder / 'product.log').read_text()[-6000:]}"

    def verdict(self) -> dict[str, int]:
        """The three numbers that must all be 0."""
        there = {str(row[0]) for row in self.sql("SELECT form_key FROM discussions_comment WHERE form_key IS NOT NULL")}
        return {
            "lost": len(set(self.acknowledged) - there),
            "unscored": self.waiting()
            + self.one(
                "SELECT count(*) FROM discussions_comment c WHERE state IN ('published','rejected') AND NOT EXISTS"
                " (SELECT FROM moderation_score s WHERE s.comment_id = c.id AND s.revision = c.revision)"
            ),
            "duplicates": self.one(
                "SELECT count(*) FROM (SELECT FROM moderation_decision WHERE actor = 'machine'"
                " GROUP BY comment_id, revision HAVING count(*) > 1) twice"
            )
            + self.one(
                "SELECT count(*) FROM (SELECT FROM moderation_score GROUP BY comment_id, revision, weights"
                " HAVING count(*) > 1) twice"
            ),
        }

    def half_written(self) -> int:
        """Comments without their words: there must never be one."""
        return self.one(
            "SELECT count(*) FROM discussions_comment c WHERE NOT EXISTS"
            " (SELECT FROM discussions_revision r WHERE r.comment_id = c.id AND r.number = c.revision)"
        )


@contextmanager
def running(folder: Path, *, demo: bool = False, **environment: str) -> Iterator[Product]:
    """A site of its own: state folder, port, database, broker. Stopped and, if need be, killed at the end.

    Without `demo` it is empty but for one article, so that nothing is in it but what the test posts.
    """
    port = free_port()
    away = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SITE_URL", "PARLEY_LOCAL", "BIND", "MAKELEVEL")
    env = os.environ | dict.fromkeys(away, "")  # nothing of the tests' own services, nor of a `.env` in the checkout
    env |= {
        "PARLEY_STATE_DIR": str(folder),
        "PORT": str(port),
        "PARLEY_LEASE_SECONDS": str(LEASE),
        "PARLEY_STALE_SECONDS": str(STUCK),
        "PARLEY_SWEEP_SECONDS": "1",
        "POSTS_PER_MINUTE": "1000000",
    }
    if not demo:
        (folder / "demo_loaded").touch()
    with (folder / "product.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.local", "run"],
            cwd=CHECKOUT,
            env=env | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    product = Product(folder, port, process)
    try:
        try:
            until("the site is ready", lambda: process.poll() is not None or product.healthy(), 180)
            assert process.poll() is None, "the site did not start"
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(folder / 'product.log').read_text()[-4000:]}") from None
        product.sql(
            "INSERT INTO discussions_article (title, slug, body, standfirst, byline, mode, published_at, created_at,"
            " comment_count, thread_version) VALUES ('Chaos', %s, '', '', '', 'open', now(), now(), 0, 0)",
            product.slug,
        )
        yield product
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
