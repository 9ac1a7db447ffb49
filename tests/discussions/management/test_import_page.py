"""manage.py import_page: a saved page becomes an article whose comments go the way of all comments."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from discussions.models import Article, Comment, OutboxEntry, Reader, Revision, State
from tests.waiting import at_once

PAGE = """A bench returns

The bench is back — where it “always” was…

It’s the old one.

  1. Mr Lendman

    First line
    second line

    New paragraph

  2. Anna

    Too loud.

      1. Bo

        You live by the airport.

  3. Mr Lendman

    I sat on it.
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_text(PAGE, encoding="utf-8")
    return path


def run(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_page", str(path), *options, stdout=out)
    return out.getvalue()


def complaint(path: Path, *options: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("import_page", str(path), *options, stdout=StringIO())
    return str(caught.value)


@pytest.mark.django_db
def test_the_article_its_readers_and_their_words_are_there(page: Path) -> None:
    said = run(page, "--article-url", "https://paper.example/bench")
    article = Article.objects.get()
    assert (article.title, article.slug, article.url) == (
        "A bench returns",
        "a-bench-returns",
        "https://paper.example/bench",
    )
    assert article.paragraphs == ["The bench is back — where it “always” was…", "It’s the old one."]
    words = Revision.objects.order_by("comment_id").values_list("comment__reader__name", "text")
    assert list(words) == [
        ("Mr Lendman", "First line\nsecond line\n\nNew paragraph"),
        ("Anna", "Too loud."),
        ("Bo", "You live by the airport."),
        ("Mr Lendman", "I sat on it."),
    ]
    assert "2 paragraphs and 4 comments" in said
    assert "It stands at /articles/a-bench-returns/" in said


@pytest.mark.django_db
def test_its_comments_wait_to_be_scored_like_any_other(page: Path) -> None:
    run(page)
    assert set(Comment.objects.values_list("state", "shown")) == {(State.PENDING, False)}
    assert OutboxEntry.objects.count() == 4
    assert list(OutboxEntry.objects.values_list("revision", flat=True)) == [1] * 4


@pytest.mark.django_db
def test_line_breaks_are_kept_to_the_page(page: Path) -> None:
    run(page)
    first = Revision.objects.order_by("comment_id")[0]
    assert "First line<br>\nsecond line</p>" in first.html


@pytest.mark.django_db
def test_a_name_is_one_imported_reader_without_an_address(page: Path) -> None:
    run(page)
    assert sorted(Reader.objects.values_list("name", "kind", "email", "user")) == [
        ("Anna", "imported", "", None),
        ("Bo", "imported", "", None),
        ("Mr Lendman", "imported", "", None),
    ]


@pytest.mark.django_db
def test_a_reply_stands_under_what_it_answers(page: Path) -> None:
    run(page)
    reply = Comment.objects.get(parent__isnull=False)
    assert (reply.reader.name, reply.depth, reply.path) == ("Bo", 1, [reply.parent_id])
    assert reply.parent is not None
    assert reply.parent.reader.name == "Anna"


@pytest.mark.django_db
def test_replies_deeper_than_threads_go_stand_at_the_floor(tmp_path: Path) -> None:
    path = tmp_path / "deep.txt"
    path.write_text(
        "Title\n\nText.\n\n" + "".join(f"{'  ' * n}1. R{n}\n\n{'  ' * n}   Says {n}.\n\n" for n in range(31)),
        encoding="utf-8",
    )
    run(path)
    assert Comment.objects.count() == 31
    assert max(Comment.objects.values_list("depth", flat=True)) == 30


@pytest.mark.django_db
def test_running_it_twice_imports_once(page: Path) -> None:
    run(page)
    said = run(page)
    assert said.startswith("Already imported: “A bench returns” stands at /articles/a-bench-returns/")
    assert (Article.objects.count(), Comment.objects.count()) == (1, 4)


@pytest.mark.django_db
def test_the_same_article_in_another_encoding_is_the_same_article(page: Path) -> None:
    run(page)
    page.write_bytes(PAGE.replace("\n", "\r\n").encode("utf-16"))
    assert run(page).startswith("Already imported")


@pytest.mark.django_db
def test_an_address_that_is_taken_is_not_imported_again(page: Path) -> None:
    run(page, "--article-url", "https://paper.example/bench")
    page.write_text("Another title\n\nAnother text.\n", encoding="utf-8")
    assert run(page, "--article-url", "https://paper.example/bench").startswith("Already imported: “A bench returns”")
    assert Article.objects.count() == 1


@pytest.mark.django_db
def test_two_articles_with_one_title_get_two_addresses(page: Path) -> None:
    run(page)
    page.write_text("A bench returns\n\nAnother text.\n", encoding="utf-8")
    assert "/articles/a-bench-returns-2/" in run(page)


@pytest.mark.django_db
def test_a_title_without_latin_letters_still_gets_an_address(page: Path) -> None:
    page.write_text("חשמלית בעיר\n\nטקסט.\n", encoding="utf-8")
    assert "It stands at /articles/article-" in run(page)


@pytest.mark.django_db
def test_a_page_without_comments_is_an_article_and_says_so(page: Path) -> None:
    page.write_text("Title\n\nText.\n", encoding="utf-8")
    assert "1 paragraph and 0 comments; the page holds none." in run(page)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\0\0", "Title\n\nCafé".encode("latin-1"), b"  1. Anna\n\n    Yes.\n", b"Title\n"],
    ids=["empty", "binary", "latin-1", "comments only", "title only"],
)
def test_what_cannot_be_read_leaves_nothing_behind(page: Path, data: bytes) -> None:
    page.write_bytes(data)
    message = complaint(page)
    assert str(page) in message
    assert message.endswith("Nothing was imported.")
    assert (Article.objects.count(), Reader.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_comment_too_long_to_be_one_takes_the_article_back(page: Path) -> None:
    page.write_text(PAGE + "\n  4. Cy\n\n    " + "x" * 100_001 + "\n", encoding="utf-8")
    assert "Comment 4 by Cy has 100001 characters" in complaint(page)
    assert (Article.objects.count(), Comment.objects.count(), Reader.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
def test_a_missing_file_and_a_folder_are_said_clearly(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in complaint(tmp_path / "nowhere.txt")
    assert "is a folder" in complaint(tmp_path)


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["paper.example/x", "javascript:alert(1)", "ftp://paper.example/x"])
def test_an_address_must_be_one_of_a_web_page(page: Path, url: str) -> None:
    assert "not an address of a web page" in complaint(page, "--article-url", url)
    assert Article.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_run_from_two_sides_at_once_it_imports_once(page: Path) -> None:
    said = at_once([lambda: run(page)] * 4)
    assert sorted(words.split()[0] for words in said) == ["Already", "Already", "Already", "Imported"]
    assert (Article.objects.count(), Comment.objects.count()) == (1, 4)
