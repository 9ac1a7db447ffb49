"""Saved article pages: text in, an article with its readers' comments out. Pure; no ORM, no files.

The form it reads is a page saved as text: the title is the first line; paragraphs are separated by blank lines;
at the end a numbered list holds the readers' comments, each headed by the reader's name, its paragraphs indented:

    Title

    First paragraph.

      1. Reader's name

        What the reader wrote,
        line breaks kept.

Below a heading such as "3 comments" they may stand flush left. An article may hold numbered lists of its own. The
comments are the last list that counts 1, 2, 3 … to the end of the page and whose entries are a short name with text
under it. A list inside a comment's text that looks the same is that comment's replies.
"""

from dataclasses import dataclass, field

from discussions.pages.decoding import MAX_BYTES, PageError, decode
from discussions.pages.layout import lines_of, next_text, paragraphs_of
from discussions.pages.readers import ENTRY, HEADING, PageComment, comments_begin, comments_in, hung, unfooted

__all__ = ["MAX_BYTES", "Page", "PageComment", "PageError", "parse"]

MAX_TITLE_CHARS = 300

_LIST_LEFT = (
    "A numbered list was left in the article. Readers' comments are told from it by a short name on each numbered "
    "line and their text indented below it, or by a line such as “3 comments” above them."
)


@dataclass(frozen=True)
class Page:
    """An article's title and paragraphs, its comments in printed order, and notes on what was left out."""

    title: str
    paragraphs: list[str]
    comments: list[PageComment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def parse(data: bytes, name: str = "FILE") -> Page:
    """The page in `data`, called `name` in messages. Raises `PageError`; never returns half an article."""
    lines = lines_of(decode(data, name))
    start = next((index for index, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise PageError(f"{name} is empty. Save the article page as text again and import that file.")
    title = lines[start].strip()
    footed = unfooted(lines)
    begin = comments_begin(footed, start)
    if begin == len(footed):
        footed = hung(footed, start)
        begin = comments_begin(footed, start)
    has_comments = begin < len(footed)
    if has_comments:
        lines = footed  # without comments, a last line that looks like a site's footer may be the article's own
    else:
        begin = len(lines)
    if begin == start or (HEADING.fullmatch(title) and begin == next_text(lines, start + 1)):
        raise PageError(
            f"{name} holds readers' comments but no article above them. Put the article's title on the first "
            "line and its paragraphs below it, separated by blank lines, then import it again."
        )
    paragraphs = paragraphs_of(lines[start + 1 : begin])
    if has_comments and paragraphs and HEADING.fullmatch(paragraphs[-1]):
        paragraphs.pop()
    _check(title, paragraphs, name)
    comments, notes = comments_in(lines[begin:])
    if not has_comments and any(ENTRY.match(line) for line in lines[start + 1 :]):
        notes.append(_LIST_LEFT)
    return Page(title=title, paragraphs=paragraphs, comments=comments, notes=notes)


def _check(title: str, paragraphs: list[str], name: str) -> None:
    if not paragraphs:
        raise PageError(
            f"{name} has a title, “{title[:60]}”, but no article text under it. Add the article's paragraphs "
            "below the title, separated by blank lines, then import it again."
        )
    if len(title) > MAX_TITLE_CHARS:
        raise PageError(
            f"The first line of {name} should be the article's title, but it has {len(title):,} characters "
            f"(at most {MAX_TITLE_CHARS}). Put the title alone on the first line."
        )
