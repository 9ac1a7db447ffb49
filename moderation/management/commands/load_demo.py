"""manage.py load_demo: the demo's articles, readers and desk, on the local demo only."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from discussions import demo
from discussions.models import OutboxEntry, Reader, User
from moderation.models import Staff
from moderation.seeding import past

LOGINS = "demo_logins.txt"
# What to call it, the address before the @, the name readers see, and the role at the desk.
DESK = (
    ("Moderator", "moderator", "Robin Vale", Staff.Role.SENIOR),
    ("Editor", "editor", "Edith Lorne", Staff.Role.EDITOR),
    ("Admin", "admin", "Ines Toth", Staff.Role.ADMIN),
    ("Reader", "dev", "Dev Malhotra", None),
)


COLLEAGUE = ("sasha", "Sasha Whitlock", Staff.Role.SENIOR)  # has worked here, and no password


class Command(BaseCommand):
    help = (
        "Load three articles with their readers, accounts for the desk, and what it has done so far. Running it again "
        "adds only what is missing. For the local demo (make run); elsewhere --force is needed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="also where this is not the local demo")

    def handle(self, *_args: Any, force: bool, **_options: Any) -> None:
        if not settings.PARLEY_LOCAL and not force:
            raise CommandError(
                "Demo content is for the local demo, and this site has a database of its own. If you want the "
                "articles and the accounts with known passwords there all the same, add --force."
            )
        with transaction.atomic():
            saved = demo.load()
            lines = logins(Path(settings.STATE_DIR) / LOGINS)
            key, name, role = COLLEAGUE
            give_role(demo.account(key=key, name=name, staff=True), role)
        past.tell()
        wait = OutboxEntry.objects.count()
        told = f"{saved} demo comments are there, {wait} of them wait to be scored."
        self.stdout.write(told if saved else "The demo is there already.")
        for line in lines:
            self.stdout.write(line)


def logins(path: Path) -> list[str]:
    """Make the accounts, write their passwords to `path` (mode 600), and return the lines.

    Passwords are kept only in that file. Where it is missing or an account is gone, new ones are given.
    """
    emails = [f"{key}@parley.example" for _what, key, _name, _role in DESK]
    present = [user for user in User.objects.filter(email__in=emails, is_demo=True) if user.has_usable_password()]
    if len(present) == len(DESK) and path.is_file():
        return path.read_text(encoding="utf-8").splitlines()
    lines = []
    for what, key, name, role in DESK:
        password = "-".join(secrets.token_hex(2) for _ in range(3))
        reader = demo.account(key=key, name=name, staff=role is not None, password=password)
        if role is not None:
            give_role(reader, role)
        lines.append(f"{what}: {key}@parley.example  {password}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines


def give_role(reader: Reader, role: Staff.Role) -> None:
    """Put an account on the desk."""
    Staff.objects.update_or_create(user=reader.user, defaults={"role": role})
