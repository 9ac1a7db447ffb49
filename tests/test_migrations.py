"""What an upgrade makes of the rows that the version before left, and that every step can be taken back.

Each test steps back, leaves rows as that version had them, and steps forward again, in a transaction of its own.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from discussions.models import Article, Comment, Notice, Section, State
from moderation import appeals, decisions, tallies
from moderation.models import Likeness, QueueItem, Staff
from tests.factories.discussions import ArticleFactory, UserFactory, move, post
from tests.factories.moderation import judged

pytestmark = pytest.mark.django_db


def step_to(*targets: tuple[str, str | None]) -> None:
    """Forward or back, to these migrations; None is before the first."""
    with connection.cursor() as cursor:
        # What was put off to the end of the transaction is checked now: a table that awaits a check cannot be changed.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        MigrationExecutor(connection).migrate(list(targets))
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def upgrade() -> None:
    step_to(*MigrationExecutor(connection).loader.graph.leaf_nodes())


def run(sql: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def article(db: None) -> Article:
    return ArticleFactory(section=Section.objects.create(name="Town", slug="town"))


def test_every_step_can_be_taken_back_and_done_again(article: Article) -> None:
    before = set(connection.introspection.table_names())
    article.delete()
    step_to(("moderation", None), ("discussions", None))
    assert not {name for name in connection.introspection.table_names() if name.startswith(("discussions_", "moderat"))}
    upgrade()
    assert set(connection.introspection.table_names()) == before


def test_counts_begin_with_what_is_there(article: Article) -> None:
    step_to(("moderation", "0003_desk"))
    comments = [post(article) for _n in range(3)]
    run("INSERT INTO moderation_queueitem (comment_id, kind, article_id, section_id, harm, why, rank, entered_at)"
        " SELECT id, 'reported', article_id, NULL, 0, '{}', 0, now() FROM discussions_comment WHERE id = %s",
        comments[0].pk)  # fmt: skip
    upgrade()
    assert tallies.differences() == []
    assert tallies.counts()["is_published"] == 3
    assert tallies.counts()["reported"] == 1


def test_what_its_author_took_away_no_longer_waits(article: Article) -> None:
    held, withdrawn = judged(article), judged(article)
    approved, reported = post(article), post(article)
    step_to(("moderation", "0006_scores_beside_corrections"))
    move(withdrawn, State.DELETED)
    run("INSERT INTO moderation_queueitem (comment_id, kind, article_id, harm, why, rank, entered_at)"
        " VALUES (%s, 'held', %s, 0, '{}', 0, now()), (%s, 'reported', %s, 0, '{}', 0, now())",
        approved.pk, article.pk, reported.pk, article.pk)  # fmt: skip
    upgrade()
    assert set(QueueItem.objects.values_list("comment_id", "kind")) == {(held.pk, "held"), (reported.pk, "reported")}
    assert tallies.differences() == []


def test_counts_and_places_are_parted_by_section(article: Article) -> None:
    step_to(("moderation", "0007_queue_follows_the_author"))
    post(article)
    waiting = judged_before_tags(article)
    elsewhere = post(ArticleFactory())
    run("UPDATE moderation_queueitem SET section_id = NULL")
    run("DELETE FROM moderation_tally")
    run("INSERT INTO moderation_tally (name, n) VALUES ('is_published', 2), ('is_held', 1), ('held', 1)")
    upgrade()
    assert QueueItem.objects.get(comment=waiting).section_id == article.section_id
    assert tallies.differences() == []
    assert tallies.counts([article.section_id])["is_published"] == 1
    assert tallies.counts([article.section_id])["held"] == 1
    assert tallies.counts()["is_published"] == 2
    assert elsewhere.article.section_id is None


def judged_before_tags(article: Article) -> Comment:
    """A comment that waits, made where the newest columns of the queue are not yet there."""
    comment = post(article, state=State.PENDING)
    run("UPDATE discussions_comment SET state = 'held', version = version + 1 WHERE id = %s", comment.pk)
    run("INSERT INTO moderation_queueitem (comment_id, kind, article_id, section_id, harm, why, rank, entered_at)"
        " VALUES (%s, 'held', %s, %s, 0, '{}', 0, now())", comment.pk, article.pk, article.section_id)  # fmt: skip
    return comment


def test_what_waits_can_be_filtered_by_what_policy_acted_on(article: Article) -> None:
    waiting = judged(article, labels={"toxicity": 0.55, "insult": 0.1, "identity_attack": 0.41})
    step_to(("moderation", "0008_counts_by_section"))
    assert "tags" not in {row[0] for row in run("SELECT column_name FROM information_schema.columns "
                                                "WHERE table_name = 'moderation_queueitem'")}  # fmt: skip
    step_to(("moderation", "0012_record_is_never_emptied"))
    assert sorted(QueueItem.objects.values_list("tags", flat=True).get(comment=waiting)) == [
        "label:toxicity",
        "language:en",
        "rule:score",
    ]
    upgrade()
    assert sorted(QueueItem.objects.values_list("tags", flat=True).get(comment=waiting)) == [
        "label:identity_attack",
        "language:en",
        "rule:score",
    ]


def test_what_is_deleted_is_found_alike_no_more(article: Article) -> None:
    step_to(("moderation", "0009_alike_trust_and_tags"))
    kept, gone = post(article), post(article)
    for comment in (kept, gone):
        Likeness.objects.update_or_create(comment=comment, defaults={"bands": [1], "kin": comment.pk})
    move(gone, State.DELETED)
    assert Likeness.objects.count() == 2
    upgrade()
    assert list(Likeness.objects.values_list("comment_id", flat=True)) == [kept.pk]


def test_an_appeal_of_before_is_told_on_its_notice(article: Article) -> None:
    moderator = UserFactory(is_staff=True)
    Staff.objects.create(user=moderator)
    appealed, other = judged(article), judged(article)
    for comment in (appealed, other):
        decisions.by_person(
            comment_id=comment.pk, action="reject", by=moderator, version_seen=comment.version, reason_code="insult"
        )
    filed = appeals.file(Notice.objects.get(comment=appealed, outcome="rejected"), by=appealed.reader, words="Why?")
    step_to(("moderation", "0013_labels_that_fired"))
    Notice.objects.update(appealed_at=None)
    upgrade()
    times = {notice.comment_id: notice.appealed_at for notice in Notice.objects.filter(outcome="rejected")}
    assert times == {appealed.pk: filed.created_at, other.pk: None}
