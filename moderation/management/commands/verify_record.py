"""manage.py verify_record: is the record of decisions as it was?"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation import record


class Command(BaseCommand):
    help = (
        "Follow the record's hash chain. Without FILE, through the database and against every seal an export left "
        "there; with FILE (or - for standard input), through an export, and with --database against the database too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="an exported record, or - for standard input")
        parser.add_argument("--database", action="store_true", help="compare the file with the database as well")

    def handle(self, *_args: Any, file: str | None, database: bool, **_options: Any) -> None:
        if file is None:
            found = record.verify_database()
        else:
            try:
                with nullcontext(sys.stdin) if file == "-" else Path(file).open(encoding="utf-8") as lines:
                    found = record.verify_lines(lines, against_database=database)
            except (OSError, ValueError) as error:  # not to be opened, or not in UTF-8
                raise CommandError(f"{file} cannot be read as a record: {error}") from None
        if found.problems:
            raise CommandError("The record is not as it was:\n  " + "\n  ".join(found.problems[:50]))
        self.stdout.write(f"{found.count} decisions, unchanged. Head of the chain: {found.head}")
