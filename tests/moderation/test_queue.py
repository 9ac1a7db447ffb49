"""The order of the queue: expected harm with age, reports weighed by their reporters' record, leases as courtesy."""

from __future__ import annotations

import math
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from discussions import posting, reports
from discussions.models import Article, Comment, Reader, Report, State, User
from moderation import cards, decisions, filters, lists, queue, reasons
from moderation.models import QueueItem, Score
from moderation.scoring import checkpoints, curves
from tests.factories.discussions import ArticleFactory, ReaderFactory, move, post
from tests.factories.moderation import judged
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403

pytestmark = pytest.mark.django_db


def order() -> list[int]:
    return list(QueueItem.objects.order_by("-rank", "id").values_list("comment_id", flat=True))


def test_what_harms_more_comes_first() -> None:
    article = ArticleFactory()
    mild, bad, worst = (post(article) for _n in range(3))
    for comment, score in ((mild, 0.3), (worst, 0.95), (bad, 0.7)):
        queue.enter(comment, QueueItem.Kind.HELD, {"toxicity": score})
    assert order() == [worst.pk, bad.pk, mild.pk]


def test_waiting_tau_longer_makes_up_for_e_times_the_harm() -> None:
    now = timezone.now()
    assert queue.rank_of(1.0, now - queue.TAU) == pytest.approx(queue.rank_of(math.e, now))
    assert queue.rank_of(1.0, now - queue.TAU - timedelta(minutes=1)) > queue.rank_of(math.e, now)


def test_entering_again_refreshes_the_harm_and_keeps_the_time() -> None:
    comment = post(ArticleFactory())
    first = queue.enter(comment, QueueItem.Kind.REPORTED, {"toxicity": 0.2})
    reports.save(comment=comment, by=ReaderFactory(), reason=Report.Reason.INSULT)
    second = queue.enter(comment, QueueItem.Kind.REPORTED, {"toxicity": 0.2})
    assert (second.pk, second.entered_at) == (first.pk, first.entered_at)
    assert second.harm > first.harm
    assert second.why["reports"] == 1


def reported(article: object, by: Reader | None) -> Comment:
    comment = post(article)  # type: ignore[arg-type]
    reports.save(comment=comment, by=by, reason=Report.Reason.INSULT)
    return comment


def test_a_report_weighs_as_much_as_its_reporter_was_right(moderator: User) -> None:
    article = ArticleFactory()
    careful, crying_wolf = ReaderFactory(), ReaderFactory()
    for reader, action in ((careful, "reject"), (crying_wolf, "approve")):
        for _n in range(4):
            comment = reported(article, reader)
            decisions.by_person(
                comment_id=comment.pk, action=action, by=moderator, version_seen=comment.version, reason_code="insult"
            )
    by_careful, by_wolf, by_stranger, by_nobody = (
        reported(article, reader) for reader in (careful, crying_wolf, ReaderFactory(), None)
    )
    weights = [
        queue.weight_of(c.reports.filter(handled_at=None)) for c in (by_careful, by_stranger, by_nobody, by_wolf)
    ]
    assert weights == pytest.approx([10 / 6, 1.0, 0.5, 2 / 6])
    queue.take_reports()
    assert order() == [by_careful.pk, by_stranger.pk, by_nobody.pk, by_wolf.pk]


def test_leaving_and_restoring_puts_it_back_where_it_was(held: Comment) -> None:
    before = QueueItem.objects.values().get(comment=held)
    queue.restore(held, queue.leave(held))
    after = QueueItem.objects.values().get(comment=held)
    assert {k: v for k, v in after.items() if k != "id"} == {k: v for k, v in before.items() if k != "id"}


