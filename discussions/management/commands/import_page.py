"""manage.py import_page FILE [--article-url URL]: a saved article page with its readers' comments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import URLValidator
from django.db import DatabaseError, OperationalError

from discussions import importing, pages


class Command(BaseCommand):
    help = (
        "Import an article page saved as text: the title on the first line, paragraphs separated by blank lines, "
        "readers' comments as a numbered list at the end. A page that is there already is not imported again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the saved page, UTF-8 text")
        parser.add_argument("--article-url", metavar="URL", help="where the article stands on your own site")

    def handle(self, *_args: Any, file: str, article_url: str | None, **_options: Any) -> None:
        url = checked_url(article_url)
        try:
            page = pages.parse(read(Path(file)), file)
            imported = importing.save(page, url=url)
        except pages.PageError as error:
            raise CommandError(f"{error}\nNothing was imported.") from error
        except OperationalError:  # no answer at all: manage.py says what to do then
            raise
        except DatabaseError as error:
            raise CommandError(
                f"Nothing was imported: {first_line(error)}\nIf a table is missing, run 'manage.py migrate' first."
            ) from error
        self.tell(imported)

    def tell(self, imported: importing.Imported) -> None:
        path = imported.article.get_absolute_url()
        if not imported.new:
            self.stdout.write(f"Already imported: “{imported.article.title}” stands at {path}. Nothing was changed.")
            return
        paragraphs = len(imported.article.paragraphs)
        self.stdout.write(
            f"Imported “{imported.article.title}” with {counted(paragraphs, 'paragraph')} and "
            f"{counted(imported.comments, 'comment')}"
            + (", which will be scored and decided like any other." if imported.comments else "; the page holds none.")
        )
        for note in imported.notes:
            self.stdout.write(f"Note: {note}")
        self.stdout.write(f"It stands at {path}")


def read(path: Path) -> bytes:
    """The file's bytes, one more than a page may have at most. Raises CommandError."""
    try:
        with path.open("rb") as file:
            return file.read(pages.MAX_BYTES + 1)
    except IsADirectoryError:
        raise CommandError(f"{path} is a folder. Name the saved page in it.") from None
    except OSError as error:
        raise CommandError(
            f"{path} cannot be read: {error.strerror or error}. Check the name and the rights."
        ) from None


def checked_url(url: str | None) -> str | None:
    """The address as given, or None. Raises CommandError where it is none."""
    if not url:
        return None
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        raise CommandError(f"{url} is not an address of a web page. Give it in full: https://…") from None
    if len(url) > 500:
        raise CommandError("The address is longer than 500 characters.")
    return url


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
