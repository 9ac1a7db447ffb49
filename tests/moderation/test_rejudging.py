"""After a change of policy: the editor is told what waits under an earlier version, and can have it judged again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from discussions import wake
from discussions.models import Article, Comment, Notice, Report, State, User
from moderation import decisions, insight, lists, queue, rejudging, roles, rules, tallies, tasks
from moderation.models import Decision, Escalation, Policy, QueueItem, Staff
from tests.factories.moderation import judged
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import staff

pytestmark = pytest.mark.django_db

LENIENT = {"toxicity": {"hold": 0.95, "reject": 0.99}}
STRICT = {"toxicity": {"hold": 0.1, "reject": 0.5}}
OTHER = {"insult": {"hold": 0.2, "reject": 1.0}}


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The wake-ups that were sent, none of which arrives."""
    sent: list[str] = []
    monkeypatch.setattr(wake, "send", lambda name: bool(sent.append(name)) or True)
    return sent


@pytest.fixture
def editor(db: None) -> User:
    return staff("edith@example.org", Staff.Role.EDITOR)


@pytest.fixture
def waiting(article: Article) -> Comment:
    """Held by the first version, for its toxicity and its insult."""
    return judged(article, "You are an idiot and everyone in this town knows it.")


def change(editor: User, **changed: object) -> Policy:
    return rules.change(dict(changed), by=editor, note="", seen_version=Policy.objects.in_force().version)


def again(editor: User) -> int:
    """Ask for it, and do it."""
    rejudging.ask(by=editor, seen_version=Policy.objects.in_force().version)
    return rejudging.run()


def verdicts(comment: Comment) -> list[tuple[str, int | None]]:
    made = Decision.objects.filter(comment_id=comment.pk).order_by("pk")
    return [(decision.action, decision.policy_version) for decision in made]


def test_what_a_lenient_policy_would_not_hold_is_published_on_record(waiting: Comment, editor: User) -> None:
    made = change(editor, thresholds=LENIENT)
    assert again(editor) == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.shown_revision) == (State.PUBLISHED, 1)
    assert verdicts(waiting) == [("hold", 1), ("publish", made.version)]
    assert not QueueItem.objects.exists()
    assert not Notice.objects.filter(withdrawn_at__isnull=True).exists()
    assert tallies.differences() == []


def test_what_a_strict_policy_refuses_is_refused_and_its_author_told(waiting: Comment, editor: User) -> None:
    made = change(editor, thresholds=STRICT)
    assert again(editor) == 1
    waiting.refresh_from_db()
    assert waiting.state == State.REJECTED
    assert verdicts(waiting) == [("hold", 1), ("reject", made.version)]
    [notice] = Notice.objects.filter(withdrawn_at__isnull=True)
    assert (notice.outcome, notice.decision_id) == ("rejected", Decision.objects.latest("pk").pk)
    assert tallies.differences() == []


def test_what_stays_held_has_the_new_reasons_tags_and_its_place(waiting: Comment, editor: User) -> None:
    before = QueueItem.objects.get()
    assert "label:toxicity" in before.tags
    change(editor, thresholds=OTHER)
    assert again(editor) == 1
    item = QueueItem.objects.get()
    assert set(item.tags) == {"label:insult", "rule:score", "language:en"}
    assert (item.policy_version, item.entered_at, item.rank) == (2, before.entered_at, before.rank)
    for name in ("held", "all"):
        found = {
            label: lists.page(name, lists.Filters(label=label), by=editor).rows for label in ("toxicity", "insult")
        }
        assert (found["toxicity"], [line.id for line in found["insult"]]) == ([], [waiting.pk])


def test_the_same_verdict_again_writes_nothing(waiting: Comment, editor: User) -> None:
    change(editor, banned_words=["zebra"])
    assert rejudging.outdated(Policy.objects.in_force()).count() == 1
    assert again(editor) == 1
    assert verdicts(waiting) == [("hold", 1)]
    assert (rejudging.outdated(Policy.objects.in_force()).count(), rejudging.run()) == (0, 0)


def test_a_new_word_list_is_looked_for_in_the_stored_text(waiting: Comment, editor: User) -> None:
    change(editor, banned_words=["idiot"])
    again(editor)
    waiting.refresh_from_db()
    assert waiting.state == State.REJECTED


def test_what_a_person_has_in_hand_stays_as_it_is(article: Article, editor: User, moderator: User) -> None:
    undone, reported, asked, answered, looked_at = (
        judged(article, f"You idiot, for the {n}th time.") for n in range(5)
    )
    made = decisions.by_person(comment_id=undone.pk, action="approve", by=moderator, version_seen=undone.version)
    decisions.undo(decision_id=made.pk, by=moderator)
    Report.objects.create(comment=reported, revision=1, reason=Report.Reason.ILLEGAL)
    Escalation.objects.create(comment=asked, by=moderator, by_name="mo")
    Escalation.objects.create(comment=answered, by=moderator, by_name="mo", closed_at=timezone.now())
    queue.claim(QueueItem.objects.get(comment=looked_at), by=moderator)
    change(editor, thresholds=LENIENT)
    assert again(editor) == 0
    assert set(Comment.objects.values_list("state", flat=True)) == {State.HELD}
    QueueItem.objects.filter(comment=looked_at).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert rejudging.run() == 1
    looked_at.refresh_from_db()
    assert looked_at.state == State.PUBLISHED


