"""What readers do with words of their own: post, answer, edit, delete. A view parses, calls one function, responds."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from discussions import accounts, guests, languages, limits, posting, rows, threads, traces
from discussions.forms import Draft
from discussions.models import Article, Comment, Reader, Revision, State
from discussions.refusals import Refused
from discussions.views import own, reading, who

STATUS = {"too_fast": 429, "changed": 409, "expired": 403, "logged_out": 403, "staff": 403, "barred": 403}


def status_of(refused: Refused) -> int:
    """The HTTP status of a refusal: the words say the rest."""
    return STATUS.get(refused.code, 422)


def check_pace(request: HttpRequest, what: str, reader: Reader | None, *, times: int = 1) -> None:
    """Raise Refused "too_fast" when this address or this reader acts more often than the settings allow."""
    who_acts = [f"address:{limits.client_address(request)}"]
    if reader is not None:
        who_acts.append(f"reader:{reader.pk}")
    if not limits.allowed(what, *who_acts, per_minute=settings.POSTS_PER_MINUTE * times):
        raise Refused("too_fast", _("That was fast. Wait a minute, then try again; your words are still here."))


@require_http_methods(["GET", "HEAD", "POST"])
def post(request: HttpRequest, slug: str) -> HttpResponse:
    """A comment or an answer comes in. Whatever goes wrong, the words come back."""
    article = reading.find_article(slug)
    if request.method != "POST":  # the address bar after a form that was given back
        return redirect(article)
    reader = who.current(request)
    draft = Draft.typed(request, article, reader)
    try:
        draft.parent = parent_of(request, article)
        if draft.lacks_account:
            raise Refused("logged_out", logged_out_words(article.get_absolute_url()))
        check_pace(request, "post", reader)
        try:
            speaker, comment = _saved(draft)
        except Refused as refused:
            if refused.code != "form_used":
                raise
            speaker, comment = _saved(draft)  # by a guest who sent the same form a moment before this one
    except Refused as refused:
        return given_back(request, draft, refused)
    traces.leave(request, speaker)
    languages.note(speaker)
    response = _posted(request, comment, speaker)
    who.remember(request, response, speaker)
    return response


@transaction.atomic
def _saved(draft: Draft) -> tuple[Reader, Comment]:
    """Who speaks and what they said; a guest whose words are refused is not kept either. Raises Refused."""
    speaker = _speaker(draft)
    comment = posting.post(
        article=draft.article, reader=speaker, text=draft.text, parent=draft.parent, form_key=draft.key
    )
    return speaker, comment


def logged_out_words(page: str) -> str:
    """What somebody is told whose session ended while they wrote: without leaving the form, go and log in."""
    words = _(
        "You are no longer logged in, and nothing was saved. "
        '<a href="{log_in}" target="_blank">Log in in another tab</a>, then press the button here once more.'
    )
    return format_html(words, log_in=accounts.log_in_address(page))


def parent_of(request: HttpRequest, article: Article) -> Comment | None:
    """The comment that a form answers, or None. Raises Refused "gone"."""
    sent = request.POST.get("parent", "").strip()
    if not sent:
        return None
    known = sent.isascii() and sent.isdigit() and len(sent) < 19
    parent = Comment.objects.filter(pk=int(sent), article=article).first() if known else None
    if parent is None:
        raise Refused("gone", _("The comment you are answering is no longer there. Post this as a comment of its own?"))
    return parent


def _speaker(draft: Draft) -> Reader:
    """Who posts: the account, the remembered guest, or a new guest where name or address are other than theirs.

    A guest whose address was erased when its time was over stays the same with another one.
    """
    reader = draft.reader
    if reader is not None and reader.kind == Reader.Kind.ACCOUNT:
        return reader
    name, email = " ".join(draft.name.split()), draft.email.strip().lower()
    back = f"{draft.article.get_absolute_url()}#write"
    if reader is not None and name in {"", reader.name} and email in {"", reader.email}:
        guests.check(name=reader.name, email=reader.email, back=back)
        return reader
    if reader is not None and not reader.email and name in {"", reader.name}:
        posting.checked_text(draft.text)
        guests.give_address(reader, email=email, back=back)
        return reader
    if reader is not None:
        name, email = name or reader.name, email or reader.email
    return guests.of_form(draft.key, name=name, email=email) or guests.add(name=name, email=email, back=back)


def _posted(request: HttpRequest, comment: Comment, speaker: Reader) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        mine = own.of(Comment.objects.filter(pk=comment.pk))[0]
        context = {"mine": mine, "draft": Draft.blank(comment.article, speaker), "reader": speaker}
        return render(request, "discussions/parts/posted.html", context)
    if comment.parent_id is not None:
        return redirect(comment)
    return redirect(f"{comment.article.get_absolute_url()}?sort=newest#c{comment.pk}")


def given_back(request: HttpRequest, draft: Draft, refused: Refused) -> HttpResponse:
    """The same page with the form as it was typed and the reason above it."""
    draft.error, draft.code = str(refused.message), refused.code
    status = status_of(refused)
    if request.htmx:  # type: ignore[attr-defined]
        return fragment(render(request, "discussions/parts/form.html", {"draft": draft}, status=status))
    if draft.parent is not None and draft.parent.shown:
        return reading.comment_page(request, draft.parent, draft=draft, status=status)
    return reading.article_page(request, draft.article, draft, status=status)


def fragment(response: HttpResponse) -> HttpResponse:
    """Say that this holds the form as it was filled in: the script puts it in the form's place whatever the status."""
    response.headers["Parley-Form"] = "given back"
    return response


