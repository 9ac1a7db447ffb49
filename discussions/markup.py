"""Readers' Markdown to safe HTML: the only place in the project that calls `mark_safe`.

Two locks on one door. markdown-it-py never passes raw HTML through and knows only the small Markdown that
counts in a discussion (paragraphs with kept line breaks, emphasis, strong, quotes, lists, code, links). Then
nh3 lets only an explicit list of tags and attributes pass, whatever the first lock let through.
"""

import functools
import re
import threading
import unicodedata
from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit

import nh3
from django.utils.safestring import SafeString, mark_safe
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.token import Token

# Longer text is shown as plain paragraphs: a parser's worst case must not become a page's response time.
MAX_MARKDOWN_CHARS = 20_000
# Beyond so many openings the parser's work grows with their square, and no letter to the editor needs them.
MAX_BRACKETS = 400
MAX_ADDRESSES = 100
# Quotes and lists deeper than this are flattened; the words stay.
MAX_CONTAINERS = 4
# Where the parser stops descending. Text down there would be lost, so reaching it means plain paragraphs.
MAX_PARSER_NESTING = 40
MAX_MARKS_PER_BASE = 4
# Normalising sorts each run of marks, in time that grows with its square: longer runs are cut before (UAX #15).
MAX_MARKS_TO_SORT = 30
LINK_REL = "ugc nofollow noopener"

TAGS = frozenset({"p", "br", "em", "strong", "blockquote", "ul", "ol", "li", "code", "pre", "a"})
BLOCKS = ("p", "blockquote", "ul", "ol", "li", "pre")
_RULES = [
    *("paragraph", "blockquote", "list", "fence"),
    *("text", "newline", "escape", "backticks", "emphasis", "link", "linkify"),
    *("balance_pairs", "fragments_join", "text_join"),
]


# FEFF is a stray byte-order mark; 202A-202E are the old embeddings and overrides, which dir=auto replaces;
# FFFE and FFFF are no characters, and one of them would make a whole feed unreadable.
_DROPPED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\u202a-\u202e\ufff9-\ufffb\ufffe\uffff]")
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Invisible letters: they spell the flags of Wales and Scotland, and elsewhere hide words from people.
_TAG_CHARACTERS = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)|[\U000e0000-\U000e007f]")
_ISOLATES = {"\u2066", "\u2067", "\u2068"}
_POP_ISOLATE = "\u2069"
# Letters and symbols that draw nothing, though Unicode does not call them spaces.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"']+", re.IGNORECASE)
_local = threading.local()


def clean(text: str) -> str:
    """Text as it is stored: same words, nothing that breaks the database or a neighbour's lines.

    Removes NUL and other control characters, lone surrogates, bidi embeddings and overrides, unbalanced
    isolates and hidden tag characters; normalises to NFC with "\\n" line ends; caps combining marks at
    `MAX_MARKS_PER_BASE` per base; trims blanks at line ends and runs of blank lines. Emoji sequences and
    right-to-left text stay as typed. Idempotent.
    """
    text = _NEWLINES.sub("\n", text)
    text = _DROPPED.sub("", text)
    text = _TAG_CHARACTERS.sub(lambda match: match.group(1) or "", text)
    text = "\n".join(_balance_isolates(line) for line in text.split("\n"))
    text = _cap_marks(unicodedata.normalize("NFC", _cut_runs(text)))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def is_blank(text: str) -> bool:
    """Whether nothing of `text` would be seen: spaces, invisible characters, lone marks, bare quotes."""
    tokens = _parse(text)
    words = text if tokens is None else "".join(_plain_text(tokens))
    return not any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK_LETTERS for char in words)


def render(text: str) -> SafeString:
    """A reader's Markdown as HTML that is safe on a page: links marked `LINK_REL`, each block `dir=auto`."""
    tokens, parser = _parse(text), _parser()
    html = _plain_html(text) if tokens is None else parser.renderer.render(tokens, parser.options, {})
    return mark_safe(_sanitise(html))  # noqa: S308 - the one place; what goes in has passed nh3 on this very line


def stored(html: str) -> SafeString:
    """HTML that `render` made and a revision kept, as safe for a page as on the day it was made."""
    return mark_safe(html)  # noqa: S308 - only `render` writes revisions' html


def links(text: str) -> list[str]:
    """The addresses `render` would turn into links, in order, repeats kept: what a cap on links counts."""
    tokens = _parse(text)
    if tokens is None:  # shown without links, and still counted: too much to parse is no way around a cap
        return _ADDRESS.findall(text)
    found = []
    for token in _inline_tokens(tokens):
        href = token.attrGet("href") if token.type == "link_open" else None
        if href:
            found.append(str(href))
    return found


