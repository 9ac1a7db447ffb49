"""Full-text search over comments, newest words first, at a million comments.

PostgreSQL derives the words of each revision (migration 0004) and indexes them. A rare word is quickest by that index;
a common one ("the tram") has hundreds of thousands of hits, and sorting those takes longer than anybody waits. So the
newest stretch is walked first: a common word fills the page from it, and what does not is rare enough for the index.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import BigIntegerField, ExpressionWrapper, F, Max, Q, QuerySet
from django.db.models.expressions import Col

from discussions.models import Revision

STRETCH = 15_000  # revisions walked before the index is asked
_FIELD = SearchVectorField()
_FIELD.set_attributes_from_name("words")


class _Words(F):
    """The derived column, which the model does not declare: the ground floor knows nothing of the desk's search."""

    def __init__(self) -> None:
        super().__init__("words")

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> Any:
        return Col(query.get_initial_alias(), _FIELD)


def matching(words: str) -> QuerySet[Revision]:
    """Revisions whose text holds the words: all of them; "a phrase" in quotes, or, -without, as in a web search."""
    wanted = SearchQuery(words, search_type="websearch", config="simple")
    return Revision.objects.alias(derived_words=_Words()).filter(derived_words=wanted)


def newest(words: str, condition: Q, *, before: str, limit: int) -> list[tuple[int, str]]:
    """(comment id, cursor) of comments whose newest revision holds the words, newest words first.

    `condition` narrows the comments (lookups start with "comment__"); `before` is the cursor to go on after.
    """
    top = int(before) - 1 if before.isdecimal() else Revision.objects.aggregate(top=Max("pk"))["top"] or 0
    found = matching(words).filter(condition, number=F("comment__revision"))
    # The database guesses that every unknown word stands in one of two hundred texts, and would walk them all in order
    # to be spared the sorting. A sum is not the index's order, so the second stretch goes by the words.
    by_words = ExpressionWrapper(F("pk") + 0, output_field=BigIntegerField()).desc()
    stretches = ((Q(pk__lte=top, pk__gt=top - STRETCH), F("pk").desc()), (Q(pk__lte=top - STRETCH), by_words))
    hits: list[tuple[int, str]] = []
    for stretch, order in stretches:
        if len(hits) < limit:
            rows = found.filter(stretch).order_by(order).values_list("comment_id", "pk")[: limit - len(hits)]
            hits += [(comment_id, str(pk)) for comment_id, pk in rows]
    return hits