@require_safe
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """The form to answer a comment: a fragment for htmx, otherwise the comment's page with the form open."""
    found = reading.visible(request, pk)
    if found.shown_revision is None:  # nothing to answer, and nobody's name to be told
        raise Http404
    if not found.article.is_open():  # nobody is to write what cannot be posted
        if request.htmx:  # type: ignore[attr-defined]
            return render(request, "discussions/parts/closed.html", {"begun": f"{found.article_id}-{found.pk}"})
        return reading.comment_page(request, found)
    draft = Draft.blank(found.article, who.current(request), parent=found)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "discussions/parts/form.html", {"draft": draft})
    return reading.comment_page(request, found, draft=draft)


@require_safe
def standing(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own comment as it stands now, as a fragment that asks again while it is pending."""
    reader, found = own_comment(request, pk)
    return _stands(request, reader, found)


def _stands(request: HttpRequest, reader: Reader, found: Comment) -> HttpResponse:
    """The fragment: as the thread has it once it is published, until then with where it stands and why."""
    mine = own.of(_just(found))[0]
    row = threads.one(found.pk) if mine.comment.state == State.PUBLISHED else None
    context: dict[str, Any] = {"mine": mine, "row": None}
    if row is not None:
        marks = own.marks(reader, [row.id], article=found.article)
        context["row"] = rows.one_html(row, marks, author_id=found.article.author_id, is_open=found.article.is_open())
    return render(request, "discussions/parts/standing.html", context)


def own_comment(request: HttpRequest, pk: int) -> tuple[Reader, Comment]:
    """The reader and their own comment; others' comments are not found. Raises Http404."""
    reader = who.current(request)
    found = reading.visible(request, pk)
    if reader is None or found.reader_id != reader.pk or found.state == State.DELETED:
        raise Http404
    return reader, found


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's own words: scored again, every revision kept."""
    if request.method == "POST" and who.current(request) is None:
        return edit_of_nobody(request, pk)
    reader, found = own_comment(request, pk)
    if request.method != "POST":
        return _offer_edit(request, reader, found)
    try:
        check_pace(request, "post", reader)
        posting.edit(comment=found, text=_typed(request), by=reader)
    except Refused as refused:
        return edit_form(request, found, refused)
    languages.note(reader)
    if request.htmx:  # type: ignore[attr-defined]
        return _stands(request, reader, found)
    return redirect("comment", found.pk)


def _offer_edit(request: HttpRequest, reader: Reader, found: Comment) -> HttpResponse:
    """The form, or at once why there is none, so that nobody writes what cannot be saved."""
    try:
        posting.check_editable(found, reader)
    except Refused as refused:
        context = {"comment": found, "refused": refused.message}
        if request.htmx:  # type: ignore[attr-defined]
            return render(request, "discussions/parts/not_editable.html", context)
        return render(request, "discussions/edit.html", context, status=403)
    return edit_form(request, found)


def edit_of_nobody(request: HttpRequest, pk: int) -> HttpResponse:
    """The form as it was filled in by somebody whose session has ended; the same whether there is such a comment."""
    words = logged_out_words(reverse("edit", args=[pk]))
    return edit_form(request, Comment(pk=pk), Refused("logged_out", words))


def _typed(request: HttpRequest) -> str:
    return request.POST.get("text", "").replace("\r\n", "\n")


def edit_form(request: HttpRequest, comment: Comment, refused: Refused | None = None) -> HttpResponse:
    """The form with the newest words, or, after a refusal, with those that were typed and the reason above them."""
    if refused is None:
        text, error, status = Revision.objects.get(comment=comment, number=comment.revision).text, "", 200
    else:
        text, error, status = _typed(request), str(refused.message), status_of(refused)
    after_log_in = refused is not None and refused.code == "logged_out"
    context = {"comment": comment, "text": text, "error": error, "after_log_in": after_log_in}
    if request.htmx:  # type: ignore[attr-defined]
        return fragment(render(request, "discussions/parts/edit_form.html", context, status=status))
    return render(request, "discussions/edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own comment away, after a question."""
    reader, found = own_comment(request, pk)
    to_me = request.POST.get("to") == "me" or urlsplit(who.came_from(request)).path == reverse("me")
    error, status = "", 200
    if request.method == "POST":
        try:
            posting.delete(comment=found, by=reader)
        except Refused as refused:
            error, status = str(refused.message), status_of(refused)
        else:
            place = "" if to_me else "talk"
            messages.success(request, _("Your comment is deleted."), extra_tags=place)
            return redirect("me") if to_me else redirect(f"{found.article.get_absolute_url()}#talk")
    context = {"comment": found, "to_me": to_me, "error": error, "mine": own.of(_just(found))[0]}
    return render(request, "discussions/delete.html", context, status=status)


def _just(comment: Comment) -> QuerySet[Comment]:
    return Comment.objects.filter(pk=comment.pk)
