"""The public read of a thread: order, page, nest. What a page costs does not grow with the thread.

Two queries make a page. The first walks the partial indexes (`root_*`, `kid_*` on the comment table): roots by
keyset, then for each level a LATERAL top-N per parent; it returns places only. Python chooses which of them fill
the page, and the second query fetches the words of exactly those. Nothing here depends on who is asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from discussions import markup

PAGE_ROWS = 50  # a page is full with this many comments; the branch that fills it is shown whole
BRANCH_ROWS = 24  # the most of one root's branch on a page of many roots
PINNED_ROWS = 8  # the same of a pinned one
FAN_OUT = (5, 4, 3)  # replies shown per comment, level by level below the page's top level
LEVEL_ROWS = 120  # the most places looked at per level; enough to fill a page whatever the shape
MOST_PICKS = 3  # editors' picks shown above the first page

_PINNED = "pinned_at IS NOT NULL AND shown_revision IS NOT NULL"
_FIELDS = f"id, parent_id, best, replies, ({_PINNED}) AS pinned"
_ROOTS = f"article_id = %s AND parent_id IS NULL AND NOT ({_PINNED})"
_PINS = f"SELECT {_FIELDS} FROM discussions_comment WHERE article_id = %s AND parent_id IS NULL AND {_PINNED}"  # noqa: S608
# A pick's rank among the picks is when it was picked.
_PICKS = (
    f"SELECT id, parent_id, extract(epoch FROM picked_at)::float8, replies, ({_PINNED})"  # noqa: S608
    f" FROM discussions_comment WHERE article_id = %s AND picked_at IS NOT NULL AND"
    f" shown_revision IS NOT NULL ORDER BY picked_at DESC LIMIT {MOST_PICKS}"
)


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort siblings: the key column beside the id, if any, the direction, and how replies are sorted."""

    key: str
    descending: bool
    replies: str


ORDERS: dict[str, Order] = {
    "newest": Order("", True, "oldest"),
    "oldest": Order("", False, "oldest"),
    "best": Order("best", True, "best"),
    "discussed": Order("replies", True, "best"),
}
DEFAULT_SORT = "newest"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment stands among its siblings."""

    id: int
    parent_id: int | None
    best: float
    replies: int
    pinned: bool

    def cursor(self, sort: str) -> str:
        """The keyset cursor that continues after this place."""
        key = ORDERS[sort].key
        return f"{getattr(self, key)!r}_{self.id}" if key else str(self.id)


@dataclass(slots=True)
class Row:
    """One comment as every reader may see it. `html` is None where only the place is kept (a tombstone)."""

    id: int
    parent_id: int | None
    depth: int
    state: str
    created_at: datetime
    edited: bool
    upvotes: int
    replies: int
    picked: bool
    pinned: bool
    reader_id: int
    name: str
    by_staff: bool
    html: str | None
    article_id: int
    forgotten: bool = False
    children: list[Row] = field(default_factory=list)
    more: str | None = None  # cursor of the replies not shown here; "" where none is shown at all
    more_count: int = 0
    kind = "row"

    @property
    def gone(self) -> bool:
        return self.html is None

    @property
    def deleted(self) -> bool:
        """Whether the author took it away, not the site."""
        return self.state == "deleted"


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands between rows in the flat list a template walks: a list opens, a list or an item closes, a link."""

    kind: str
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Comments of one level with what is nested below them; `next` is the cursor of the following page."""

    rows: list[Row]
    next: str | None
    sort: str
    after: str = ""
    picks: list[Row] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(1 for _ in _walk(self.rows))

    def items(self) -> list[Row | Mark]:
        """The page as a flat list in reading order, so that a template needs no recursion."""
        found: list[Row | Mark] = []
        _flatten(self.rows, found)
        return found

    def ids(self) -> list[int]:
        return [row.id for row in _walk(self.rows)]


def roots(article_id: int, *, sort: str = DEFAULT_SORT, after: str = "") -> Page:
    """A page of an article's thread: at least `PAGE_ROWS` comments where there are as many.

    `sort` is a key of `ORDERS`; `after` a cursor from an earlier page (a broken one starts from the top). The first
    page also brings the editors' picks, and what is pinned stands first on it.
    """
    is_first = not _keyset(sort, after)[0]
    return _page(_ROOTS, article_id, sort=sort, sort_below=ORDERS[sort].replies, after=after, is_first=is_first)


def replies(parent_id: int, *, sort: str = DEFAULT_SORT, after: str = "") -> Page:
    """A page of one comment's replies, sorted as replies are under `sort`."""
    below = ORDERS[sort].replies
    return _page("parent_id = %s", parent_id, sort=below, sort_below=below, after=after)


