"""What everybody reads: the list of articles, an article with its thread, one comment with its context."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from discussions import rows, standing, threads
from discussions.forms import Draft
from discussions.models import Article, Comment, Reader, Section
from discussions.views import cached, own, who

ARTICLES_PER_PAGE = 20
MOST_COUNTED = 100  # articles in one request for comment counts
MOST_IN_PLACE = 20  # comments put into a page that stands open; for more it is made anew
SORTS = [
    ("newest", gettext_lazy("Newest")),
    ("oldest", gettext_lazy("Oldest")),
    ("best", gettext_lazy("Best")),
    ("discussed", gettext_lazy("Most discussed")),
]


def sort_of(request: HttpRequest) -> str:
    """The order asked for; an unknown one is the default."""
    sort = request.GET.get("sort", threads.DEFAULT_SORT)
    return sort if sort in threads.ORDERS else threads.DEFAULT_SORT


@require_safe
def home(request: HttpRequest, section: str | None = None) -> HttpResponse:
    """The articles, newest first, with honest comment counts."""
    articles = Article.objects.listed().select_related("section").defer("body")
    chosen = None
    if section is not None:
        chosen = get_object_or_404(Section, slug=section)
        articles = articles.filter(section=chosen)
    before, last = _place(request.GET.get("before", ""))
    if before is not None:
        articles = articles.filter(Q(published_at__lt=before) | Q(published_at=before, pk__lt=last))
    found = list(articles[: ARTICLES_PER_PAGE + 1])
    has_more = len(found) > ARTICLES_PER_PAGE
    found = found[:ARTICLES_PER_PAGE]
    context = {
        "articles": found,
        "sections": Section.objects.filter(Exists(Article.objects.listed().filter(section=OuterRef("pk")).order_by())),
        "section": chosen,
        "first_page": before is None,
        "older": f"{found[-1].published_at.isoformat()}_{found[-1].pk}" if has_more else None,
    }
    return render(request, "discussions/home.html", context)


def _place(text: str) -> tuple[datetime | None, int]:
    """Where a page of articles begins: before this moment or, at it, before this article. None for what is no place."""
    moment, _sep, last = text.partition("_")
    try:
        found = parse_datetime(moment.replace(" ", "+"))
    except ValueError:
        return None, 0
    known = last.isascii() and last.isdigit() and len(last) < 19
    return (found if found is not None and found.tzinfo is not None else None), int(last) if known else 0


def find_article(slug: str) -> Article:
    """The article a page is about, with what its head shows. Raises Http404, also before it is published."""
    return get_object_or_404(Article.objects.select_related("section"), slug=slug, published_at__lte=timezone.now())


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """An article and a page of its thread. Strangers get it from the shelf."""
    if not who.is_known(request):
        return cached.stranger_page(
            request, slug, sort=sort_of(request), after=after_of(request), render=lambda: _made(request, slug)
        )
    response = _made(request, slug)
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def _made(request: HttpRequest, slug: str) -> HttpResponse:
    found = find_article(slug)
    return article_page(request, found, Draft.blank(found, who.current(request)))


def after_of(request: HttpRequest) -> str:
    """The cursor asked for; a longer one than any of ours is cut."""
    return request.GET.get("after", "")[:60]


def article_page(request: HttpRequest, found: Article, draft: Draft, *, status: int = 200) -> HttpResponse:
    """Render the article page around a form, empty or given back."""
    sort = sort_of(request)
    thread = cached.thread(found, sort=sort, after=after_of(request))
    marks = own.marks(draft.reader, thread.ids, article=found)
    theirs = own.context(draft.reader, found)
    shown, theirs["waiting"] = own.into_place(rows.personal(thread.html, marks), theirs["waiting"])
    context: dict[str, Any] = {
        "article": found,
        "page": thread,
        "thread": shown,
        "picks": rows.personal(thread.picks, marks),
        "following": marks.following,
        "sort": sort,
        "sorts": SORTS,
        "address": settings.SITE_URL + found.get_absolute_url(),
        "draft": draft,
        **theirs,
    }
    return render(request, "discussions/article.html", context, status=status)


@require_safe
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """One comment with what it answers above it and its replies, page by page, below."""
    return comment_page(request, visible(request, pk))


def visible(request: HttpRequest, pk: int) -> Comment:
    """The comment, if this reader may know of it: its place is kept, or it is their own. Raises Http404."""
    reader = who.current(request)
    found = Comment.objects.select_related("article__section").filter(pk=storable(pk)).first()
    if found is None or not (found.shown or (reader is not None and found.reader_id == reader.pk)):
        raise Http404
    return found


def storable(pk: int) -> int:
    """A number that can be a key at all. Raises Http404."""
    if pk >= 2**63:
        raise Http404
    return pk


def comment_page(
    request: HttpRequest, found: Comment, *, draft: Draft | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """Render a comment's own page; `draft` opens the form to answer it."""
    reader = who.current(request)
    sort = sort_of(request)
    chain = threads.some(found.path)
    page = threads.replies(found.pk, sort=sort, after=after_of(request))
    row = threads.one(found.pk)
    marks = own.marks(reader, page.ids(), article=found.article, comment=found)
    theirs = own.context(reader, found.article, comment=found)
    shown, theirs["waiting"] = own.into_place(_with_marks(page, found.article, marks), theirs["waiting"])
    context = {
        "article": found.article,
        "comment": found,
        "row": row,
        "chain": chain[-6:],
        "chain_cut": len(chain) > 6,
        "page": page,
        "thread": shown,
        "following": marks.following,
        "muted": marks.muted,
        "sort": sort,
        "draft": draft,
        "may_lift": standing.who_lifts(request, found) is not None,
        **theirs,
        **more,
    }
    return render(request, "discussions/comment.html", context, status=status)


