"""analyze leaves no text and no key behind: not in the database, the logs, the metrics or the broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
import redis
import requests
from psycopg import sql

from config.local.embedded import ephemeral
from tests.moderation.perspective.conftest import DETAILED, question
from tests.moderation.perspective.running import Endpoint, endpoint


def in_database(address: str, word: str) -> list[str]:
    """The tables that have the word anywhere."""
    with psycopg.connect(address) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        holding = sql.SQL("SELECT count(*) FROM {} AS one WHERE position(%s in to_jsonb(one)::text) > 0")
        counts = {
            name: connection.execute(holding.format(sql.Identifier(name)), [word]).fetchone()[0]  # type: ignore[index]
            for (name,) in names
        }
    return [name for name, count in counts.items() if count]


def values(server: redis.Redis, key: bytes) -> Iterator[bytes]:
    """Everything that one key holds."""
    kind = server.type(key)
    if kind == b"string":
        yield server.get(key) or b""
    elif kind == b"list":
        yield from server.lrange(key, 0, -1)
    elif kind == b"set":
        yield from server.smembers(key)
    elif kind == b"zset":
        yield from (member for member, _score in server.zrange(key, 0, -1, withscores=True))
    elif kind == b"hash":
        for name, value in server.hgetall(key).items():
            yield name + b" " + value


def in_broker(address: str, word: str) -> list[str]:
    """The keys of any database of the Redis-protocol server that have the word in name or value."""
    found = []
    for database in range(16):
        with redis.Redis.from_url(urlsplit(address)._replace(path=f"/{database}").geturl()) as server:
            for key in server.scan_iter(count=1000):
                parts = (key, *values(server, key))
                found += [f"{database}:{key.decode()}"] * any(word.encode() in part for part in parts)
    return found


def everywhere(site: Endpoint, word: str) -> list[str]:
    """Where a word has stayed."""
    metrics = requests.get(f"{site.base_url}/metrics", timeout=10)
    assert metrics.ok
    return [
        *in_database(site.environment["DATABASE_URL"], word),
        *in_broker(site.environment["REDIS_URL"], word),
        *(["metrics"] if word in metrics.text else []),
        *(path.name for path in site.folder.glob("*.log") if word in path.read_text(errors="replace")),
    ]


def test_the_search_itself_finds_what_stayed(live: Endpoint) -> None:
    word = f"planted{uuid4().hex}"
    with psycopg.connect(live.environment["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO discussions_section (name, slug) VALUES (%s, %s)", [word, word[:40]])
    with redis.Redis.from_url(live.environment["REDIS_URL"]) as server:
        server.rpush("planted-list", word)
        server.hset("planted-hash", "field", word)
        (live.folder / "planted.log").write_text(word)
        try:
            found = everywhere(live, word)
        finally:
            server.delete("planted-list", "planted-hash")
            (live.folder / "planted.log").unlink()
    assert sorted(found) == ["0:planted-hash", "0:planted-list", "discussions_section", "planted.log"]


def test_nothing_of_an_answered_question_stays(live: Endpoint) -> None:
    word = f"secret{uuid4().hex}"
    asked = [
        {},
        {"spanAnnotations": True},
        {"clientToken": word, "sessionId": word, "communityId": word, "context": {"entries": [{"text": word}]}},
    ]
    for more in asked:
        assert live.analyze(f"You idiot, {word}. Really, {word}!", live.key, **more).status_code == 200
    assert everywhere(live, word) == []


def test_nothing_of_a_refused_question_stays(live: Endpoint) -> None:
    word = f"secret{uuid4().hex}"
    refused: list[dict[str, object]] = [
        {"requestedAttributes": {word: {}}},
        {"languages": [word]},
        {"comment": {"text": word * 1000}},
        {"comment": {"text": word, "type": word}},
    ]
    for more in refused:
        assert live.analyze(word, live.key, **more).status_code == 400
    address = f"{live.base_url}/v1alpha1/comments:analyze?key={live.key}"
    assert requests.post(address, data=f'{{"comment": "{word}', timeout=10).status_code == 400
    assert requests.post(f"{live.base_url}/v1alpha1/{word}", data=word, timeout=10).status_code == 404
    assert everywhere(live, word) == []


def test_no_key_stays_wherever_it_was_sent(live: Endpoint) -> None:
    wrong = f"wrong{uuid4().hex}"
    for key, status in ((live.key, 200), (wrong, 400)):
        address = f"{live.base_url}/v1alpha1/comments:analyze"
        for where in ({"params": {"key": key}}, {"headers": {"X-goog-api-key": key}}):
            assert requests.post(address, json=question(), timeout=10, **where).status_code == status  # type: ignore[arg-type]
        requests.get(f"{live.base_url}/$discovery/rest?key={key}", timeout=10)
        requests.get(f"{live.base_url}/v1alpha1/nothing?key={key}", timeout=10)
        assert everywhere(live, key) == []


@pytest.fixture(scope="module")
def workerless(own_database: str, live: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The same database, and a broker of its own that no worker listens to."""
    folder: Path = tmp_path_factory.mktemp("workerless")
    with (
        ephemeral(folder, postgres=False) as own,
        endpoint(folder, database_url=own_database, redis_url=own["redis_url"], worker=False, **DETAILED) as site,
    ):
        yield site


def test_nothing_stays_where_no_worker_comes_and_the_503_comes_quickly(workerless: Endpoint, live: Endpoint) -> None:
    word = f"secret{uuid4().hex}"
    answers = [workerless.analyze(f"You idiot, {word}.", live.key) for _turn in range(4)]
    assert {answer.status_code for answer in answers} == {503}
    assert median(answer.elapsed.total_seconds() for answer in answers) < 2
    assert everywhere(workerless, word) == []
