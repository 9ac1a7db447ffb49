"""A list's lines as HTML. Forty of them by the template engine took a third of the desk's page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from moderation.lines import Line
from moderation.templatetags.deskwork import age

# Lists of what waits tell for how long; the others, most of whose comments wait for nothing, how old each is.
_WAITING = {"held", "reported", "appeals", "mine"}

_ROW = """\
<li class="row is-{state}{classes}" data-id="{id}" data-version="{version}">
<label class="choose"><input type="checkbox" name="item" value="{id}:{version}" form="bulk">\
<span class="out">{choose}</span></label>
<a href="{href}?queue={name}{query}"{here}>
<span class="row-top"><span class="who" dir="auto">{author}</span>{tags}\
<span class="lease" data-lease>{lease}</span><span class="age" title="{since}">{age}</span></span>
<span class="words" dir="auto">{words}</span>
<span class="why">{why}</span>
</a></li>
"""


def html(lines: Sequence[Line], *, name: str, query: str = "", current: int | None = None) -> SafeString:
    """The lines of the queue `name` under the filters' `query`; `current` is the comment whose card is shown."""
    asked, more = escape(_("asked")), f"&amp;{escape(query)}" if query else ""
    return SafeString("".join(_row(line, name, more, asked, line.id == current) for line in lines))


def _row(line: Line, queue: str, query: str, asked: str, here: bool) -> str:
    since = line.since if queue in _WAITING else line.posted
    tags = f'<span class="tag wait">{asked}</span>' if line.escalated else ""
    if line.reports:
        tags += f'<span class="tag refuse">{escape(line.reported)}</span>'
    if line.alike:
        tags += f'<span class="tag wait">{escape(line.repeated)}</span>'
    return _ROW.format(
        id=line.id,
        version=line.version,
        state=escape(line.state),
        classes=(" hateful" if line.hateful else "") + (" here" if here else ""),
        choose=escape(line.choose),
        href=escape(line.href),
        name=escape(queue),
        query=query,
        here=' aria-current="true"' if here else "",
        author=escape(line.author),
        tags=tags,
        lease=escape(line.lease),
        since=since.isoformat(),
        age=escape(age(since)),
        words=escape(line.words),
        why=escape(line.why),
    )
