"""What a thread shows follows every change of state."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from discussions import guests, states
from discussions.models import Article, Comment, Reader, State
from discussions.models.comment import PERSON_MOVES, POLICY_MOVES
from discussions.states import IllegalMove, Place

pytestmark = pytest.mark.django_db


def make(article: Article, reader: Reader, parent: Comment | None = None) -> Comment:
    return Comment.objects.create(
        article=article,
        reader=reader,
        parent=parent,
        depth=parent.depth + 1 if parent else 0,
        path=[*parent.path, parent.pk] if parent else [],
    )


def to(comment: Comment, state: State) -> None:
    comment.refresh_from_db()
    allowed = POLICY_MOVES if comment.state == State.PENDING else PERSON_MOVES
    assert states.move(
        comment, states.target(comment, state, by_person=comment.state != State.PENDING), allowed=allowed
    )


@pytest.fixture
def article() -> Article:
    return Article.objects.create(title="A", slug="a")


@pytest.fixture
def reader() -> Reader:
    return guests.add(name="Ada", email="ada@example.org")


def test_a_refused_comment_with_a_readable_reply_leaves_a_tombstone(article: Article, reader: Reader) -> None:
    root = make(article, reader)
    to(root, State.PUBLISHED)
    reply = make(article, reader, root)
    to(reply, State.PUBLISHED)
    to(root, State.REJECTED)
    root.refresh_from_db()
    assert (root.shown, root.shown_revision, root.replies) == (True, None, 1)
    to(reply, State.REJECTED)
    root.refresh_from_db()
    assert (root.shown, root.replies) == (False, 0)


def test_a_reply_under_hidden_ancestors_brings_their_places_back(article: Article, reader: Reader) -> None:
    root = make(article, reader)
    middle = make(article, reader, root)
    leaf = make(article, reader, middle)
    to(leaf, State.PUBLISHED)
    root.refresh_from_db()
    middle.refresh_from_db()
    article.refresh_from_db()
    assert (root.shown, middle.shown, root.replies, middle.replies) == (True, True, 1, 1)
    assert article.comment_count == 1


def test_the_second_of_two_changes_from_the_same_reading_does_nothing(article: Article, reader: Reader) -> None:
    make(article, reader)
    one, two = Comment.objects.get(), Comment.objects.get()
    assert states.move(one, states.target(one, State.PUBLISHED, by_person=False), allowed=POLICY_MOVES)
    assert not states.move(two, states.target(two, State.REJECTED, by_person=False), allowed=POLICY_MOVES)
    assert Comment.objects.get().state == State.PUBLISHED


def test_a_move_that_no_table_allows_is_an_error(article: Article, reader: Reader) -> None:
    comment = make(article, reader)
    with pytest.raises(IllegalMove):
        states.move(comment, Place(State.DELETED, None, False), allowed=POLICY_MOVES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "lost"},
        {"state": "published", "shown_revision": None},
        {"state": "rejected", "shown_revision": 1, "shown": True},
        {"shown": True},
        {"shown_revision": 1, "shown": False},
        {"shown_revision": 2, "shown": True},
        {"depth": 1},
        {"depth": 31},
    ],
)
def test_the_database_itself_refuses_what_must_not_be(
    article: Article, reader: Reader, wrong: dict[str, object]
) -> None:
    comment = make(article, reader)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(**wrong)


def test_a_parent_from_another_article_is_refused_by_the_database(article: Article, reader: Reader) -> None:
    root = make(article, reader)
    other = Article.objects.create(title="B", slug="b")
    with transaction.atomic():
        Comment.objects.create(article=other, reader=reader, parent=root, depth=1)
        with pytest.raises(IntegrityError):
            transaction.get_connection().check_constraints()
        transaction.set_rollback(True)


class AnyHistory(TestCase):
    """Whatever happens in whatever order, the stored numbers are what counting would give."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(st.integers(0, 7), st.sampled_from([State.PUBLISHED, State.REJECTED, State.HELD]), st.booleans()),
            min_size=1,
            max_size=25,
        )
    )
    def test_counts_and_places_stay_true(self, steps: list[tuple[int, State, bool]]) -> None:
        article = Article.objects.create(title="A", slug="a")
        reader = guests.add(name="Ada", email="ada@example.org")
        comments: list[Comment] = []
        for pick, state, fresh in steps:
            if fresh or not comments:
                parent = comments[pick % len(comments)] if comments and pick else None
                comments.append(make(article, reader, parent))
                continue
            comment = Comment.objects.get(pk=comments[pick % len(comments)].pk)
            allowed = POLICY_MOVES if comment.state == State.PENDING else PERSON_MOVES
            if state in allowed.get(State(comment.state), set()):
                states.move(comment, states.target(comment, state, by_person=False), allowed=allowed)
        for comment in Comment.objects.all():
            shown_replies = Comment.objects.filter(parent=comment, shown=True).count()
            assert comment.replies == shown_replies
            assert comment.shown == (comment.shown_revision is not None or shown_replies > 0)
        article.refresh_from_db()
        assert article.comment_count == Comment.objects.readable().count()
