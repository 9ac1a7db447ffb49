"""The demo: a town's paper with three articles and what its readers make of them, in the files beside this one.

Comments go the way of all comments: saved as pending with their outbox rows, so that scoring and policy decide what
becomes of them. Only their times lie in the past. Everybody here is invented; addresses end in `.example`.
"""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.text import slugify

from discussions import best, markup, posting
from discussions.models import Article, Comment, Reader, Report, Revision, Section, User, Vote

FOLDER = Path(__file__).parent
ARTICLES = ("budget", "library", "tram")  # oldest first


def content(name: str) -> dict[str, Any]:
    """One of the files: "readers" or an article, as the table it holds."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@transaction.atomic
def load(*, now: datetime | None = None) -> int:
    """Save what is not there yet. Returns how many comments were saved; a second time that is none."""
    now = now or timezone.now()
    wanted = [content(name) for name in ARTICLES]
    present = set(Article.objects.filter(slug__in=[one["slug"] for one in wanted]).values_list("slug", flat=True))
    missing = [one for one in wanted if one["slug"] not in present]
    if not missing:
        return 0
    readers = {one["key"]: _reader(one) for one in content("readers")["readers"]}
    voters = sorted(readers)
    saved = 0
    for table in missing:
        article = _article(table, readers, now)
        made: dict[str, Comment] = {}
        for one in sorted(table["comments"], key=lambda one: int(one["minutes"])):
            made[one["key"]] = _comment(article, one, readers, made)
        _feedback(table["comments"], made, readers, voters)
        for one in table["comments"]:
            if one.get("deleted"):
                posting.delete(comment=made[one["key"]], by=made[one["key"]].reader)
        saved += len(made)
    _give_pasts(readers)
    best.refresh()
    return saved


def _give_pasts(readers: dict[str, Reader]) -> None:
    """Let nobody be here for a shorter time than their first comment: from nine days to two years longer."""
    written = Comment.objects.filter(reader__in=readers.values()).order_by().values_list("reader")
    first = dict(written.annotate(Min("created_at")))
    for number, reader in enumerate(readers.values()):
        reader.created_at = first.get(reader.pk, reader.created_at) - timedelta(days=9 + 53 * number % 700)
    Reader.objects.bulk_update(readers.values(), ["created_at"])


def account(*, key: str, name: str, staff: bool = False, password: str | None = None) -> Reader:
    """A demo account that may log in where it has a password, with its public face. Found again by its address."""
    email = f"{key}@parley.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, None, is_staff=staff, is_demo=True)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    if password is not None:
        user.set_password(password)
        user.save(update_fields=["password"])
    reader = Reader.objects.filter(user=user).first()
    return reader or Reader.objects.create(kind=Reader.Kind.ACCOUNT, user=user, name=name)


def _reader(one: dict[str, Any]) -> Reader:
    if one["kind"] == Reader.Kind.ACCOUNT:
        return account(key=one["key"], name=one["name"], staff=one.get("staff", False))
    email = f"{one['key']}@guests.example"
    present = Reader.objects.filter(kind=Reader.Kind.GUEST, email=email, name=one["name"]).first()
    return present or Reader.objects.create(kind=Reader.Kind.GUEST, email=email, name=one["name"])


def _article(table: dict[str, Any], readers: dict[str, Reader], now: datetime) -> Article:
    section, _new = Section.objects.get_or_create(slug=slugify(table["section"]), defaults={"name": table["section"]})
    return Article.objects.create(
        title=table["title"],
        slug=table["slug"],
        section=section,
        standfirst=table["standfirst"],
        body="\n\n".join(table["paragraphs"]),
        byline=table["byline"],
        author=readers[table["author"]],
        published_at=now - timedelta(hours=table["hours_ago"]),
    )


def _comment(article: Article, one: dict[str, Any], readers: dict[str, Reader], made: dict[str, Comment]) -> Comment:
    """One comment as posting would have saved it at its time; what was edited comes with its earlier words."""
    at = article.published_at + timedelta(minutes=one["minutes"])
    parent = made.get(one.get("parent", ""))
    earlier = one.get("edited_from")
    comment = Comment.objects.create(
        article=article,
        reader=readers[one["reader"]],
        parent=parent,
        depth=parent.depth + 1 if parent else 0,
        path=[*parent.path, parent.pk] if parent else [],
        revision=2 if earlier else 1,
        created_at=at,
        edited_at=at + timedelta(minutes=3) if earlier else None,
        picked_at=at + timedelta(minutes=40) if one.get("pick") else None,
        pinned_at=at + timedelta(minutes=40) if one.get("pin") else None,
    )
    if earlier:
        Revision.objects.create(
            comment=comment, number=1, text=earlier, html=markup.render(earlier), sha256=Revision.hash_of(earlier)
        )
    posting.save_revision(comment, posting.checked_text(one["text"]))
    Revision.objects.filter(comment=comment).update(created_at=at)
    if earlier:
        Revision.objects.filter(comment=comment, number=2).update(created_at=comment.edited_at)
    return comment


def _feedback(
    table: list[dict[str, Any]], made: dict[str, Comment], readers: dict[str, Reader], voters: list[str]
) -> None:
    """Votes and reports. Both name comments that are not decided yet, so they are written, not asked for."""
    votes, reports = [], []
    for one in table:
        comment = made[one["key"]]
        others = [key for key in voters if key != one["reader"]]
        chosen = Random(one["key"]).sample(others, min(one.get("votes", 0), len(others)))  # noqa: S311 - no secret
        votes += [Vote(comment=comment, reader=readers[key], created_at=comment.created_at) for key in chosen]
        if chosen:
            comment.upvotes = len(chosen)
            comment.save(update_fields=["upvotes"])
        reports += [
            Report(
                comment=comment,
                reader=readers[report["by"]],
                reason=report["reason"],
                words=report["words"],
                revision=comment.revision,
                created_at=comment.created_at + timedelta(minutes=5 * number),
            )
            for number, report in enumerate(one.get("reports", []), start=1)
        ]
    Vote.objects.bulk_create(votes)
    Report.objects.bulk_create(reports)