def _with_marks(page: threads.Page, about: Article, marks: rows.Marks) -> SafeString:
    """A page of comments as its reader sees it."""
    return rows.personal(rows.html(page, author_id=about.author_id, is_open=about.is_open()), marks)


@require_safe
def replies(request: HttpRequest, pk: int) -> HttpResponse:
    """More replies of one comment as a fragment. Without htmx: the comment's own page."""
    found = visible(request, pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return comment_page(request, found)
    sort = sort_of(request)
    page = threads.replies(found.pk, sort=sort, after=after_of(request))
    reader = who.current(request)
    marks = own.marks(reader, page.ids(), article=found.article)
    waiting = own.context(reader, found.article, comment=found)["waiting"]
    shown, _apart = own.into_place(_with_marks(page, found.article, marks), waiting)
    context = {"page": page, "thread": shown, "sort": sort, "parent": found}
    return render(request, "discussions/parts/more.html", context)


@require_safe
def news(request: HttpRequest, slug: str) -> HttpResponse:
    """What others have come to say since the page was made: how many, or for htmx the comments to be put in place."""
    found = get_object_or_404(Article.objects.defer("body"), slug=slug, published_at__lte=timezone.now())
    since = request.GET.get("since", "")
    known = int(since) if since.isascii() and since.isdigit() and len(since) < 19 else found.thread_version
    reader = who.current(request)
    besides = reader.pk if reader else None
    if not request.htmx:  # type: ignore[attr-defined]
        return JsonResponse({"new": len(threads.appeared_since(found.pk, known, besides=besides))})
    arrived = threads.some(threads.appeared_since(found.pk, known, besides=besides, most=MOST_IN_PLACE))
    marks = own.marks(reader, [row.id for row in arrived], article=found)
    is_open = found.is_open()
    items = [(row, rows.one_html(row, marks, author_id=found.author_id, is_open=is_open)) for row in arrived]
    context = {"article": found, "rows": items}
    return render(request, "discussions/parts/arrived.html", context)


@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """Comment counts of many articles at once: ?article=slug or address, repeated; 400 for more than MOST_COUNTED."""
    asked = list(dict.fromkeys(request.GET.getlist("article")))
    if len(asked) > MOST_COUNTED:
        said = _("One request can ask for %(most)d articles; this one names %(n)d. Divide them among several requests.")
        return JsonResponse({"error": said % {"most": MOST_COUNTED, "n": len(asked)}}, status=400)
    found = Article.objects.filter(Q(slug__in=asked) | Q(url__in=asked), published_at__lte=timezone.now())
    answer: dict[str, int] = {}
    for slug, url, count in found.values_list("slug", "url", "comment_count"):
        answer.update({name: count for name in (slug, url) if name in asked})
    return JsonResponse({"counts": answer})


@require_safe
def reader(request: HttpRequest, pk: int) -> HttpResponse:
    """What one reader has said where everybody can read it."""
    found = get_object_or_404(Reader.objects.select_related("user"), pk=storable(pk), erased_at=None)
    asking = who.current(request)
    before = request.GET.get("before", "")
    comments = Comment.objects.readable().filter(reader=found).select_related("article").order_by("-id")
    if before.isascii() and before.isdigit() and len(before) < 19:
        comments = comments.filter(pk__lt=int(before))
    listed = list(comments[:31])
    if found.kind == Reader.Kind.GUEST and not listed and not before and asking != found:
        raise Http404  # a name nobody has published is not put on a page of the site's
    rows = {row.id: row for row in threads.some([one.pk for one in listed[:30]])}
    context = {
        "person": found,
        "listed": [(one, rows[one.pk]) for one in listed[:30] if one.pk in rows],
        "older": listed[29].pk if len(listed) > 30 else None,
        "muted": own.has_muted(asking, found),
        "asking": asking,
        "since": found.created_at,
        "site_name": settings.SITE_NAME,
    }
    return render(request, "discussions/reader.html", context)
