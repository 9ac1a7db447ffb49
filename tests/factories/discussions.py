"""Articles, readers and comments of the ground floor."""

from __future__ import annotations

from itertools import count

import factory
from django.db import transaction

from discussions import posting, states
from discussions.models import Article, Comment, Reader, State, User
from discussions.models.comment import PERSON_MOVES, POLICY_MOVES

_numbers = count(1)


class ArticleFactory(factory.django.DjangoModelFactory):
    """An open article with two paragraphs."""

    class Meta:
        model = Article

    title = factory.Sequence(lambda n: f"The library opens at night ({n})")
    slug = factory.Sequence(lambda n: f"night-library-{n}")
    body = "The lights stay on.\n\nNobody is asked to buy anything."


class UserFactory(factory.django.DjangoModelFactory):
    """A login account with the password "a quiet evening"."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.django.Password("a quiet evening")


class ReaderFactory(factory.django.DjangoModelFactory):
    """A guest."""

    class Meta:
        model = Reader

    kind = Reader.Kind.GUEST
    name = factory.Sequence(lambda n: f"Guest number {n}")
    email = factory.Sequence(lambda n: f"guest{n}@example.org")


class AccountFactory(ReaderFactory):
    """A reader with a login account."""

    kind = Reader.Kind.ACCOUNT
    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Member number {n}")
    email = ""


def post(
    article: Article,
    text: str = "",
    *,
    reader: Reader | None = None,
    parent: Comment | None = None,
    state: State = State.PUBLISHED,
) -> Comment:
    """A comment as posting saves it, moved on to `state` as policy, or its author, would."""
    comment = posting.post(
        article=article,
        reader=reader or ReaderFactory(),
        text=text or f"Words number {next(_numbers)}, quite different from the others.",
        parent=parent,
    )
    return move(comment, state)


def move(comment: Comment, state: State) -> Comment:
    """Move a comment to `state`; DELETED goes through its author."""
    if state == State.PENDING:
        return comment
    if state == State.DELETED:
        posting.delete(comment=comment, by=comment.reader)
    else:
        allowed = POLICY_MOVES if comment.state == State.PENDING else PERSON_MOVES
        by_person = comment.state != State.PENDING
        with transaction.atomic():
            assert states.move(comment, states.target(comment, state, by_person=by_person), allowed=allowed)
    comment.refresh_from_db()
    return comment
