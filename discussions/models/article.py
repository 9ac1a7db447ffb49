"""Articles and the sections they stand in."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Section(models.Model):
    """A part of the paper: local, sport, opinion. Moderators may be limited to some."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("slug"), unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("section")
        verbose_name_plural = _("sections")

    def __str__(self) -> str:
        return self.name


class ArticleQuerySet(models.QuerySet["Article"]):
    def listed(self) -> ArticleQuerySet:
        """Articles the front page shows, newest first."""
        return self.filter(published_at__lte=timezone.now()).order_by("-published_at", "-id")


class Article(models.Model):
    """What readers discuss. The text is plain paragraphs separated by a blank line."""

    class Mode(models.TextChoices):
        OPEN = "open", _("open: policy decides")
        PREMODERATED = "premoderated", _("pre-moderated: a person decides every comment")
        CLOSED = "closed", _("closed: no new comments")

    title = models.CharField(_("title"), max_length=300)
    slug = models.SlugField(_("slug"), max_length=120, unique=True)
    url = models.URLField(
        _("address on the site"),
        max_length=500,
        null=True,
        blank=True,
        unique=True,
        help_text=_("Where the article stands on your own site, if it does."),
    )
    section = models.ForeignKey(
        Section, models.SET_NULL, null=True, blank=True, related_name="articles", verbose_name=_("section")
    )
    standfirst = models.TextField(_("standfirst"), blank=True)
    body = models.TextField(_("text"), blank=True, help_text=_("Paragraphs are separated by a blank line."))
    byline = models.CharField(_("byline"), max_length=120, blank=True)
    author = models.ForeignKey(
        "discussions.Reader",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="articles",
        verbose_name=_("author"),
        help_text=_("The author's reader account; their comments are marked."),
    )
    mode = models.CharField(_("moderation"), max_length=16, choices=Mode, default=Mode.OPEN)
    closes_at = models.DateTimeField(
        _("closes at"), null=True, blank=True, help_text=_("No new comments after this time.")
    )
    published_at = models.DateTimeField(_("published at"), default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    source_hash = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    comment_count = models.PositiveIntegerField(default=0, editable=False)
    thread_version = models.PositiveBigIntegerField(default=0, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-id"]
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        indexes = [models.Index(fields=["-published_at", "-id"], name="article_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mode__in=["open", "premoderated", "closed"]), name="article_mode_is_known"
            ),
            models.CheckConstraint(condition=~models.Q(title=""), name="article_has_a_title"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("article", args=[self.slug])

    @property
    def paragraphs(self) -> list[str]:
        """The text's paragraphs, in order, without empty ones."""
        return [part.strip() for part in re.split(r"(?:\r?\n){2,}", self.body) if part.strip()]

    def is_open(self, now: datetime | None = None) -> bool:
        """Whether a new comment may be posted now."""
        ends = self.ends_at
        return self.mode != self.Mode.CLOSED and not (ends and ends <= (now or timezone.now()))

    @property
    def ends_at(self) -> datetime | None:
        """When the discussion closes by itself: the article's own time, or CLOSE_AFTER_DAYS after it was published."""
        if self.closes_at or not settings.CLOSE_AFTER_DAYS:
            return self.closes_at
        return self.published_at + timedelta(days=settings.CLOSE_AFTER_DAYS)