def test_whoever_was_looking_at_it_is_told_that_policy_has_decided(
    waiting: Comment, editor: User, moderator: User
) -> None:
    change(editor, thresholds=LENIENT)
    again(editor)
    with pytest.raises(decisions.Conflict):
        decisions.by_person(comment_id=waiting.pk, action="approve", by=moderator, version_seen=waiting.version)


def test_whoever_has_it_on_the_screen_learns_that_it_waits_still(waiting: Comment, editor: User, desk: Client) -> None:
    seen = {"ids": f"{waiting.pk}:{waiting.version}"}
    change(editor, thresholds={"toxicity": {"hold": 0.4, "reject": 1.0}})
    assert again(editor) == 1
    told = desk.get("/desk/live/", seen).json()["gone"][str(waiting.pk)]
    assert (told["waits"], told["state"], told["version"]) == (True, "held", waiting.version + 1)


def test_words_that_others_had_posted_too_are_not_forgotten(article: Article, editor: User) -> None:
    comment = judged(article, "Buy your bicycle lights at the market, cheap and bright.", duplicates_by_others=2)
    change(editor, thresholds=LENIENT)
    again(editor)
    comment.refresh_from_db()
    assert comment.state == State.HELD
    assert [reason["rule"] for reason in Decision.objects.latest("pk").reasons] == ["duplicate"]


def test_nothing_happens_unasked_or_by_a_version_that_is_not_in_force(
    waiting: Comment, editor: User, moderator: User
) -> None:
    change(editor, thresholds=LENIENT)
    assert (rejudging.run(), rejudging.is_due()) == (0, False)
    with pytest.raises(rules.Outdated):
        rejudging.ask(by=editor, seen_version=1)
    with pytest.raises(roles.NotAllowed):
        rejudging.ask(by=moderator, seen_version=2)
    rejudging.ask(by=editor, seen_version=2)
    change(editor, thresholds=STRICT)
    assert (rejudging.run(), rejudging.is_due()) == (0, False), "that was asked of another version"


def test_a_lost_wake_up_is_made_up_for(
    waiting: Comment, editor: User, woken: list[str], django_capture_on_commit_callbacks: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    change(editor, thresholds=LENIENT)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        rejudging.ask(by=editor, seen_version=2)
    assert woken == ["moderation.rejudge"]
    monkeypatch.setattr(tasks.rejudge, "delay", tasks.rejudge)
    tasks.reconcile_task()
    waiting.refresh_from_db()
    assert waiting.state == State.PUBLISHED


def test_a_queue_of_many_is_worked_off_in_parts_and_can_be_broken_off(
    article: Article, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = [judged(article, f"You are an idiot, number {n}.") for n in range(5)]
    monkeypatch.setattr(rejudging, "AT_A_TIME", 2)
    change(editor, thresholds=LENIENT)
    rejudging.ask(by=editor, seen_version=2)
    turns = iter([False, True])
    assert rejudging.run(should_stop=lambda: next(turns)) == 2
    assert rejudging.run() == 3
    assert {len(verdicts(comment)) for comment in comments} == {2}


def test_judging_again_is_no_first_verdict_in_the_numbers(waiting: Comment, editor: User) -> None:
    change(editor, thresholds=OTHER)
    again(editor)
    assert sum(row[2] for row in insight.of("day").outcomes.rows) == 1
    change(editor, thresholds=LENIENT)
    again(editor)
    assert sum(row[1] + row[3] for row in insight.of("day").outcomes.rows) == 0


def test_the_editor_is_told_on_saving_and_asks_with_a_click(waiting: Comment, editor: User, client: Client) -> None:
    client.force_login(editor)
    assert "judged by an earlier version" not in client.get(reverse("desk_rules")).content.decode()
    form = {"do": "save", "seen": "1", "hold-toxicity": "0.95", "reject-toxicity": "0.99"}
    page = client.post(reverse("desk_rules"), form, follow=True).content.decode()
    assert "Version 2 is in force. 1 waiting comment was judged by an earlier version." in page
    assert "Judge them again by version 2" in page
    page = client.post(reverse("desk_judge_again", args=[2]), follow=True).content.decode()
    assert "1 waiting comment is being judged again." in page
    assert "Judge them again" not in page
    rejudging.run()
    assert "waiting comment" not in client.get(reverse("desk_rules")).content.decode()


def test_a_moderator_is_offered_nothing(waiting: Comment, editor: User, desk: Client) -> None:
    change(editor, thresholds=LENIENT)
    assert "Judge them again" not in desk.get(reverse("desk_rules")).content.decode()
    assert desk.post(reverse("desk_judge_again", args=[2])).status_code == 403
