"""Template tags of the reading side."""

from __future__ import annotations

import re
from datetime import datetime

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from discussions import rows

register = template.Library()


@register.simple_tag
def moment(at: datetime, *, itemprop: bool = False) -> SafeString:
    """A point in time as a `<time>` element; with `itemprop` it says to search engines when something was published."""
    return rows.time_html(at, itemprop=itemprop)


@register.simple_tag(takes_context=True)
def told(context: Context, place: str) -> str:
    """The messages that were left for this place of the page, where one pressed; all others stand at its top."""
    return " ".join(str(message) for message in context.get("messages") or () if message.extra_tags == place)


@register.simple_tag
def mail_line(line: str) -> SafeString | str:
    """One line of a message with its addresses as links. Only this site's own mail is shown this way."""
    words = re.split(r"(https?://[^\s<>\"]+)", line)
    return format_html_join("", "{}", ((_linked(word),) for word in words))


def _linked(word: str) -> SafeString | str:
    if word.startswith(("http://", "https://")):
        return format_html('<a href="{0}">{0}</a>', word)
    return word