def excerpt(text: str, length: int) -> str:
    """The first words of a comment as plain text on one line, at most `length` characters, "…" where cut."""
    if length < 1:
        raise ValueError("an excerpt has at least one character")
    # Cut before parsing: an excerpt of a long text costs what the excerpt costs.
    tokens = _parse(text[: 4 * length + 200])
    words = " ".join(_plain_text(tokens) if tokens is not None else [text[: 4 * length + 200]])
    line = " ".join(words.split())
    if len(line) <= length:
        return line
    end = length - 1
    space = line.rfind(" ", 0, end + 1)
    if space > length // 2:
        end = space
    while end > 0 and _joins(line, end):
        end -= 1
    return line[:end].rstrip(" ,;:–—-") + "…"


def _joins(line: str, at: int) -> bool:
    """Whether a cut before `line[at]` would fall inside one drawn character (marks, joiners, skin tones)."""
    return (
        unicodedata.category(line[at])[0] == "M"
        or line[at] == "\u200d"
        or line[at - 1] == "\u200d"
        or "\U0001f3fb" <= line[at] <= "\U0001f3ff"
    )


def _balance_isolates(line: str) -> str:
    """Isolates opened and closed on the same line stay; stray ones would turn the rest of the page around."""
    if not any(char in _ISOLATES or char == _POP_ISOLATE for char in line):
        return line
    open_at: list[int] = []
    keep: set[int] = set()
    for index, char in enumerate(line):
        if char in _ISOLATES:
            open_at.append(index)
        elif char == _POP_ISOLATE and open_at:
            keep.update((open_at.pop(), index))
    return "".join(
        char for index, char in enumerate(line) if index in keep or (char not in _ISOLATES and char != _POP_ISOLATE)
    )


def _cut_runs(text: str) -> str:
    if text.isascii():
        return text
    kept, run = [], 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= MAX_MARKS_TO_SORT:
            kept.append(char)
    return "".join(kept)


def _cap_marks(text: str) -> str:
    if text.isascii():
        return text
    kept, run = [], 0
    for char in text:
        category = unicodedata.category(char)
        if category in {"Mn", "Me"}:
            run += 1
            if run > MAX_MARKS_PER_BASE:
                continue
        elif category not in {"Mc", "Cf"}:  # a joiner between two marks does not start a new base
            run = 0
        kept.append(char)
    return "".join(kept)


def _is_web_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:  # a malformed IPv6 host, a port that is no number
        return False


def _parser() -> MarkdownIt:
    """One parser a thread: the linkifier remembers its last match on itself."""
    parser: MarkdownIt | None = getattr(_local, "parser", None)
    if parser is None:
        options = {"html": False, "breaks": True, "linkify": True, "typographer": False}
        parser = MarkdownIt("zero", {**options, "maxNesting": MAX_PARSER_NESTING}).enable(_RULES)
        # Only what is spelt out as http(s)://; guessing at "left.So" makes links nobody wrote.
        finder = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
        for schema in ("mailto:", "ftp:", "//"):
            finder.add(schema, None)
        parser.linkify = finder
        parser.validateLink = _is_web_link  # type: ignore[method-assign]
        _local.parser = parser
    return parser


def _parse(text: str) -> list[Token] | None:
    """Tokens with deep quotes and lists flattened, or None for what is only shown as plain paragraphs:
    too long, too costly, or nested so deep that the parser would have dropped words."""
    if len(text) > MAX_MARKDOWN_CHARS or text.count("[") > MAX_BRACKETS or text.count("://") > MAX_ADDRESSES:
        return None
    tokens = _parser().parse(text)
    if any(token.level >= MAX_PARSER_NESTING - 1 for token in tokens):
        return None
    depth, kept = 0, []
    for token in tokens:
        container = token.type in {
            "blockquote_open",
            "bullet_list_open",
            "ordered_list_open",
            "list_item_open",
        }
        closing = token.type in {
            "blockquote_close",
            "bullet_list_close",
            "ordered_list_close",
            "list_item_close",
        }
        # A list and its item are one level to a reader, so only the outer of the two counts.
        counts = not token.type.startswith("list_item")
        if container and counts:
            depth += 1
        deep = depth > MAX_CONTAINERS
        if closing and counts:
            depth -= 1
        if (container or closing) and deep:
            continue
        if deep and token.type.startswith("paragraph"):
            token.hidden = False  # its tight list is gone, so it has to stand as a paragraph
        kept.append(token)
    return kept


def _inline_tokens(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield from token.children or [token]


def _plain_text(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        if token.type == "inline":
            yield "".join(child.content or (" " if "break" in child.type else "") for child in token.children or [])
        elif token.type == "fence":
            yield token.content


def _plain_html(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text)
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs if part.strip())


@functools.cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags={"script", "style"},
        attributes={
            "*": set(),
            "a": {"href"},
            "ol": {"start"},
        },  # "*" empty: nh3 would let title and lang through
        url_schemes={"http", "https"},
        link_rel=LINK_REL,
        set_tag_attribute_values={tag: {"dir": "auto"} for tag in BLOCKS},
        strip_comments=True,
    )


def _sanitise(html: str) -> str:
    return _cleaner().clean(html)
