"""A page of a thread as HTML. In Python, not in a template: this is most of every page, and ten times as fast.

Everything a reader wrote passes through `format_html` or `_filled`, which escape; the words themselves come from
markup.py.
The same for everybody: nothing here depends on who is asking.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html import escape as html_escape

from django.utils import formats, timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from discussions.threads import Mark, Page, Row

_REPLY = '<a class="in" href="/comments/{id}/reply/">{reply}</a>'
_ROW = (
    '<li class="c" id="c{id}" itemprop="comment" itemscope itemtype="https://schema.org/Comment" data-r="{reader}">'
    "<article>"
    '<div class="by">{who}{badges}'
    ' <a class="t" href="/comments/{id}/" itemprop="url">{time}</a>{edited}</div>\n'
    '<div class="w" itemprop="text">{html}</div>\n'
    '<div class="acts"><button class="v" form="act" formaction="/comments/{id}/vote/">{recommend}{votes}</button>'
    f"{_REPLY}"
    '<a class="in" href="/comments/{id}/report/">{report}</a></div></article>\n'
)
_CLOSED_ROW = _ROW.replace(_REPLY, "")
_NAME = (
    '<a class="n" href="/readers/{id}/" itemprop="author" itemscope itemtype="https://schema.org/Person">'
    '<bdi itemprop="name">{name}</bdi></a>'
)
_NO_NAME = '<span class="n"><bdi>{name}</bdi></span>'
_GONE = '<li class="c" id="c{}"><article><p class="gone">{}</p></article>\n'
_VOTES = ' <b itemprop="upvoteCount">{votes}</b>'
_NO_VOTES = SafeString('<meta itemprop="upvoteCount" content="0">')
_MORE = '<p class="more"><a href="/comments/{}/replies/?sort={}{}">{}</a></p>'


@dataclass(frozen=True, slots=True)
class _Words:
    """The machinery's words in the reader's language, looked up once a page."""

    row: str
    recommend: SafeString
    reply: SafeString
    report: SafeString
    edited: SafeString
    staff: SafeString
    author: SafeString
    pick: SafeString
    pin: SafeString
    deleted: str
    gone: str

    @classmethod
    def now(cls, *, is_open: bool) -> _Words:
        badge = ' <span class="badge{}">{}</span>'
        return cls(
            row=_ROW if is_open else _CLOSED_ROW,
            recommend=escape(gettext("Recommend")),
            reply=escape(gettext("Reply")),
            report=escape(gettext("Report")),
            edited=format_html(' <span class="ed">{}</span>', gettext("edited")),
            staff=format_html(badge, "", gettext("Staff")),
            author=format_html(badge, "", gettext("Author")),
            pick=format_html(badge, " pick", gettext("Editors’ pick")),
            pin=format_html(badge, " pin", gettext("Pinned")),
            deleted=gettext("Deleted by its author."),
            gone=gettext("This comment is not shown."),
        )


@dataclass(slots=True)
class Marks:
    """What belongs to one reader on a page made for everybody."""

    own: dict[int, bool] = field(default_factory=dict)  # comment id: may it still be edited?
    voted: list[int] = field(default_factory=list)
    muted: list[int] = field(default_factory=list)  # reader ids
    following: str = ""  # how often one is told of what is new here


_NOTHING = SafeString("")
_PIECES = {"open": SafeString('<ol class="r">'), "close": SafeString("</ol>"), "end": SafeString("</li>\n")}


def html(page: Page, *, author_id: int | None, is_open: bool = True) -> SafeString:
    """The page's comments as list items, nested. `author_id` is the reader who wrote the article.

    Where the discussion is not open, nobody is led to write an answer.
    """
    words = _Words.now(is_open=is_open)
    days: dict[date, str] = {}
    return SafeString("".join([_item(item, page.sort, author_id, words, days) for item in page.items()]))


def _filled(template: str, **parts: SafeString | str | int) -> SafeString:
    """`format_html` for the hot loop, without its detours: what is not marked as safe is escaped in the same way."""
    safe = {name: part if isinstance(part, (SafeString, int)) else html_escape(part) for name, part in parts.items()}
    return SafeString(template.format_map(safe))


def _item(item: Row | Mark, sort: str, author_id: int | None, words: _Words, days: dict[date, str]) -> SafeString:
    if isinstance(item, Row):
        return _row(item, author_id, words, days)
    if item.kind == "more" and item.row is not None:
        return _more(item.row, sort)
    return _PIECES[item.kind]


def _row(row: Row, author_id: int | None, words: _Words, days: dict[date, str]) -> SafeString:
    if row.html is None:
        return format_html(_GONE, row.id, words.deleted if row.deleted else words.gone)
    return _filled(
        words.row,
        id=row.id,
        reader=row.reader_id,
        who=_filled(_NO_NAME if row.forgotten else _NAME, id=row.reader_id, name=row.name),
        badges=_badges(row, author_id, words),
        time=time_html(row.created_at, days, itemprop=True),
        edited=words.edited if row.edited else _NOTHING,
        html=row.html,
        recommend=words.recommend,
        votes=_filled(_VOTES, votes=row.upvotes) if row.upvotes else _NO_VOTES,
        reply=words.reply,
        report=words.report,
    )


def _badges(row: Row, author_id: int | None, words: _Words) -> SafeString:
    found = _NOTHING
    if author_id is not None and row.reader_id == author_id:
        found = words.author
    elif row.by_staff:
        found = words.staff
    return SafeString(found + (words.pick if row.picked else "") + (words.pin if row.pinned else ""))


def _more(row: Row, sort: str) -> SafeString:
    if row.more:
        said = ngettext("%(n)d more reply", "%(n)d more replies", row.more_count)
        after = format_html("&amp;after={}", row.more)
    else:
        said = ngettext("Continue this thread: %(n)d reply", "Continue this thread: %(n)d replies", row.more_count)
        after = _NOTHING
    return format_html(_MORE, row.id, sort, after, said % {"n": row.more_count})


def one_html(row: Row, marks: Marks, *, author_id: int | None, is_open: bool = True) -> SafeString:
    """One comment as its thread shows it to the reader whose marks these are, to be put in place by the script."""
    item = _row(row, author_id, _Words.now(is_open=is_open), {}) + _PIECES["end"]
    return personal(SafeString(item.replace('<li class="c"', '<li class="c new" tabindex="-1"', 1)), marks)


def picks_html(page: Page) -> SafeString:
    """The editors' picks above the first page: the words, cut by the style sheet, and who said them."""
    one = (
        '<li class="pick" data-r="{}"><div class="w">{}</div>'
        '<p class="foot" dir="auto"><a href="/comments/{}/"><bdi>{}</bdi></a></p></li>'
    )
    picks = (row for row in page.picks if row.html is not None)
    return format_html_join("", one, ((row.reader_id, row.html, row.id, row.name) for row in picks))


