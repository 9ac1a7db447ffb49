"""A comment comes in."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from discussions import guests, posting, reports, states, votes, wake
from discussions.models import Article, Comment, OutboxEntry, Reader, Report, Revision, State
from discussions.models.comment import POLICY_MOVES
from tests.discussions.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    return Article.objects.create(title="Night library", slug="night")


@pytest.fixture
def reader() -> Reader:
    return guests.add(name="Ada Brook", email="ada@example.org")


def publish(comment: Comment) -> Comment:
    comment.refresh_from_db()
    assert states.move(comment, states.target(comment, State.PUBLISHED, by_person=False), allowed=POLICY_MOVES)
    return comment


def test_a_new_comment_is_pending_and_has_its_outbox_row(article: Article, reader: Reader) -> None:
    comment = posting.post(article=article, reader=reader, text="  Well *said*.\r\n")
    entry = OutboxEntry.objects.get(comment=comment)
    assert (comment.state, comment.shown_revision) == (State.PENDING, None)
    assert (entry.revision, entry.attempts, entry.token) == (1, 0, None)
    assert Revision.objects.get(comment=comment).text == "Well *said*."


def test_the_same_form_sent_twice_posts_once(article: Article, reader: Reader) -> None:
    key = uuid4()
    first = posting.post(article=article, reader=reader, text="Once.", form_key=key)
    second = posting.post(article=article, reader=reader, text="Once.", form_key=key)
    assert first == second
    assert Comment.objects.count() == 1


def test_a_newcomer_sets_few_links_and_a_regular_as_many_as_they_like(article: Article, reader: Reader) -> None:
    links = [f"https://example.org/{number}" for number in range(5)]
    with refused("links"):
        posting.post(article=article, reader=reader, text=" ".join(links[:4]))
    comment = posting.post(article=article, reader=reader, text=" ".join(links[:3]))
    with refused("links"):
        posting.edit(comment=comment, text=" ".join(links[:4]), by=reader)
    for number in range(posting.ESTABLISHED):
        publish(posting.post(article=article, reader=reader, text=f"Plain words, number {number}."))
    assert posting.post(article=article, reader=reader, text=" ".join(links)).revision == 1


@override_settings(NEWCOMER_LINKS=-1)
def test_links_are_free_where_the_site_wants_it(article: Article, reader: Reader) -> None:
    text = " ".join(f"https://example.org/{number}" for number in range(9))
    assert posting.post(article=article, reader=reader, text=text).revision == 1


def test_a_form_key_of_somebody_else_is_not_an_entrance(article: Article, reader: Reader) -> None:
    key = uuid4()
    posting.post(article=article, reader=reader, text="Mine.", form_key=key)
    other = guests.add(name="Bo", email="bo@example.org")
    with refused("form_used"):
        posting.post(article=article, reader=other, text="Not mine.", form_key=key)


@pytest.mark.parametrize("text", ["", "   \n ", "\u200b\u200d", "\x00"])
def test_an_empty_comment_is_refused(article: Article, reader: Reader, text: str) -> None:
    with refused("empty"):
        posting.post(article=article, reader=reader, text=text)


@override_settings(COMMENT_MAX_CHARS=10)
def test_a_comment_of_exactly_the_limit_fits_and_one_more_does_not(article: Article, reader: Reader) -> None:
    posting.post(article=article, reader=reader, text="é" * 10)
    with refused("too_long"):
        posting.post(article=article, reader=reader, text="é" * 11)


def test_a_closed_article_takes_no_comment(article: Article, reader: Reader) -> None:
    Article.objects.update(mode=Article.Mode.CLOSED)
    article.refresh_from_db()
    with refused("closed"):
        posting.post(article=article, reader=reader, text="Too late?")


def test_an_article_closes_by_itself(article: Article, reader: Reader) -> None:
    article.closes_at = timezone.now() - timedelta(seconds=1)
    with refused("closed"):
        posting.post(article=article, reader=reader, text="Too late?")


def test_the_same_words_again_are_refused(article: Article, reader: Reader) -> None:
    posting.post(article=article, reader=reader, text="Hear, hear.")
    with refused("duplicate"):
        posting.post(article=article, reader=reader, text="Hear, hear.")


def test_only_a_readable_comment_of_the_same_article_can_be_answered(article: Article, reader: Reader) -> None:
    parent = posting.post(article=article, reader=reader, text="First.")
    with refused("gone"):
        posting.post(article=article, reader=reader, text="An answer.", parent=parent)
    publish(parent)
    elsewhere = Article.objects.create(title="Other", slug="other")
    with refused("gone"):
        posting.post(article=elsewhere, reader=reader, text="An answer.", parent=parent)
    assert posting.post(article=article, reader=reader, text="An answer.", parent=parent).path == [parent.pk]


def test_megabytes_are_refused_unread(article: Article, reader: Reader) -> None:
    with patch("discussions.markup.clean", side_effect=AssertionError("read")), refused("too_long"):
        posting.post(article=article, reader=reader, text="é" * 1_000_000)


def test_an_edit_is_pending_while_the_earlier_words_stay(article: Article, reader: Reader) -> None:
    comment = publish(posting.post(article=article, reader=reader, text="First words."))
    posting.edit(comment=comment, text="Second words.", by=reader)
    comment.refresh_from_db()
    assert (comment.state, comment.revision, comment.shown_revision) == (State.PENDING, 2, 1)
    assert list(OutboxEntry.objects.values_list("revision", flat=True)) == [2]


def test_an_edit_that_changes_nothing_makes_no_revision(article: Article, reader: Reader) -> None:
    comment = publish(posting.post(article=article, reader=reader, text="Words."))
    posting.edit(comment=comment, text="Words.", by=reader)
    assert Revision.objects.count() == 1


def test_only_the_author_edits_and_deletes(article: Article, reader: Reader) -> None:
    comment = posting.post(article=article, reader=reader, text="Mine.")
    other = guests.add(name="Bo", email="bo@example.org")
    with refused("not_yours"):
        posting.edit(comment=comment, text="Ours.", by=other)
    with refused("not_yours"):
        posting.delete(comment=comment, by=other)


def test_the_edit_window_ends_but_a_held_comment_can_be_repaired(article: Article, reader: Reader) -> None:
    comment = publish(posting.post(article=article, reader=reader, text="Old."))
    comment.created_at = timezone.now() - timedelta(hours=1)
    with refused("window"):
        posting.edit(comment=comment, text="New.", by=reader)
    held = posting.post(article=article, reader=reader, text="Held.")
    states.move(held, states.target(held, State.HELD, by_person=False), allowed=POLICY_MOVES)
    held.created_at = timezone.now() - timedelta(hours=1)
    assert posting.edit(comment=held, text="Mended.", by=reader).state == State.PENDING


def test_deleting_takes_the_words_away_and_the_waiting_score_with_them(article: Article, reader: Reader) -> None:
    comment = publish(posting.post(article=article, reader=reader, text="Regret."))
    posting.delete(comment=comment, by=reader)
    article.refresh_from_db()
    assert (comment.state, comment.shown, article.comment_count) == (State.DELETED, False, 0)
    assert not OutboxEntry.objects.exists()


def test_a_vote_counts_once_and_can_be_taken_back(article: Article, reader: Reader) -> None:
    comment = publish(posting.post(article=article, reader=reader, text="Vote for me."))
    other = guests.add(name="Bo", email="bo@example.org")
    votes.add(comment=comment, by=other)
    votes.add(comment=comment, by=other)
    assert Comment.objects.get().upvotes == 1
    votes.take_back(comment=comment, by=other)
    assert Comment.objects.get().upvotes == 0
    with refused("own"):
        votes.add(comment=comment, by=reader)


def test_a_report_is_kept_once_per_reader_and_revision(article: Article, reader: Reader) -> None:
    comment = publish(posting.post(article=article, reader=reader, text="Hm."))
    other = guests.add(name="Bo", email="bo@example.org")
    reports.save(comment=comment, by=other, reason="insult", words="me!")
    reports.save(comment=comment, by=other, reason="spam", words="again")
    assert Report.objects.get().words == "me!"
    with refused("reason"):
        reports.save(comment=comment, by=other, reason="because", words="")


@pytest.mark.django_db(transaction=True)
@override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0")
def test_a_dead_broker_does_not_stop_posting(article: Article, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_args: object, **_kwargs: object) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(wake.current_app, "send_task", dead)
    comment = posting.post(article=article, reader=reader, text="Anybody there?")
    assert OutboxEntry.objects.filter(comment=comment).exists()
    assert wake.send("moderation.score_pending") is False


@pytest.mark.django_db(transaction=True)
def test_a_comment_that_cannot_be_saved_whole_is_not_saved_at_all(
    article: Article, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE discussions_outboxentry RENAME TO away")
    try:
        with pytest.raises(Exception, match="discussions_outboxentry"):
            posting.post(article=article, reader=reader, text="Half?")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO discussions_outboxentry")
    assert not Comment.objects.exists()
    assert not Revision.objects.exists()
