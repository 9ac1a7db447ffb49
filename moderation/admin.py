"""Django admin: who works at the desk as what, and words for refusals. The record is read at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from moderation.models import Preset, Staff
from moderation.permissions import works_for_the_site

if TYPE_CHECKING:  # the stubs are generic, Django's class is not
    _StaffAdmin = admin.ModelAdmin[Staff]
    _PresetAdmin = admin.ModelAdmin[Preset]
else:
    _StaffAdmin = _PresetAdmin = admin.ModelAdmin


@admin.register(Staff)
class StaffAdmin(_StaffAdmin):
    """Roles and the sections they are limited to."""

    list_display = ("user", "role")
    list_filter = ("role", "sections")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    autocomplete_fields = ("user",)
    filter_horizontal = ("sections",)

    def get_readonly_fields(self, _request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A role is given to one account and taken from it, never handed on."""
        return ("user",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Staff, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        works_for_the_site(obj.user)

    def delete_model(self, request: HttpRequest, obj: Staff) -> None:
        super().delete_model(request, obj)
        works_for_the_site(obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Staff]) -> None:
        for role in queryset:
            self.delete_model(request, role)


@admin.register(Preset)
class PresetAdmin(_PresetAdmin):
    """Words the desk offers beside a reason."""

    list_display = ("words", "reason_code", "language")
    list_filter = ("reason_code", "language")