def test_a_lease_is_known_to_others_and_runs_out(held: Comment, moderator: User, colleague: User) -> None:
    item = held.queue_items.get()
    assert queue.claim(item, by=moderator) is None
    assert queue.claim(item, by=colleague) == moderator
    QueueItem.objects.filter(pk=item.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert queue.claim(item, by=colleague) is None
    queue.release(by=colleague, but=post(ArticleFactory()))
    assert QueueItem.objects.get().lease_by is None


def test_a_lease_on_what_was_decided_this_moment_is_nobodys(held: Comment, moderator: User, colleague: User) -> None:
    item = held.queue_items.get()
    decisions.by_person(comment_id=held.pk, action="approve", by=colleague, version_seen=held.version)
    assert queue.claim(item, by=moderator) is None


def test_a_lease_is_no_law(held: Comment, moderator: User, colleague: User) -> None:
    queue.claim(held.queue_items.get(), by=moderator)
    decisions.by_person(comment_id=held.pk, action="approve", by=colleague, version_seen=held.version)
    held.refresh_from_db()
    assert held.state == State.PUBLISHED


def test_taking_reports_twice_changes_nothing(settled: Say) -> None:
    comment = settled("A calm word about the tram and its timetable.")
    reports.save(comment=comment, by=None, reason=Report.Reason.OTHER)
    assert queue.take_reports() == 1
    assert queue.take_reports() == 0
    assert QueueItem.objects.count() == 1


def test_what_its_author_edits_or_deletes_no_longer_waits(held: Comment, author: Reader) -> None:
    posting.edit(comment=held, text="Quite other words.", by=author)
    assert not QueueItem.objects.exists()
    held.refresh_from_db()
    queue.enter(held, QueueItem.Kind.REPORTED, None)
    posting.delete(comment=held, by=author)
    assert not QueueItem.objects.exists()


def test_harm_goes_by_the_calibrated_probability_where_there_is_a_curve(held: Comment) -> None:
    weights = checkpoints.open_checkpoint("compact").weights
    curve = curves.curves("compact", weights)["toxicity"]
    raw = {"toxicity": 0.8, "threat": 0.01}
    assert queue.likely(raw, "compact", weights) == {"toxicity": curve.at(0.8), "threat": 0.01}
    assert queue.likely(raw, "compact", "f" * 64) == raw
    Score.objects.filter(comment=held).update(checkpoint="compact", weights=weights, labels=raw)
    seen = move(held, State.PUBLISHED)
    reports.save(comment=seen, by=None, reason=Report.Reason.OTHER)
    queue.take_reports()
    assert QueueItem.objects.get(kind="reported").why["probability"] == round(curve.at(0.8), 4)


def test_tags_are_what_the_filters_ask_for_and_follow_a_fresh_look(held: Comment) -> None:
    item = QueueItem.objects.get(comment=held)
    assert {"label:toxicity", "rule:score"} <= set(item.tags)
    assert "label:threat" not in item.tags
    Score.objects.filter(comment=held).update(language="de")
    queue.enter(held, QueueItem.Kind.HELD, {"threat": 0.5})
    item.refresh_from_db()
    assert {"label:toxicity", "language:de", "rule:score"} <= set(item.tags)
    queue.restore(held, queue.leave(held))
    assert sorted(QueueItem.objects.get(comment=held).tags) == sorted(item.tags)


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ({"toxicity": 0.1, "insult": 0.1, "identity_attack": 0.41}, {"identity_attack"}),
        ({"toxicity": 0.55, "insult": 0.1, "threat": 0.4}, {"threat"}),
        ({"toxicity": 0.7, "insult": 0.66, "obscene": 0.7}, {"toxicity", "insult"}),
    ],
)
def test_a_label_finds_what_it_held_at_its_own_threshold(
    article: Article, moderator: User, labels: dict[str, float], found: set[str]
) -> None:
    comment = judged(article, labels=labels)
    shown = {bar.label for bar in cards.build(comment, by=moderator).bars if bar.level != "publish"}
    for name in ("held", "all"):
        asked = {label: lists.page(name, lists.Filters(label=label), by=moderator).rows for label in reasons.LABELS}
        assert {label for label, rows in asked.items() if rows} == shown == found, name


def test_a_label_finds_what_it_would_have_held_of_somebody_trusted(article: Article, moderator: User) -> None:
    comment = judged(article, labels={"toxicity": 0.7, "insult": 0.1}, trusted=True)
    assert comment.state == State.PUBLISHED
    reports.save(comment=comment, by=None, reason=Report.Reason.OTHER)
    queue.take_reports()
    for name in ("reported", "new", "all"):
        assert [row.id for row in lists.page(name, lists.Filters(label="toxicity"), by=moderator).rows] == [comment.pk]
        assert lists.page(name, lists.Filters(label="insult"), by=moderator).rows == []


def test_what_waits_already_is_tagged_anew_a_thousand_at_a_time(
    article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = import_module("moderation.migrations.0013_labels_that_fired")
    monkeypatch.setattr(migration, "AT_A_TIME", 2)
    waiting = [judged(article, labels={"toxicity": 0.55, "insult": 0.1, "identity_attack": 0.41}) for _n in range(5)]
    assert waiting[0].state == State.HELD
    QueueItem.objects.update(tags=["label:toxicity", "language:en", "rule:score"])
    with connection.schema_editor() as editor:
        migration.retag(None, editor)
    for item in QueueItem.objects.all():
        assert sorted(item.tags) == ["label:identity_attack", "language:en", "rule:score"]


def test_a_filter_by_label_asks_an_index(held: Comment) -> None:
    narrowed = filters.Narrowed(lists.Filters(label="threat", rule="links", language="de"), [])
    sql = str(lists._queue_items("held", narrowed).query)
    assert '"tags" @> ' in sql
    assert "moderation_score" not in sql
    assert "moderation_decision" not in sql
