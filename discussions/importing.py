"""A parsed page becomes an article with its comments, in one transaction and only once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import count

from django.db import connection, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from discussions import markup, posting
from discussions.models import Article, Comment, Reader
from discussions.models.comment import MAX_DEPTH
from discussions.pages import Page, PageComment, PageError

MAX_COMMENT_CHARS = 100_000
_LOCK_CLASS = 0x7042  # this application's advisory lock on imports; they are rare, so one lock is enough
_NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `new` is false where the article was there already; nothing was changed then."""

    article: Article
    comments: int
    new: bool
    notes: list[str] = field(default_factory=list)


def source_hash(page: Page) -> str:
    """What makes two saved pages the same article: its title and text, however the file was encoded or wrapped up.

    SHA-256 as hex. Comments do not count, so a page saved again after more of them is still the same article.
    """
    return hashlib.sha256("\n\n".join([page.title, *page.paragraphs]).encode()).hexdigest()


@transaction.atomic
def save(page: Page, *, url: str | None = None) -> Imported:
    """Save the article and its comments as pending, with their outbox rows. Running it twice imports once.

    Names stand as printed, as imported readers without an address; one name on one page is one reader. Replies keep
    what they answer. Raises PageError where a comment is too long to be one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK_CLASS])
    digest = source_hash(page)
    present = Article.objects.filter(source_hash=digest).first()
    if present is None and url:
        present = Article.objects.filter(url=url).first()
    if present is not None:
        return Imported(present, 0, new=False)
    title = markup.clean(page.title)
    if markup.is_blank(title):
        raise PageError(_("The first line should be the article's title, but nothing can be read there."))
    article = Article.objects.create(
        title=title,
        slug=_free_slug(page.title, digest),
        url=url,
        body="\n\n".join(page.paragraphs),
        source_hash=digest,
    )
    notes = list(page.notes)
    saved = _save_comments(article, page.comments, notes)
    return Imported(article, saved, new=True, notes=notes)


def _save_comments(article: Article, printed: list[PageComment], notes: list[str]) -> int:
    readers: dict[str, Reader] = {}
    made: list[Comment | None] = []
    for one in printed:
        text = markup.clean(one.text)
        if len(text) > MAX_COMMENT_CHARS:
            raise PageError(
                _("Comment %(number)d by %(author)s has %(length)d characters; a comment has at most %(most)d.")
                % {"number": one.number, "author": one.author, "length": len(text), "most": MAX_COMMENT_CHARS}
            )
        if not text:
            notes.append(f"Comment {one.number} by {one.author} shows nothing and was left out.")
            made.append(None)
            continue
        parent = made[one.parent] if one.parent is not None else None
        while parent is not None and parent.depth >= MAX_DEPTH:
            parent = parent.parent  # deeper than threads go: it stands beside what it answers
        if one.author not in readers:
            readers[one.author] = Reader.objects.create(kind=Reader.Kind.IMPORTED, name=_name(one.author))
        comment = Comment.objects.create(
            article=article,
            reader=readers[one.author],
            parent=parent,
            depth=parent.depth + 1 if parent else 0,
            path=[*parent.path, parent.pk] if parent else [],
        )
        posting.save_revision(comment, text)
        made.append(comment)
    return sum(comment is not None for comment in made)


def _name(printed: str) -> str:
    name = " ".join(markup.clean(printed).split()) or "?"
    return name if len(name) <= _NAME_CHARS else name[: _NAME_CHARS - 1] + "…"


def _free_slug(title: str, digest: str) -> str:
    """A readable address nobody has yet; titles without Latin letters get one from their content."""
    base = slugify(title)[:100].strip("-") or f"article-{digest[:8]}"
    taken = set(Article.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base if n == 1 else f"{base}-{n}" for n in count(1)) if slug not in taken)
