"""Django's admin, for editors: articles and sections. What readers wrote is decided at the desk, never edited here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from discussions.models import Article, Highlight, Mail, Reader, Section, User

if TYPE_CHECKING:  # generic for the type checker only
    SectionBase = admin.ModelAdmin[Section]
    ArticleBase = admin.ModelAdmin[Article]
    AnyBase = admin.ModelAdmin[Any]
else:
    SectionBase = ArticleBase = AnyBase = admin.ModelAdmin

admin.site.site_header = admin.site.site_title = "Parley"


@admin.register(Section)
class SectionAdmin(SectionBase):
    list_display = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A section that anything names stays: who answers for it alone would answer for everything without it."""
        return not (isinstance(obj, Section) and _is_named(obj)) and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without deleting many at once: that would skip the question above."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}


def _is_named(section: Section) -> bool:
    """Whether articles, people's roles or anything else of the site refers to a section."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: section}).exists()
        for relation in section._meta.related_objects
    )


@admin.register(Article)
class ArticleAdmin(ArticleBase):
    list_display = ["title", "section", "mode", "published_at", "closes_at", "comment_count"]
    list_filter = ["mode", "section"]
    search_fields = ["title", "slug", "url"]
    date_hierarchy = "published_at"
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["author"]
    readonly_fields = ["comment_count", "created_at"]
    actions = ["close", "reopen"]

    @admin.action(description=_("Close the discussion of the selected articles"))
    def close(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._set_mode(request, queryset, Article.Mode.CLOSED)

    @admin.action(description=_("Open the discussion of the selected articles"))
    def reopen(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self._set_mode(request, queryset, Article.Mode.OPEN)

    def _set_mode(self, request: HttpRequest, queryset: QuerySet[Article], mode: Article.Mode) -> None:
        changed = queryset.update(mode=mode)
        self.message_user(request, ngettext("%d article changed.", "%d articles changed.", changed) % changed)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An article with comments is a record; it is closed, not deleted."""
        has_comments = isinstance(obj, Article) and obj.comments.exists()
        return not has_comments and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without deleting many at once: that would skip the question above."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}


class ReadOnly(AnyBase):
    """To look things up. Changes happen where they leave a record."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what is offered narrows a list.

        Django takes a condition on any field from the address bar, so that a hidden address, a password's hash or the
        link in a mail could be guessed letter by letter.
        """
        return lookup.partition("__")[0] in self.list_filter


@admin.register(Reader)
class ReaderAdmin(ReadOnly):
    list_display = ["name", "kind", "created_at"]
    list_filter = ["kind"]
    search_fields = ["name", "name_key"]
    fields = ["name", "kind", "email", "email_confirmed_at", "created_at", "erased_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Whoever may not look accounts up sees no address either."""
        hidden = () if request.user.has_perm("discussions.view_user") else ("email", "email_confirmed_at")
        return [name for name in super().get_fields(request, obj) if name not in hidden]


@admin.register(User)
class UserAdmin(ReadOnly):
    list_display = ["email", "is_staff", "is_active", "date_joined", "last_login"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email"]
    fields = ["email", "is_staff", "is_active", "is_superuser", "date_joined", "last_login"]


@admin.register(Highlight)
class HighlightAdmin(ReadOnly):
    list_display = ["created_at", "kind", "begins", "comment_id", "by_name"]
    list_filter = ["kind", "begins"]
    search_fields = ["=comment_id", "by_name"]
    fields = ["created_at", "kind", "begins", "comment_id", "article_id", "by_name"]


@admin.register(Mail)
class MailAdmin(ReadOnly):
    list_display = ["subject", "to", "created_at", "sent_at", "attempts", "error"]
    search_fields = ["to", "subject"]
    fields = ["to", "subject", "created_at", "sent_at", "attempts", "error"]
