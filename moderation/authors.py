"""An author's record: what became of their comments, and a refusal rate that one bad day does not make."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from discussions.models import Reader, State

PRIOR_WEIGHT = 10  # comments' worth of belief in the site's own refusal rate before a reader has a record

_COUNTED = """
SELECT state, count(*) FROM discussions_comment WHERE reader_id = %s GROUP BY 1
UNION ALL
SELECT name, sum(n)::bigint FROM moderation_tally WHERE name IN ('is_published', 'is_rejected') GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Record:
    """An author's record. `rate` is the refusal rate with the site's own as prior, 0 to 1."""

    published: int
    refused: int
    waiting: int
    total: int
    rate: float
    site_rate: float


def record_of(reader: Reader) -> Record:
    """What became of the reader's comments so far, beside the whole site's."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [reader.pk])
        counted = dict(cursor.fetchall())
    own = {state: counted.get(state, 0) for state in State.values}
    published, refused = own[State.PUBLISHED], own[State.REJECTED]
    decided = counted.get("is_published", 0) + counted.get("is_rejected", 0)
    site_rate = (counted.get("is_rejected", 0) + 1) / (decided + 20)  # a new site believes in one of twenty
    return Record(
        published=published,
        refused=refused,
        waiting=own[State.HELD] + own[State.PENDING],
        total=sum(own.values()),
        rate=refusal_rate(refused, published + refused, site_rate),
        site_rate=site_rate,
    )


def refusal_rate(refused: int, decided: int, site_rate: float) -> float:
    """Posterior mean of a Beta prior centred on the site's rate: one refusal of one is not a hundred percent."""
    return (refused + PRIOR_WEIGHT * site_rate) / (decided + PRIOR_WEIGHT)
