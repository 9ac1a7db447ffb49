"""A random week at the desk: whatever people do, in whatever order, nothing drifts and everything fits together."""

from __future__ import annotations

import random
from uuid import uuid4

import pytest
from django.db import transaction

from discussions import posting, refusals, reports
from discussions.models import Comment, Notice, Report, State
from moderation import appeals, bulk, decisions, pipeline, queue, roles, sanctions, tallies
from moderation.models import Action, Appeal, Decision, QueueItem, Review, Sanction, Staff
from tests.factories.discussions import ArticleFactory, ReaderFactory
from tests.factories.moderation import judged
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import staff

pytestmark = pytest.mark.django_db

EXPECTED = (decisions.Conflict, roles.NotAllowed, appeals.NotPossible, refusals.Refused)


class Week:
    """One random course of events; the seed names it."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.people = [staff("mo@example.org"), staff("cleo@example.org"), staff("sena@example.org", Staff.Role.SENIOR)]
        self.readers = [ReaderFactory() for _n in range(4)]
        self.articles = [ArticleFactory(), ArticleFactory()]

    def comment(self) -> Comment | None:
        ids = list(Comment.objects.values_list("pk", flat=True))
        return Comment.objects.get(pk=self.dice.choice(ids)) if ids else None

    def post(self) -> None:
        harm = self.dice.random()
        parent = self.comment()
        fits = parent is not None and parent.shown_revision is not None and parent.depth < 5
        judged(
            parent.article if fits and parent else self.dice.choice(self.articles),
            labels={"toxicity": harm, "insult": harm / 2},
            reader=self.dice.choice(self.readers),
            parent=parent if fits else None,
        )

    def decide(self) -> None:
        comment = self.comment()
        if comment is not None:
            action = self.dice.choice(["approve", "reject"])
            seen = comment.version - self.dice.choice([0, 0, 0, 1])
            decisions.by_person(
                comment_id=comment.pk, action=action, by=self.dice.choice(self.people), version_seen=seen,
                reason_code="insult",
            )  # fmt: skip

    def undo(self) -> None:
        made = list(Decision.objects.filter(actor="person").values_list("pk", flat=True))
        if made:
            decisions.undo(decision_id=self.dice.choice(made), by=self.dice.choice(self.people))

    def many(self) -> None:
        items = list(Comment.objects.values_list("pk", "version"))
        if items:
            batch = uuid4()
            chosen = self.dice.sample(items, min(len(items), 4))
            bulk.act(chosen, action="approve", by=self.people[0], batch=batch)
            if self.dice.random() < 0.5:
                bulk.undo(batch, by=self.people[1])

    def report(self) -> None:
        comment = self.comment()
        if comment is not None:
            reports.save(comment=comment, by=self.dice.choice(self.readers), reason=Report.Reason.INSULT)
        queue.take_reports()

    def edit(self) -> None:
        comment = self.comment()
        if comment is not None:
            posting.edit(comment=comment, text=f"Other words {self.dice.random()}.", by=comment.reader)
            if self.dice.random() < 0.7:
                pipeline.run()

    def delete(self) -> None:
        comment = self.comment()
        if comment is not None and self.dice.random() < 0.3:
            posting.delete(comment=comment, by=comment.reader)

    def appeal(self) -> None:
        notice = Notice.objects.filter(outcome=State.REJECTED, withdrawn_at__isnull=True).order_by("?").first()
        if notice is not None:
            appeals.file(notice, by=notice.reader, words="No.")
        asked = Appeal.objects.filter(closed_at__isnull=True).first()
        if asked is not None:
            appeals.answer(asked.pk, by=self.people[2], outcome=self.dice.choice(["upheld", "overturned"]))

    def sanction(self) -> None:
        if self.dice.random() < 0.3:
            sanctions.impose(
                kind="ban", by=self.people[2], reader=self.dice.choice(self.readers), reason_code="spam",
                refuse_comments=True,
            )  # fmt: skip
        standing = Sanction.objects.in_force().first()
        if standing is not None:
            sanctions.lift(standing, by=self.people[2])

    def live(self, steps: int) -> None:
        kinds = [self.post, self.decide, self.undo, self.many, self.report, self.edit, self.delete, self.appeal,
                 self.sanction]  # fmt: skip
        for _step in range(steps):
            act = self.dice.choices(kinds, weights=[6, 8, 4, 2, 3, 2, 1, 2, 1])[0]
            try:
                with transaction.atomic():
                    act()
            except EXPECTED:
                continue


@pytest.mark.parametrize("seed", [1, 2])
def test_counts_queues_reviews_and_places_are_true_afterwards(quick_engine: None, seed: int) -> None:
    Week(seed).live(100)
    assert Decision.objects.filter(action=Action.UNDO).exists()
    assert tallies.differences() == []
    held = set(Comment.objects.filter(state=State.HELD).values_list("pk", flat=True))
    assert held <= set(QueueItem.objects.values_list("comment_id", flat=True)), "somebody waits and nobody sees it"
    assert not QueueItem.objects.filter(kind="held").exclude(comment__state=State.HELD).exists()
    assert not QueueItem.objects.filter(comment__state=State.DELETED).exists()
    for review in Review.objects.select_related("comment"):
        assert review.comment.state == (State.PUBLISHED if review.approved else State.REJECTED)
    for article in Comment.objects.values_list("article", flat=True).distinct():
        readable = Comment.objects.filter(article=article).readable().count()
        assert readable == Comment.objects.filter(article=article).first().article.comment_count  # type: ignore[union-attr]
    for comment in Comment.objects.all():
        assert comment.replies == Comment.objects.filter(parent=comment, shown=True).count()
