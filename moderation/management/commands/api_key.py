"""Make, list and revoke the keys of other systems that ask for scores."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from moderation.models.api_key import ApiKey, ApiKeyUsage
from moderation.perspective import keys


class Command(BaseCommand):
    help = "Keys for the scoring endpoint (docs/perspective.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a key; it is printed once and cannot be read again")
        create.add_argument("name", help="who will use it, such as coral-production")
        create.add_argument("--per-second", type=int, default=100, metavar="N", help="quota (default: 100)")
        create.add_argument("--per-day", type=int, default=None, metavar="N", help="quota (default: none)")
        actions.add_parser("list", help="every key with its quotas and use")
        revoke = actions.add_parser("revoke", help="end a key's use")
        revoke.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["action"])(options)
        except keys.KeyProblem as error:
            raise CommandError(str(error)) from None

    def create(self, options: dict[str, Any]) -> None:
        _key, token = keys.create(
            name=options["name"],
            per_second=options["per_second"],
            per_day=options["per_day"],
            by="manage.py",
        )
        self.stdout.write(token)
        self.stderr.write("Keep it now: only its hash is stored, so it cannot be shown again.")

    def list(self, _options: dict[str, Any]) -> None:
        today = {usage.key_id: usage for usage in ApiKeyUsage.objects.filter(day=timezone.now().date())}
        row = "{:<24} {:<10} {:>8} {:>9} {:>12} {:>9}  {}"
        self.stdout.write(row.format("name", "begins", "a second", "a day", "used today", "refused", "state"))
        for key in ApiKey.objects.all():
            usage = today.get(key.pk)
            state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "in use"
            used = (usage.answered, usage.refused) if usage else (0, 0)
            self.stdout.write(
                row.format(key.name[:24], key.hint, key.per_second, key.per_day or "no limit", *used, state)
            )

    def revoke(self, options: dict[str, Any]) -> None:
        key = keys.revoke(name=options["name"])
        self.stdout.write(f"{key.name} is revoked; it is refused from now on.")
