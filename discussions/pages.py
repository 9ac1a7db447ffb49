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

import re
from dataclasses import dataclass, field

MAX_BYTES = 5_000_000
MAX_TITLE_CHARS = 300
MAX_NAME_CHARS = 80
MAX_NAME_WORDS = 8
MAX_LINE_CHARS = 300
MAX_FOOTER_CHARS = 200

_ENTRY = re.compile(r"^(?P<indent>[ ]{0,60})(?P<number>[0-9]{1,5})[.)][ ]+(?P<name>\S.*)$")
_SPEAKS = re.compile(r"\s*(?:\b(?:says|said|wrote|writes)\b)?\s*:?$", re.IGNORECASE)
# The line above a comment list, as sites print it. It belongs to neither the article nor a comment.
_HEADING = re.compile(
    r"(?:\d+|no|one)?\s*(?:readers?[’']?\s+)?(?:comments?|responses?|replies|reactions|thoughts?|letters?)"
    r"(?:\s*\(?\d+\)?)?(?:\s+(?:on|to)\b.{0,250})?\s*:?",
    re.IGNORECASE,
)
# What sites print below it.
_FOOTER = re.compile(
    r"(?:leave a (?:reply|comment)|(?:write|post|add) (?:a|your) comment|join the (?:discussion|conversation)|"
    r"(?:load|show|read|view) (?:more|all|older|newer)\b|older comments|newer comments|"
    r"comments (?:are|have been) (?:now )?closed|log ?in to|sign ?in to|you must be logged in|"
    r"your e-?mail address will not be published|required fields are marked|cancel reply|share this|"
    r"©|copyright\b).*",
    re.IGNORECASE,
)
# Buttons saved with a comment, alone on their line.
_BUTTON = re.compile(
    r"(?:log ?in to )?(?:reply|quote|report(?: abuse)?|share|permalink|flag|edit|like|unlike|upvote|downvote)"
    r"(?: (?:this|to this) comment)?|\d+ (?:likes?|votes?|points?|replies|upvotes?)|likes?:? \d+",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_CLOCK = r"(?:,?\s*(?:at|@|-|–|·|\|)?\s*\d{1,2}[:.]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?(?:\s*[a-z]{3,4})?)?"
_DATE = re.compile(
    rf"(?:posted |on |edited )*(?:{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH},?\s+\d{{4}}|\d{{4}}-\d{{2}}-\d{{2}}T?|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}){_CLOCK}"
    r"|(?:about |over )?(?:an?|\d+) (?:second|minute|hour|day|week|month|year)s? ago",
    re.IGNORECASE,
)


_LIST_LEFT = (
    "A numbered list was left in the article. Readers' comments are told from it by a short name on each numbered "
    "line and their text indented below it, or by a line such as “3 comments” above them."
)


class PageError(ValueError):
    """A page that cannot be read. The message is for whoever tried: what is wrong, where, and what to do."""


@dataclass(frozen=True)
class PageComment:
    """`number` and `posted` (a date) as printed; `parent` is the index in `Page.comments` of what it answers."""

    number: int
    author: str
    text: str
    parent: int | None = None
    posted: str = ""


@dataclass(frozen=True)
class Page:
    """An article's title and paragraphs, its comments in printed order, and notes on what was left out."""

    title: str
    paragraphs: list[str]
    comments: list[PageComment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Entry:
    """One numbered line and the lines below it, up to the next entry of the same list."""

    number: int
    name: str
    indent: int
    body: list[str]


def parse(data: bytes, name: str = "FILE") -> Page:
    """The page in `data`, called `name` in messages. Raises `PageError`; never returns half an article."""
    lines = _lines(decode(data, name))
    start = next((index for index, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise PageError(f"{name} is empty. Save the article page as text again and import that file.")
    title = lines[start].strip()
    footed = _footed(lines)
    begin = _comments_begin(footed, start)
    if begin == len(footed):
        footed = _hung(footed, start)
        begin = _comments_begin(footed, start)
    has_comments = begin < len(footed)
    if has_comments:
        lines = footed  # without comments, a last line that looks like a site's footer may be the article's own
    else:
        begin = len(lines)
    if begin == start or (_HEADING.fullmatch(title) and begin == _next_text(lines, start + 1)):
        raise PageError(
            f"{name} holds readers' comments but no article above them. Put the article's title on the first "
            "line and its paragraphs below it, separated by blank lines, then import it again."
        )
    paragraphs = _paragraphs(lines[start + 1 : begin])
    if has_comments and paragraphs and _HEADING.fullmatch(paragraphs[-1]):
        paragraphs.pop()
    _check(title, paragraphs, name)
    comments, notes = _comments(lines[begin:])
    if not has_comments and any(_ENTRY.match(line) for line in lines[start + 1 :]):
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


def decode(data: bytes, name: str = "FILE") -> str:
    """UTF-8, with or without a byte-order mark, or marked UTF-16, as text. Raises `PageError`."""
    if len(data) > MAX_BYTES:
        raise PageError(
            f"{name} has {len(data):,} bytes; a page has at most {MAX_BYTES:,}. Is it a saved article page?"
        )
    encoding = "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and not data.startswith(b"\xff\xfe\0\0"):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise PageError(_not_utf8(data, name, error)) from None
    control = re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise PageError(
            f"{name} is not a text file: line {line} holds control character 0x{ord(control.group()):02X}. "
            "Open the page in a browser, save it as text and import that file."
        )
    if re.match(r"\s*<(?:!doctype|html|\?xml)", text, re.IGNORECASE):
        raise PageError(f"{name} is HTML. Open it in a browser, save the page as text and import that file.")
    return text


def _not_utf8(data: bytes, name: str, error: UnicodeDecodeError) -> str:
    if b"\0" in data[:8192]:
        where = data.index(b"\0")
        return (
            f"{name} is not a text file: byte {where:,} is NUL. Open the page in a browser, save it as text "
            "and import that file."
        )
    line = data.count(b"\n", 0, error.start) + 1
    column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
    return (
        f"{name} is not UTF-8: byte 0x{data[error.start]:02X} at line {line}, byte {column} of that line. "
        f"If it was saved as Windows-1252 or Latin-1, convert it with\n"
        f"  iconv -f WINDOWS-1252 -t UTF-8 {name} > page-utf8.txt\n"
        "and import page-utf8.txt."
    )


def _lines(text: str) -> list[str]:
    return [line.rstrip().expandtabs(4) for line in re.split(r"\r\n|[\n\r\f\v\x85\u2028\u2029]", text)]


def _next_text(lines: list[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _paragraphs(lines: list[str]) -> list[str]:
    """Blocks between blank lines, stripped, their own line breaks kept."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


def _footed(lines: list[str]) -> list[str]:
    """The lines without what a site prints below its comments."""
    end = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if not line.strip():
            continue
        if _indent(line) or len(line) > MAX_FOOTER_CHARS or not _FOOTER.fullmatch(line.strip()):
            break
        end = index
    return lines[:end]


def _hung(lines: list[str], start: int) -> list[str]:
    """The lines with the text of comments indented where a page has all of them flush left.

    Only below a heading such as "3 comments": without it such a list may as well be the article's own.
    """
    first = len(lines)  # the first line with text below the one looked at
    for index in range(len(lines) - 1, start, -1):
        found = _ENTRY.match(lines[first]) if first < len(lines) else None
        if found and int(found["number"]) == 1 and not found["indent"] and _HEADING.fullmatch(lines[index].strip()):
            break
        first = index if lines[index].strip() else first
    else:
        return lines
    hung, wanted = lines[:first], 1
    for line in lines[first:]:
        found = _ENTRY.match(line)
        if found and int(found["number"]) == wanted and not found["indent"] and _is_name(found["name"]):
            wanted += 1
            hung.append(line)
        else:
            hung.append(" " * 4 + line if line else line)
    return hung


def _is_name(text: str) -> bool:
    name = _SPEAKS.sub("", text)
    return len(name) <= MAX_NAME_CHARS and len(name.split()) <= MAX_NAME_WORDS


def _comments_begin(lines: list[str], start: int, *, nested: bool = False) -> int:
    """Where the list of comments that runs to the end begins, or `len(lines)` when there is none.

    One pass from below. `wall` is the indent a list must stay left of to hold all that was passed, so each
    candidate lies further out than the one before, and the outermost that is a list of comments holds the rest.
    """
    candidates, wall = [], MAX_BYTES
    for index in range(len(lines) - 1, start - 1, -1):
        line = lines[index]
        if not line.strip():
            continue
        indent, found = _indent(line), _ENTRY.match(line)
        if found and int(found["number"]) == 1 and indent < wall:
            candidates.append(index)
        # Entry 2, 3 … belongs to a list whose first is no further right, be it in line at the left or at the dot.
        wall = min(wall, indent + len(found["number"]) if found and int(found["number"]) > 1 else indent)
        if wall == 0:
            break
    for index in reversed(candidates):
        entries = _entries(lines[index:])
        if _are_comments(entries, fewest=_fewest_with_text(lines, index, len(entries), nested=nested)):
            return index
    return len(lines)


def _fewest_with_text(lines: list[str], index: int, entries: int, *, nested: bool) -> int:
    """How many of a list's entries need text below them: one under a heading such as "3 comments", else half.

    Inside a comment more than half: what is taken for a list of empty replies would be lost from its text.
    """
    above = next((line.strip() for line in reversed(lines[:index]) if line.strip()), "")
    if nested:
        return entries // 2 + 1
    return 1 if _HEADING.fullmatch(above) else (entries + 1) // 2


def _entries(lines: list[str]) -> list[_Entry]:
    """The list that begins at `lines[0]` and runs to the end, or nothing when something comes in between."""
    first = _ENTRY.match(lines[0]) if lines else None
    if not first:
        return []
    indent = len(first["indent"])
    entries: list[_Entry] = []  # the first line is the first entry, so `entries[-1]` below is there
    for line in lines:
        found = _ENTRY.match(line)
        if found and int(found["number"]) == len(entries) + 1 and _aligned(found, indent):
            entries.append(_Entry(len(entries) + 1, found["name"], indent, []))
        elif line.strip() and _indent(line) <= indent:
            return []
        else:
            entries[-1].body.append(line)
    return entries


def _aligned(entry: re.Match[str], indent: int) -> bool:
    """Whether an entry belongs to a list whose first stands at `indent`: numbers in line at the left or the dot."""
    return len(entry["indent"]) == indent or entry.start("number") + len(entry["number"]) == indent + 1


def _are_comments(entries: list[_Entry], *, fewest: int) -> bool:
    """Whether these are names with text below; an article's closing list has sentences with nothing below.

    Judged by the greater part of a list: among names there is a link back with a whole headline for one, and a
    comment whose only content was a picture. At least `fewest` have text.
    """
    short, finished, with_text = 0, 0, 0
    for entry in entries:
        if len(entry.name) > MAX_LINE_CHARS:
            return False
        name = _SPEAKS.sub("", entry.name)
        short += _is_name(name)
        finished += bool(re.search(r"(?<![ .][A-Za-z])(?<!\b[JSDM]r)[.;!?]$", name))
        with_text += any(line.strip() for line in entry.body)
    most = len(entries) / 2
    return short > most and with_text >= max(1, fewest) and (len(entries) == 1 or finished <= most)


def _comments(lines: list[str]) -> tuple[list[PageComment], list[str]]:
    """The comments in printed order, each after what it answers, and notes on those without text."""
    comments: list[PageComment] = []
    notes: list[str] = []
    stack: list[tuple[_Entry, int | None]] = [(entry, None) for entry in reversed(_entries(lines))]
    while stack:
        entry, parent = stack.pop()
        body, replies = _split_replies(entry.body)
        text, posted = _text(body)
        author = _SPEAKS.sub("", entry.name).strip() or entry.name.strip()
        if text:
            comments.append(PageComment(entry.number, author, text, parent, posted))
            parent = len(comments) - 1
        else:
            notes.append(f"Comment {entry.number} by {author} has no text and was left out.")
        stack.extend((reply, parent) for reply in reversed(replies))
    return comments, notes


def _split_replies(body: list[str]) -> tuple[list[str], list[_Entry]]:
    """A comment's own lines, and the replies listed below them: again a list of names with text."""
    begin = _comments_begin(body, 0, nested=True)
    return body[:begin], _entries(body[begin:])


def _text(body: list[str]) -> tuple[str, str]:
    """The comment's words without common indent, date above and buttons below; and that date as printed."""
    lines, posted = list(body), ""
    while lines and (not lines[-1].strip() or _BUTTON.fullmatch(lines[-1].strip())):
        lines.pop()
    first = _next_text(lines, 0)
    if first < len(lines) and _DATE.fullmatch(lines[first].strip()):
        posted = lines.pop(first).strip()
    common = min((_indent(line) for line in lines if line.strip()), default=0)
    text = "\n".join(line[common:] for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip(), posted
