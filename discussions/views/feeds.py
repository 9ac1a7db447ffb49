"""Atom feeds: the newest comments of one article, and of the whole site. Only what everybody may read."""

from __future__ import annotations

from django.conf import settings
from django.db.models import F, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from discussions import markup
from discussions.models import Article, Comment, Revision
from discussions.views import reading

MOST = 50


def _article_tag(request: HttpRequest, slug: str) -> str | None:
    """The thread's version names a feed's content: every decision raises it."""
    open_to_all = Article.objects.filter(slug=slug, published_at__lte=timezone.now())
    found = open_to_all.values_list("pk", "thread_version").first()
    return f'"{found[0]}-{found[1]}"' if found else None


@require_safe
@condition(etag_func=_article_tag)
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest comments of one article."""
    found = reading.find_article(slug)
    title = _("Comments on: %s") % markup.clean(found.title)
    path = found.get_absolute_url()
    return _answer(title, path, request.path, _newest(article_id=found.pk), named=False)


@require_safe
def site(request: HttpRequest) -> HttpResponse:
    """The newest comments of the whole site."""
    return _answer(settings.SITE_NAME, "/", request.path, _newest(), named=True)


def _newest(article_id: int | None = None) -> list[Comment]:
    shown = Revision.objects.filter(comment=OuterRef("pk"), number=OuterRef("shown_revision"))
    comments = Comment.objects.readable().filter(article__published_at__lte=timezone.now())
    if article_id is not None:
        comments = comments.filter(article=article_id)
    comments = comments.annotate(words=Subquery(shown.values("html")[:1]), source=Subquery(shown.values("text")[:1]))
    return list(comments.select_related("reader", "article").order_by(F("id").desc())[:MOST])


def _answer(title: str, path: str, own_path: str, comments: list[Comment], *, named: bool) -> HttpResponse:
    root = settings.SITE_URL
    feed = Atom1Feed(title=title, link=root + path, description=None, feed_url=root + own_path, language=None)
    for comment in comments:
        about = markup.clean(comment.article.title)  # one control character would cost every reader the whole feed
        words: str = getattr(comment, "words", None) or ""
        first = markup.excerpt(getattr(comment, "source", None) or "", 60)
        feed.add_item(
            title=f"{comment.reader.name} · {about}" if named else f"{comment.reader.name}: {first}",
            link=root + comment.get_absolute_url(),
            description=words,
            author_name=comment.reader.name,
            pubdate=comment.created_at,
            updateddate=comment.edited_at or comment.created_at,
            unique_id=f"{root}{comment.get_absolute_url()}",
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    response.headers["Cache-Control"] = "no-cache"
    return response
