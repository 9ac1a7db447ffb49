"""The readers' comments of a page saved as text: where their list begins, and what it holds."""

import re
from dataclasses import dataclass

from discussions.pages.decoding import MAX_BYTES
from discussions.pages.layout import indent_of, next_text

MAX_NAME_CHARS = 80
MAX_NAME_WORDS = 8
MAX_LINE_CHARS = 300
MAX_FOOTER_CHARS = 200

ENTRY = re.compile(r"^(?P<indent>[ ]{0,60})(?P<number>[0-9]{1,5})[.)][ ]+(?P<name>\S.*)$")
_SPEAKS = re.compile(r"\s*(?:\b(?:says|said|wrote|writes)\b)?\s*:?$", re.IGNORECASE)
# The line above a comment list, as sites print it. It belongs to neither the article nor a comment.
HEADING = re.compile(
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


@dataclass(frozen=True)
class PageComment:
    """`number` and `posted` (a date) as printed; `parent` is the index in `Page.comments` of what it answers."""

    number: int
    author: str
    text: str
    parent: int | None = None
    posted: str = ""


@dataclass
class _Entry:
    """One numbered line and the lines below it, up to the next entry of the same list."""

    number: int
    name: str
    indent: int
    body: list[str]


def unfooted(lines: list[str]) -> list[str]:
    """The lines without what a site prints below its comments."""
    end = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if not line.strip():
            continue
        if indent_of(line) or len(line) > MAX_FOOTER_CHARS or not _FOOTER.fullmatch(line.strip()):
            break
        end = index
    return lines[:end]


def hung(lines: list[str], start: int) -> list[str]:
    """The lines with the text of comments indented where a page has all of them flush left.

    Only below a heading such as "3 comments": without it such a list may as well be the article's own.
    """
    first = len(lines)  # the first line with text below the one looked at
    for index in range(len(lines) - 1, start, -1):
        found = ENTRY.match(lines[first]) if first < len(lines) else None
        if found and int(found["number"]) == 1 and not found["indent"] and HEADING.fullmatch(lines[index].strip()):
            break
        first = index if lines[index].strip() else first
    else:
        return lines
    hung, wanted = lines[:first], 1
    for line in lines[first:]:
        found = ENTRY.match(line)
        if found and int(found["number"]) == wanted and not found["indent"] and _is_name(found["name"]):
            wanted += 1
            hung.append(line)
        else:
            hung.append(" " * 4 + line if line else line)
    return hung


def _is_name(text: str) -> bool:
    name = _SPEAKS.sub("", text)
    return len(name) <= MAX_NAME_CHARS and len(name.split()) <= MAX_NAME_WORDS


def comments_begin(lines: list[str], start: int, *, nested: bool = False) -> int:
    """Where the list of comments that runs to the end begins, or `len(lines)` when there is none.

    One pass from below. `wall` is the indent a list must stay left of to hold all that was passed, so each
    candidate lies further out than the one before, and the outermost that is a list of comments holds the rest.
    """
    candidates, wall = [], MAX_BYTES
    for index in range(len(lines) - 1, start - 1, -1):
        line = lines[index]
        if not line.strip():
            continue
        indent, found = indent_of(line), ENTRY.match(line)
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
    return 1 if HEADING.fullmatch(above) else (entries + 1) // 2


def _entries(lines: list[str]) -> list[_Entry]:
    """The list that begins at `lines[0]` and runs to the end, or nothing when something comes in between."""
    first = ENTRY.match(lines[0]) if lines else None
    if not first:
        return []
    indent = len(first["indent"])
    entries: list[_Entry] = []  # the first line is the first entry, so `entries[-1]` below is there
    for line in lines:
        found = ENTRY.match(line)
        if found and int(found["number"]) == len(entries) + 1 and _aligned(found, indent):
            entries.append(_Entry(len(entries) + 1, found["name"], indent, []))
        elif line.strip() and indent_of(line) <= indent:
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


def comments_in(lines: list[str]) -> tuple[list[PageComment], list[str]]:
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
    begin = comments_begin(body, 0, nested=True)
    return body[:begin], _entries(body[begin:])


def _text(body: list[str]) -> tuple[str, str]:
    """The comment's words without common indent, date above and buttons below; and that date as printed."""
    lines, posted = list(body), ""
    while lines and (not lines[-1].strip() or _BUTTON.fullmatch(lines[-1].strip())):
        lines.pop()
    first = next_text(lines, 0)
    if first < len(lines) and _DATE.fullmatch(lines[first].strip()):
        posted = lines.pop(first).strip()
    common = min((indent_of(line) for line in lines if line.strip()), default=0)
    text = "\n".join(line[common:] for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip(), posted
