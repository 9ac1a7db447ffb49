"""Django admin: who works at the desk as what, and words for refusals. The record is read at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from moderation.models import Preset, Staff

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


@admin.register(Preset)
class PresetAdmin(_PresetAdmin):
    """Words the desk offers beside a reason."""

    list_display = ("words", "reason_code", "language")
    list_filter = ("reason_code", "language")
