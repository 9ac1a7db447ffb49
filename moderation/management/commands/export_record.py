"""manage.py export_record: the record of decisions as hash-chained JSON lines."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from moderation import record


class Command(BaseCommand):
    help = (
        "Write the record of decisions to standard output, one JSON object per line, each with the hash of the one "
        "before. Keep the file, or at least its last hash: 'manage.py verify_record FILE' proves it unchanged."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        for line in record.lines():
            self.stdout.write(line, ending="")
