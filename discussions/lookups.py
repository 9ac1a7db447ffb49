"""What is looked up for every comment that comes in, each in one statement.

Written as SQL, because building these questions anew cost more than the database takes to answer them: a tenth of the
time of a whole post each (`make bench-threads`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection


class Taken(NamedTuple):
    """Whether a guest's name or address belongs to an account."""

    name: bool
    address: bool


_TAKEN = """
SELECT EXISTS (SELECT 1 FROM discussions_reader WHERE kind = 'account' AND name_key = ANY(%(keys)s)),
       EXISTS (SELECT 1 FROM discussions_user WHERE email = %(email)s)
       OR EXISTS (SELECT 1 FROM account_emailaddress WHERE email = %(email)s AND verified)
"""
_SAID = """
SELECT EXISTS (
  SELECT 1 FROM discussions_comment c JOIN discussions_revision r ON r.comment_id = c.id
  WHERE c.reader_id = %(reader)s AND c.article_id = %(article)s AND c.created_at >= %(since)s AND c.state <> 'deleted'
    AND r.sha256 = %(sha256)s)
"""


def taken(*, keys: Iterable[str], email: str) -> Taken:
    """Whether an account goes by one of these name keys, and whether one has this address (in small letters)."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, {"keys": list(keys), "email": email})
        return Taken(*cursor.fetchone())


def said_since(since: datetime, *, reader_id: int, article_id: int, sha256: str) -> bool:
    """Whether this reader has said these very words on this article since then and not deleted them."""
    with connection.cursor() as cursor:
        cursor.execute(_SAID, {"since": since, "reader": reader_id, "article": article_id, "sha256": sha256})
        return bool(cursor.fetchone()[0])
