from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = "Moderation"

    def ready(self) -> None:
        from moderation import checks  # noqa: F401  (they register themselves)

        post_migrate.connect(_write_first_policy, sender=self)


def _write_first_policy(using: str = "default", **_kwargs: Any) -> None:
    """After every migrate (and every emptied test database) there is a policy in force."""
    from django.db import connections

    from moderation.models.policy import Policy
    from moderation.policy import DEFAULT_RULES

    there = Policy._meta.db_table in connections[using].introspection.table_names()
    if there and not Policy.objects.using(using).exists():
        Policy.objects.using(using).create(version=1, rules=DEFAULT_RULES, note="The rules Parley starts with.")