def personal(page: SafeString, marks: Marks) -> SafeString:
    """Put one reader's marks into a page that was made for everybody.

    What is looked for was written by this module. A reader's words cannot hold it: in them `<` and `>` are escaped.
    """
    text = str(page)
    for pk in marks.voted:
        text = text.replace(f'{_vote(pk)}">', f'{_vote(pk)}" aria-pressed="true">', 1)
    muted = escape(gettext("Muted"))
    for pk in marks.muted:
        text = text.replace(f'" data-r="{pk}"><article>', f'" data-r="{pk}" data-muted><article data-muted="{muted}">')
        text = text.replace(f'<li class="pick" data-r="{pk}">', f'<li class="pick" data-r="{pk}" hidden>')
    for pk, young in marks.own.items():
        edit = format_html('<a class="in" href="/comments/{}/edit/">{}</a>', pk, gettext("Edit")) if young else ""
        delete = format_html('<a href="/comments/{}/delete/">{}</a>', pk, gettext("Delete"))
        report = f'<a class="in" href="/comments/{pk}/report/">{escape(gettext("Report"))}</a></div></article>'
        text = text.replace(report, f"{edit}{delete}</div></article>", 1)
        text = text.replace(
            f'<button class="v" form="act" {_vote(pk)}">', f'<button class="v" disabled form="act" {_vote(pk)}">', 1
        )
    return SafeString(text)


def with_own(page: SafeString, pk: int, item: SafeString) -> SafeString | None:
    """A page on which the author of comment `pk` sees their own `item` (its list item) in the comment's place.

    What stands there for everybody goes, the answers below it stay. None where the page has no place for it.
    """
    begins = page.find(f'<li class="c" id="c{pk}"')
    if begins < 0:
        return None
    ends = page.index("</article>", begins) + len("</article>")
    return SafeString(page[:begins] + item.strip().removesuffix("</li>") + page[ends:])


def _vote(pk: int) -> str:
    return f'formaction="/comments/{pk}/vote/'


def time_html(at: datetime, days: dict[date, str] | None = None, *, itemprop: bool = False) -> SafeString:
    """A point in time as a `<time>` element, in the site's zone.

    The words are absolute, so that they stay true in a cached page; the script turns them into "5 minutes ago"
    in the reader's own zone and language. `days` remembers the dates of one page.
    """
    local = timezone.localtime(at)
    days = {} if days is None else days
    day = local.date()
    if day not in days:
        same_year = day.year == timezone.localtime().year
        days[day] = escape(formats.date_format(day, gettext("j M") if same_year else gettext("j M Y")))
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    prop = ' itemprop="datePublished"' if itemprop else ""
    return SafeString(f'<time datetime="{stamp}"{prop}>{days[day]}, {local:%H:%M} {_zone(local)}</time>')


def _zone(local: datetime) -> str:
    """What a reader knows the zone by; many have no name of their own, only hours before or behind UTC."""
    name = local.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name
