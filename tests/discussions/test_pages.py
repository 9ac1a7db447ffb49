"""Saved article pages: what is read, what is refused, and what is said then."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discussions.pages import MAX_BYTES, Page, PageComment, PageError, parse

ARTICLE = "The tram is coming\n\nThe council voted on Monday.\n\n“At last,” said the mayor — and left…\n\n"


def page(text: str) -> Page:
    return parse(text.encode())


def complaint(data: bytes) -> str:
    with pytest.raises(PageError) as caught:
        parse(data, "page.txt")
    return str(caught.value)


def test_the_first_line_is_the_title_and_blank_lines_part_the_paragraphs():
    got = page(ARTICLE)
    assert got.title == "The tram is coming"
    assert got.paragraphs == ["The council voted on Monday.", "“At last,” said the mayor — and left…"]
    assert got.comments == []


def test_quotes_dashes_curly_apostrophes_and_hard_spaces_are_kept():
    line = "It’s “so”, ‘isn’t’ it — or – was it… 5\u00a0km «là»"
    assert page(f"Title\n\n{line}\n").paragraphs == [line]


def test_a_readers_comment_keeps_its_name_paragraphs_and_line_breaks():
    got = page(ARTICLE + "  1. Mr Lendman\n\n    First paragraph\n\n    We’re all in\n    Trouble..!\n\n\n")
    assert got.paragraphs[-1].startswith("“At last,”")
    assert got.comments == [
        PageComment(number=1, author="Mr Lendman", text="First paragraph\n\nWe’re all in\nTrouble..!")
    ]


@pytest.mark.parametrize("width", [1, 2], ids=["in line at the left", "in line at the dot"])
def test_comments_count_on_past_nine(width):
    entries = "".join(f"  {number:>{width}}. Reader {number}\n\n    Says {number}.\n\n" for number in range(1, 13))
    got = page(ARTICLE + entries)
    assert [(comment.number, comment.text) for comment in got.comments] == [
        (number, f"Says {number}.") for number in range(1, 13)
    ]


@pytest.mark.parametrize("empty", [1, 2])
@pytest.mark.parametrize("heading", ["", "2 comments\n\n"], ids=["", "under a heading"])
def test_of_two_comments_one_may_be_empty(heading: str, empty: int):
    entries = [f"  {n}. Reader {n}\n\n" + ("" if n == empty else f"    Says {n}.\n\n") for n in (1, 2)]
    got = page(ARTICLE + heading + "".join(entries))
    assert len(got.paragraphs) == 2
    assert [comment.author for comment in got.comments] == [f"Reader {3 - empty}"]
    assert got.notes == [f"Comment {empty} by Reader {empty} has no text and was left out."]


def test_under_a_heading_most_comments_may_be_empty():
    entries = "".join(f"  {n}. Reader {n}\n\n" for n in range(1, 5)) + "  5. Anna\n\n    At last.\n"
    got = page(ARTICLE + "5 comments\n\n" + entries)
    assert ([comment.author for comment in got.comments], len(got.notes)) == (["Anna"], 4)
    assert page(ARTICLE + entries).comments == []


def test_a_list_with_one_explained_point_inside_a_comment_stays_its_text():
    got = page(ARTICLE + "  1. Anna\n\n    Bring:\n\n    1. Milk\n    2. Eggs\n\n       the brown ones\n")
    assert [comment.author for comment in got.comments] == ["Anna"]
    assert "1. Milk" in got.comments[0].text


def test_a_numbered_list_in_the_middle_of_the_article_stays_in_it():
    middle = (
        "Three things:\n\n  1. A shovel\n\n    Bring your own.\n\n  2. A hat\n\n    It is cold.\n\nThat is all.\n\n"
    )
    got = page(ARTICLE + middle + "  1. Anna\n\n    I have two hats.\n")
    assert "1. A shovel" in got.paragraphs
    assert "That is all." in got.paragraphs
    assert [comment.author for comment in got.comments] == ["Anna"]


def test_a_list_that_ends_the_article_is_no_list_of_readers():
    got = page(ARTICLE + "What to bring:\n\n  1. A shovel, if you own one.\n  2. A hat.\n  3. Good humour.\n")
    assert got.comments == []
    assert got.paragraphs[-1].startswith("1. A shovel")


def test_a_closing_list_of_the_article_directly_above_the_comments_stays_in_the_article():
    got = page(ARTICLE + "  1. A shovel\n  2. A hat\n\n  1. Anna\n\n    I have two hats.\n")
    assert got.paragraphs[-1] == "1. A shovel\n2. A hat"
    assert [comment.author for comment in got.comments] == ["Anna"]


def test_numbers_a_reader_typed_stay_the_readers_words():
    got = page(
        ARTICLE + "  1. Anna\n\n    Two points.\n\n    1. The price.\n    2. The noise.\n\n  2. Bo\n\n    Yes.\n"
    )
    assert [comment.author for comment in got.comments] == ["Anna", "Bo"]
    assert got.comments[0].text == "Two points.\n\n1. The price.\n2. The noise."


def test_indented_replies_know_what_they_answer():
    got = page(
        ARTICLE
        + "  1. Anna\n\n    Too loud.\n\n    Reply\n\n      1. Bo\n\n        You live by the airport.\n\n"
        + "          1. Anna\n\n            That is how I know.\n\n      2. Cy\n\n        Ha.\n\n  2. Di\n\n    New.\n"
    )
    assert [(comment.author, comment.parent) for comment in got.comments] == [
        ("Anna", None),
        ("Bo", 0),
        ("Anna", 1),
        ("Cy", 0),
        ("Di", None),
    ]
    assert got.comments[0].text == "Too loud."


def test_dates_above_and_buttons_below_are_not_the_readers_words():
    got = page(
        ARTICLE
        + "  1. Anna says:\n\n    January 8, 2022 at 3:14 pm\n\n    I like\n    Reply All.\n\n    3 likes\n\n"
        + "    Reply\n\n"
        + "  2. Bo\n    2 days ago\n    So do I.\n    Like\n"
    )
    assert [(comment.author, comment.posted, comment.text) for comment in got.comments] == [
        ("Anna", "January 8, 2022 at 3:14 pm", "I like\nReply All."),
        ("Bo", "2 days ago", "So do I."),
    ]


@pytest.mark.parametrize(
    "heading", ["2 Comments", "Comments (2)", "Readers’ comments", "2 thoughts on “The tram”", "Comments:"]
)
def test_the_heading_above_the_comments_is_not_the_articles(heading):
    got = page(
        ARTICLE + f"{heading}\n\n  1. Anna\n\n    Yes.\n\n  2. Bo\n\n    No.\n\nLeave a Reply\n\nCopyright 2026\n"
    )
    assert got.paragraphs[-1].startswith("“At last,”")
    assert [comment.text for comment in got.comments] == ["Yes.", "No."]


def test_a_last_paragraph_that_looks_like_a_footer_stays_when_there_are_no_comments():
    assert page(ARTICLE + "Share this bench with a neighbour.\n").paragraphs[-1] == "Share this bench with a neighbour."


def test_a_comment_without_words_is_left_out_and_said_so():
    got = page(ARTICLE + "  1. Anna\n\n  2. Bo\n\n    Yes.\n\n  3. Cy\n\n    No.\n")
    assert [comment.author for comment in got.comments] == ["Bo", "Cy"]
    assert got.notes == ["Comment 1 by Anna has no text and was left out."]


def test_a_link_back_with_a_whole_headline_for_a_name_is_one_of_the_comments():
    headline = "Pingback: What the tram will do to the old town, and what the old town will do to it – Another Paper"
    got = page(
        ARTICLE + f"  1. Anna\n\n    Yes.\n\n  2. {headline}\n\n    […] as read elsewhere […]\n\n  3. Bo\n\n    No.\n"
    )
    assert [comment.author for comment in got.comments] == ["Anna", headline, "Bo"]


@pytest.mark.parametrize("text", ["👍", "42", "+1"])
def test_a_very_short_comment_is_a_comment(text):
    assert page(ARTICLE + f"  1. Anna\n\n    {text}\n").comments[0].text == text


def test_a_title_that_begins_with_a_number_is_a_title():
    assert page("1. FC wins again\n\nThey played well.\n").title == "1. FC wins again"


def test_windows_line_ends_tabs_and_byte_order_marks_make_no_difference():
    text = ARTICLE + "  1. Anna\n\n    One\n    two\n"
    plain = page(text)
    assert parse(text.replace("\n", "\r\n").encode()) == plain
    assert parse(text.encode("utf-8-sig")) == plain
    assert parse(text.encode("utf-16")) == plain
    assert parse(text.replace("    ", "\t").encode()) == plain


@pytest.mark.parametrize("data", [b"", b"\n \n\t\n", "\ufeff\n".encode()])
def test_an_empty_file_is_said_to_be_empty(data):
    assert complaint(data).startswith("page.txt is empty. Save the article page as text")


def test_latin_1_is_refused_with_the_line_and_the_way_to_convert_it():
    message = complaint("Title\n\nOne line.\n\nCaf\u00e9 \u2019\n".encode("cp1252"))
    assert "byte 0xE9 at line 5, byte 4" in message
    assert "iconv -f WINDOWS-1252 -t UTF-8 page.txt" in message


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\x03\x04 abc", b"%PDF-1.4\n\xff\0\n", b"ti\0tle\n\nx"]
)
def test_a_binary_file_is_not_a_page(data):
    assert "is not a text file" in complaint(data)


def test_half_a_letter_at_the_end_is_not_utf_8():
    assert "not UTF-8" in complaint("Title\n\ntext é".encode()[:-1])


def test_html_is_refused_with_the_way_to_save_it():
    assert "is HTML" in complaint(b"\n<!DOCTYPE html><html><title>x</title>")


@pytest.mark.parametrize("top", ["", "\n\n", "Comments\n\n", "2 comments\n\n"])
def test_comments_without_an_article_are_refused(top):
    message = complaint(f"{top}  1. Anna\n\n    Yes.\n\n  2. Bo\n\n    No.\n".encode())
    assert "readers' comments but no article" in message
    assert "title on the first line" in message


@pytest.mark.parametrize("rest", ["", "\n\n  1. Anna\n\n    Yes.\n", "\n\n3 Comments\n\n  1. Anna\n\n    Yes.\n"])
def test_a_title_alone_is_not_half_an_article(rest):
    assert "“The tram”, but no article text" in complaint(f"The tram{rest}".encode())


def test_a_page_without_line_ends_has_no_title():
    assert "has 5,000 characters" in complaint(b"x" * 5_000 + b"\n\ntext")


def test_a_file_beyond_the_cap_is_refused():
    assert "5,000,001 bytes" in complaint(b"x" * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    "unit", ["1. a\n", "  1. a\n    b\n", "\n", " \n", "  1. a\n", "1. a\n\n  b\n\n2. c\n\n  d\n", "Comments 1 on\n"]
)
def test_a_large_hostile_page_is_read_in_good_time(unit):
    text = "Title\n\nText.\n\n" + unit * (1_000_000 // len(unit))
    start = time.process_time()
    page(text)
    assert time.process_time() - start < 5


def test_replies_nested_beyond_reason_are_read_in_good_time_and_no_word_is_lost():
    lines = [f"{'  ' * depth}  1. Reader\n\n{'  ' * depth}    Text {depth}\n" for depth in range(1_000)]
    start = time.process_time()
    got = page(ARTICLE + "\n".join(lines))
    assert time.process_time() - start < 5
    assert len(got.comments) == 30
    assert got.comments[-1].parent == 28
    assert got.comments[-1].text.startswith("Text 29\n\n1. Reader\n\n  Text 30")
    assert got.comments[-1].text.endswith("Text 999")


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_bytes_make_a_page_or_a_clear_complaint(data):
    data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    try:
        got = parse(data)
    except PageError as error:
        got, message = None, str(error)
    if got is None:
        assert len(message) > 20
    else:
        assert got.title.strip()
        assert got.paragraphs
        assert all(part.strip() for part in got.paragraphs)


NAMES = st.sampled_from(["Anna", "Mr Lendman", "J. R. Hartley", "дед Мороз", "Zoë O’Neill", "the_owl_42"])
WORDS = st.lists(st.sampled_from(["tram", "No.", "Why?", "“well”", "it’s", "3 likes us"]), min_size=1, max_size=5).map(
    " ".join
)
COMMENTS = st.lists(st.tuples(NAMES, st.lists(WORDS, min_size=1, max_size=3)), min_size=1, max_size=8)


@given(COMMENTS)
def test_what_is_printed_as_a_list_of_readers_is_read_back(entries):
    text = ARTICLE
    for number, (name, paragraphs) in enumerate(entries, start=1):
        text += f"  {number}. {name}\n\n" + "".join(f"    {paragraph}\n\n" for paragraph in paragraphs)
    got = page(text)
    assert [(comment.author, comment.text) for comment in got.comments] == [
        (name, "\n\n".join(paragraphs)) for name, paragraphs in entries
    ]
    assert len(got.paragraphs) == 2


def test_comments_flush_left_are_found_below_their_heading():
    list_of_two = "1. Ann Lee\n\nFirst line,\nsecond.\n\n2. Bob\n\nNo. 1. is\n1. wrong\n"
    found = page(f"Title\n\nText.\n\n2 comments\n\n{list_of_two}")
    assert found.paragraphs == ["Text."]
    assert [(each.author, each.text) for each in found.comments] == [
        ("Ann Lee", "First line,\nsecond."),
        ("Bob", "No. 1. is\n1. wrong"),
    ]


def test_a_list_that_stays_in_the_article_is_said():
    found = page("Title\n\nText.\n\n1. Ann Lee\n\nFirst line.\n")
    assert not found.comments
    assert "numbered list was left in the article" in found.notes[0]