def one(comment_id: int) -> Row | None:
    """One comment as everybody may see it, or None where not even its place is kept."""
    return _rows([comment_id]).get(comment_id)


def some(comment_ids: Sequence[int]) -> list[Row]:
    """These comments in this order, without those whose place is not kept."""
    found = _rows(comment_ids)
    return [found[comment_id] for comment_id in comment_ids if comment_id in found]


def appeared_since(article_id: int, version: int, *, besides: int | None = None, most: int = 100) -> list[int]:
    """The comments that readers have come to see after this version of the thread, whenever they were written.

    Lowest id first, at most `most` of the latest; without those of reader `besides`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM discussions_comment"
            " WHERE article_id = %s AND appeared > %s AND shown_revision IS NOT NULL"
            " AND reader_id IS DISTINCT FROM %s::bigint ORDER BY appeared DESC LIMIT %s",
            [article_id, version, besides, most],
        )
        return sorted(pk for (pk,) in cursor.fetchall())


def _page(where: str, value: int, *, sort: str, sort_below: str, after: str, is_first: bool = False) -> Page:
    *levels, picked = _places(where, value, sort=sort, sort_below=sort_below, after=after, is_first=is_first)
    top, children = levels[0], _by_parent(levels[1:])
    chosen: list[Place] = []
    shown_top: list[Place] = []
    for place in top:
        if len(chosen) >= PAGE_ROWS and not shown_top[-1].pinned:  # the cursor has to name a place in the order
            break
        shown_top.append(place)
        chosen.extend(_branch(place, children, _branch_rows(place, len(top))))
    rows = _rows([place.id for place in (*chosen, *picked)])
    nested = _nest(chosen, rows, sort_below)
    has_next = len(shown_top) < len(top)
    picks = [rows[place.id] for place in picked if place.id in rows]
    return Page(nested, shown_top[-1].cursor(sort) if has_next else None, sort, after, picks)


def _branch_rows(place: Place, tops: int) -> int:
    if tops == 1:
        return PAGE_ROWS
    return PINNED_ROWS if place.pinned else BRANCH_ROWS


def _order_by(sort: str) -> str:
    order = ORDERS[sort]
    direction = "DESC" if order.descending else "ASC"
    return ", ".join(f"{column} {direction}" for column in (order.key, "id") if column)


def _keyset(sort: str, after: str) -> tuple[str, list[Any]]:
    """The WHERE clause that continues after a cursor, and its values; nothing for an empty or broken cursor."""
    order = ORDERS[sort]
    sign = "<" if order.descending else ">"
    try:
        if not order.key:
            return (f"AND id {sign} %s", [_bounded(after)]) if after else ("", [])
        key, _, last = after.rpartition("_")
        value = float(key) if order.key == "best" else _bounded(key)
        if value != value:  # noqa: PLR0124 - not a number
            return "", []
        return f"AND ({order.key}, id) {sign} (%s, %s)", [value, _bounded(last)]
    except ValueError:
        return "", []


def _bounded(digits: str) -> int:
    """A non-negative integer that PostgreSQL can hold. Raises ValueError."""
    value = int(digits)
    if not 0 <= value < 2**63:
        raise ValueError(digits[:20])
    return value


def _places(where: str, value: int, *, sort: str, sort_below: str, after: str, is_first: bool) -> list[list[Place]]:
    """The page's candidates, level by level, and the picks last. Reads at most `LEVEL_ROWS` places per level.

    Only constants of this module are put into the SQL; what a request brings is passed as parameters.
    """
    keyset, values = _keyset(sort, after)
    top = f"WHERE {where} AND shown {keyset} ORDER BY {_order_by(sort)} LIMIT {PAGE_ROWS + 1}"
    below = f"AND shown ORDER BY {_order_by(sort_below)} LIMIT"
    tops = f"SELECT {_FIELDS} FROM discussions_comment {top}"  # noqa: S608
    if is_first:  # the pins come first, or the others' answers would leave no room for theirs
        tops = f"{_PINS} UNION ALL ({tops})"
        values.insert(0, value)
    parts = [f"l0 AS MATERIALIZED ({tops})"]
    for level, fan_out in enumerate(FAN_OUT, start=1):
        kids = f"SELECT {_FIELDS} FROM discussions_comment WHERE parent_id = up.id {below} {fan_out}"  # noqa: S608
        level_kids = f"SELECT kid.* FROM l{level - 1} up CROSS JOIN LATERAL ({kids}) kid LIMIT {LEVEL_ROWS}"  # noqa: S608
        parts.append(f"l{level} AS MATERIALIZED ({level_kids})")
    if is_first:
        parts.append(f"l{len(parts)} AS MATERIALIZED ({_PICKS})")
        values.append(value)
    union = " UNION ALL ".join(f"SELECT {level}, * FROM l{level}" for level in range(len(parts)))  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} {union}", [value, *values])
        found = cursor.fetchall()
    levels: list[list[Place]] = [[] for _ in range(len(FAN_OUT) + 2)]
    for level, *fields in found:
        levels[level].append(Place(*fields))
    # A union promises no order. Python's sort is stable and these lists are short.
    levels[0].sort(key=lambda place: _sort_key(place, sort))
    levels[-1].sort(key=lambda place: (-place.best, -place.id))
    for kids_of_level in levels[1:-1]:
        kids_of_level.sort(key=lambda place: _sort_key(place, sort_below))
    return levels


def _sort_key(place: Place, sort: str) -> tuple[bool, float, int]:
    order = ORDERS[sort]
    sign = -1 if order.descending else 1
    return (not place.pinned, sign * getattr(place, order.key) if order.key else 0, sign * place.id)


def _by_parent(levels: Iterable[list[Place]]) -> dict[int | None, list[Place]]:
    children: dict[int | None, list[Place]] = {}
    for level in levels:
        for place in level:
            children.setdefault(place.parent_id, []).append(place)
    return children


def _branch(top: Place, children: dict[int | None, list[Place]], limit: int) -> list[Place]:
    """A root and its nearest replies, breadth first, so that a long side branch does not push out an answer."""
    chosen, waiting = [top], [top]
    while waiting and len(chosen) < limit:
        waiting = [kid for parent in waiting for kid in children.get(parent.id, [])][: limit - len(chosen)]
        chosen.extend(waiting)
    return chosen


def _nest(chosen: Sequence[Place], rows: dict[int, Row], sort_below: str) -> list[Row]:
    """Rows put under their parents, each told what of its replies is not shown here."""
    tops: list[Row] = []
    last: dict[int, Place] = {}
    for place in chosen:
        row = rows.get(place.id)
        if row is None:  # its place was given up between the two queries
            continue
        parent = rows.get(place.parent_id) if place.parent_id is not None else None
        if parent is None:
            tops.append(row)
        else:
            parent.children.append(row)
            last[parent.id] = place
    for row in rows.values():
        hidden = row.replies - len(row.children)
        if hidden > 0:
            row.more_count = hidden
            row.more = last[row.id].cursor(sort_below) if row.id in last else ""
    return tops


def _rows(ids: Sequence[int]) -> dict[int, Row]:
    """The comments themselves, with what of them everybody may read."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.parent_id, c.depth, c.state, c.created_at, coalesce(c.shown_revision > 1, false),"
            " c.upvotes, c.replies, c.picked_at IS NOT NULL, c.pinned_at IS NOT NULL, r.id, r.name,"
            " coalesce(u.is_staff, false), v.html, c.article_id,"
            " r.erased_at IS NOT NULL"
            " FROM discussions_comment c JOIN discussions_reader r ON r.id = c.reader_id"
            " LEFT JOIN discussions_user u ON u.id = r.user_id"
            " LEFT JOIN discussions_revision v ON v.comment_id = c.id AND v.number = c.shown_revision"
            " WHERE c.id = ANY(%s) AND c.shown",
            [list(ids)],
        )
        found = cursor.fetchall()
    return {row.id: row for row in (_row(fields) for fields in found)}


def _row(fields: tuple[Any, ...]) -> Row:
    row = Row(*fields)
    if row.html is not None:
        row.html = markup.stored(row.html)
    return row


def _walk(rows: Iterable[Row]) -> Iterable[Row]:
    for row in rows:
        yield row
        yield from _walk(row.children)


def _flatten(rows: Iterable[Row], into: list[Row | Mark]) -> None:
    for row in rows:
        into.append(row)
        if row.children:
            into.append(Mark("open"))
            _flatten(row.children, into)
            into.append(Mark("close"))
        if row.more is not None:
            into.append(Mark("more", row))
        into.append(Mark("end"))
