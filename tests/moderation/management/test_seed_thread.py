"""manage.py seed_thread: a long thread whose every count is right."""

from __future__ import annotations

from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from discussions import threads
from discussions.best import wilson
from discussions.models import Article, Comment, Notice, OutboxEntry, Reader, Revision, State
from moderation import decisions, explanation, policy
from moderation.models import Decision, Policy, QueueItem, Score
from moderation.seeding import load, verdicts

pytestmark = pytest.mark.django_db


def run(n: int, *options: str) -> str:
    out = StringIO()
    call_command("seed_thread", "--comments", str(n), *options, stdout=out)
    return out.getvalue()


def test_every_comment_has_its_words_score_reasons_and_decision() -> None:
    run(300, "--states", "mixed")
    assert Comment.objects.count() == 300
    assert Counter(Comment.objects.values_list("state", flat=True)) == {"published": 270, "held": 24, "rejected": 6}
    for comment in Comment.objects.all():
        text = Revision.objects.get(comment=comment, number=1)
        score = Score.objects.get(comment=comment, revision=1)
        decision = Decision.objects.get(comment_id=comment.pk)
        assert text.sha256 == Revision.hash_of(text.text) == decision.text_sha256
        assert score.labels == decision.scores
        assert (decision.to_state, decision.actor) == (comment.state, "machine")
        assert decision.reasons
        assert decision.created_at == comment.created_at == text.created_at
    assert not OutboxEntry.objects.exists()


def test_policy_itself_would_have_decided_the_same() -> None:
    run(100, "--states", "mixed")
    rules = Policy.objects.in_force().rules
    for decision in Decision.objects.all():
        verdict = policy.decide(decision.scores, verdicts.nothing_special(), rules)
        assert (verdict.outcome, verdict.reasons) == (
            verdicts.OUTCOMES[State(decision.to_state)],
            decision.reasons,
        )


def test_held_comments_are_queued_and_authors_of_refused_ones_told() -> None:
    run(200, "--states", "mixed")
    held = Comment.objects.filter(state=State.HELD)
    assert set(QueueItem.objects.values_list("comment_id", flat=True)) == set(held.values_list("pk", flat=True))
    assert Notice.objects.filter(comment__state=State.REJECTED, outcome="rejected").exclude(reason_code="").count() == 4


def test_places_counts_and_orders_are_what_the_site_would_have_kept() -> None:
    run(400, "--states", "mixed")
    article = Article.objects.get()
    assert article.comment_count == Comment.objects.readable().count()
    for comment in Comment.objects.select_related("parent"):
        assert comment.path == ([*comment.parent.path, comment.parent_id] if comment.parent else [])
        assert comment.shown == (comment.state == State.PUBLISHED)
        assert comment.replies == comment.children.filter(shown=True).count()
        assert comment.upvotes == comment.votes.count()
        assert comment.best == pytest.approx(wilson(comment.upvotes, 0))
    times = list(Comment.objects.order_by("id").values_list("created_at", flat=True))
    assert times == sorted(times)
    assert times[-1] < timezone.now()
    assert len(threads.roots(article.pk, sort="best")) >= 20


def test_a_held_thread_shows_nothing_and_fills_the_queue() -> None:
    run(60, "--states", "held")
    assert QueueItem.objects.filter(kind="held").count() == 60
    assert not Comment.objects.filter(shown=True).exists()
    assert Article.objects.get().comment_count == 0


def test_a_person_can_decide_a_seeded_comment_and_take_it_back() -> None:
    from discussions.models import User

    run(40, "--states", "held")
    admin = User.objects.create_superuser("root@example.org", "a long password")
    comment = Comment.objects.order_by("id")[0]
    made = decisions.by_person(comment_id=comment.pk, action="approve", by=admin, version_seen=comment.version)
    decisions.undo(decision_id=made.pk, by=admin)
    comment.refresh_from_db()
    assert comment.state == State.HELD
    assert [d["action"] for d in explanation.explain(comment)["decisions"]] == ["hold", "approve", "undo"]


def test_the_article_may_be_named_and_is_made_where_it_is_missing() -> None:
    Article.objects.create(title="The tram", slug="tram")
    assert run(10, "--article", "tram").splitlines()[-1].endswith("at /articles/tram/")
    run(10, "--article", "a-quiet-page")
    assert Article.objects.get(slug="a-quiet-page").title == "A quiet page"


def test_again_adds_another_thread_by_the_same_readers() -> None:
    run(50)
    readers = Reader.objects.count()
    run(50)
    assert (Article.objects.count(), Comment.objects.count(), Reader.objects.count()) == (1, 100, readers)
    assert Revision.objects.values("sha256").distinct().count() > 90


def test_it_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "CHUNK", 20)
    lines = run(50).splitlines()
    assert [line.split(" (")[0] for line in lines[:3]] == ["20 of 50", "40 of 50", "50 of 50"]
    assert lines[3].startswith("50 comments (published)")


@pytest.mark.parametrize("n", [0, -1, 2_000_001])
def test_a_number_that_makes_no_sense_is_refused(n: int) -> None:
    with pytest.raises(CommandError, match="a number from 1 to 2,000,000"):
        run(n)


@pytest.mark.parametrize("slug", ["", "a b", "../x", "tröm", "x" * 121])
def test_an_article_address_must_be_one(slug: str) -> None:
    with pytest.raises(CommandError, match="no article's address"):
        run(5, "--article", slug)


def test_cut_short_it_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(done: int) -> None:
        raise KeyboardInterrupt

    article = Article.objects.create(title="The tram", slug="tram")
    with pytest.raises(KeyboardInterrupt):
        load.thread(article, 30, "mixed", seed=1, progress=stop)
    assert not Comment.objects.exists()
    assert not Decision.objects.exists()


def test_the_counts_kept_by_the_database_agree() -> None:
    run(80, "--states", "mixed")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sum(n) FROM moderation_tally GROUP BY name")
        counts = {name: int(n) for name, n in cursor.fetchall()}
    assert counts == {"is_published": 72, "is_held": 6, "is_rejected": 2, "held": 6}
