"""manage.py check_counts: do the desk's counts say the truth?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation import tallies


class Command(BaseCommand):
    help = "Compare the counts kept beside the queues with the rows themselves; with --repair, put wrong ones right."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="put wrong counts right")

    def handle(self, *_args: Any, repair: bool, **_options: Any) -> None:
        wrong = tallies.differences()
        for name, section, kept, true in wrong:
            where = f" in section {section}" if section else ""
            self.stdout.write(f"{name}{where}: kept {kept}, counted {true}")
        if wrong and repair:
            self.stdout.write(f"{tallies.repair()} put right.")
        elif wrong:
            raise CommandError("The counts are wrong. 'manage.py check_counts --repair' puts them right.")
        else:
            self.stdout.write("Every count is true.")
