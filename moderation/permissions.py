"""What a role at the desk may do in Django's admin: editors write articles, admins give roles as well."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from discussions.models import User
from moderation.models import Staff
from moderation.roles import Role, role_of

EDITORS = {"discussions.view_reader"} | {  # the first to name an article's author
    f"{app}.{action}_{model}"
    for app, model in (("discussions", "article"), ("discussions", "section"), ("moderation", "preset"))
    for action in ("view", "add", "change", "delete")
}
APPS = {"discussions", "moderation"}


class RolePermissions(BaseBackend):
    """Answers Django's permission questions from the role; signs nobody in. Superusers never reach it."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        role = role_of(user_obj)
        if role == Role.ADMIN:
            return perm.partition(".")[0] in APPS
        return role == Role.EDITOR and perm in EDITORS

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        role = role_of(user_obj)
        return app_label in APPS and role is not None and role >= Role.EDITOR


def works_for_the_site(user: User) -> None:
    """Note on the account whether it has a role: the door of the admin, the mark beside its comments."""
    has_role = user.is_superuser or Staff.objects.filter(user=user).exists()
    User.objects.filter(pk=user.pk).update(is_staff=has_role)
