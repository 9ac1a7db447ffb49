"""Trusted readers: by a senior's word or by a good record, and only as far as the policy in force says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from discussions import traces
from discussions.models import Comment, Reader, State, User
from moderation import decisions, policy, reasons, roles, rules, sanctions, trust
from moderation.models import Decision, Policy, Staff, Trust
from tests.factories.discussions import ArticleFactory, ReaderFactory, post
from tests.factories.moderation import QUIET
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import RUDE, staff
from tests.moderation.test_pipeline import set_rules

RULES = {"thresholds": {"insult": {"hold": 0.5, "reject": 0.9}}, "trust_publishes": True, "trust_after": 5}
TRUSTED = replace(QUIET, trusted=True, published_before=0)


def outcome(value: float, signals: policy.Signals, rules: dict[str, object] = RULES) -> str:
    return policy.decide({"insult": value}, signals, rules).outcome


def test_a_doubtful_score_of_somebody_trusted_is_published_and_says_so() -> None:
    verdict = policy.decide({"insult": 0.7}, TRUSTED, RULES)
    assert verdict.outcome == "publish"
    assert reasons.sentence(verdict.reasons[0]) == (
        "insult 0.70 would be held from 0.50, published because a colleague trusts the reader"
    )


@pytest.mark.parametrize("value", [0.9, 0.95, 1.0])
def test_what_is_refused_is_refused_whoever_wrote_it(value: float) -> None:
    assert outcome(value, TRUSTED) == "reject"


def test_trust_covers_scores_and_nothing_else() -> None:
    for change in ({"suspect": ["x"]}, {"premoderated": True}, {"refused_before": True}, {"sanction": "premoderate"}):
        assert outcome(0.7, replace(TRUSTED, **change)) == "hold", change
    assert policy.decide(None, TRUSTED, RULES).outcome == "hold"


def test_a_good_record_is_long_enough_without_a_refusal_and_of_a_known_address() -> None:
    good = replace(QUIET, published_before=5)
    assert outcome(0.7, good) == "publish"
    assert reasons.sentence(policy.decide({"insult": 0.7}, good, RULES).reasons[0]).endswith("record is good")
    for change in ({"published_before": 4}, {"refusals": 1}, {"address_confirmed": False}):
        assert outcome(0.7, replace(good, **change)) == "hold", change
    assert outcome(0.7, good, RULES | {"trust_after": 0}) == "hold"


def test_an_older_policy_without_the_rule_trusts_nobody() -> None:
    assert outcome(0.7, TRUSTED, {"thresholds": RULES["thresholds"]}) == "hold"
    assert outcome(0.7, TRUSTED, RULES | {"trust_publishes": False}) == "hold"


@pytest.mark.django_db
def test_trust_is_felt_from_the_next_comment_on_until_it_is_taken_back(
    settled: Say, author: Reader, senior: User
) -> None:
    set_rules(thresholds={"toxicity": {"hold": 0.3, "reject": 1.0}}, trust_publishes=True)
    given = trust.give(reader=author, by=senior, words="Writes for us on Sundays.")
    comment = settled(RUDE)
    assert comment.state == State.PUBLISHED
    assert Decision.objects.get(comment_id=comment.pk).reasons[0]["rule"] == "trusted"
    trust.take_back(given, by=senior)
    assert settled(RUDE + " Again.").state == State.HELD
    given.refresh_from_db()
    assert given.lifted_by_name == str(senior)


@pytest.mark.django_db
def test_a_sanction_ends_what_trust_does(settled: Say, author: Reader, senior: User) -> None:
    set_rules(thresholds={"toxicity": {"hold": 0.3, "reject": 1.0}}, trust_publishes=True)
    trust.give(reader=author, by=senior, words="Known.")
    sanctions.impose(kind="premoderate", by=senior, reader=author, reason_code="insult")
    assert settled(RUDE).state == State.HELD


@pytest.mark.django_db
def test_the_record_is_counted_from_what_stands(settled: Say, author: Reader, moderator: User) -> None:
    author.email_confirmed_at = author.created_at
    author.save()
    set_rules(thresholds={"toxicity": {"hold": 0.3, "reject": 1.0}}, trust_publishes=True, trust_after=2)
    article = ArticleFactory()
    earlier = [post(article, reader=author) for _n in range(2)]
    assert settled(RUDE).state == State.PUBLISHED
    decisions.by_person(
        comment_id=earlier[0].pk, action="reject", by=moderator, version_seen=earlier[0].version, reason_code="insult"
    )
    post(article, reader=author)
    assert settled(RUDE + " Again.").state == State.HELD


@pytest.mark.django_db
def test_seniors_trust_with_a_reason_and_everybody_sees_it(
    desk: Client, senior_desk: Client, held: Comment, senior: User
) -> None:
    address = reverse("desk_trust", args=[held.reader_id])
    assert desk.post(address, {"words": "Nice."}).status_code == 403
    assert senior_desk.post(address, {"words": "  "}).status_code == 422
    for _time in range(2):
        assert senior_desk.post(address, {"words": "Our gardening columnist."}).status_code == 302
    given = Trust.objects.get()
    drawer = desk.get(reverse("desk_reader", args=[held.reader_id])).content.decode()
    assert "Our gardening columnist." in drawer
    assert '<span class="tag good">trusted</span>' in drawer
    assert '<span class="tag good">trusted</span>' in desk.get(reverse("desk_comment", args=[held.pk])).content.decode()
    end = reverse("desk_untrust", args=[given.pk])
    assert desk.post(end).status_code == 403
    senior_desk.post(end)
    drawer = desk.get(reverse("desk_reader", args=[held.reader_id])).content.decode()
    assert "taken back by sena" in drawer
    assert '<span class="tag">active</span>' in drawer


@pytest.mark.django_db
def test_nobody_trusts_themselves(senior: User) -> None:
    with pytest.raises(roles.NotAllowed):
        trust.give(reader=senior.reader, by=senior, words="I know me.")


@pytest.mark.django_db
def test_the_drawer_says_when_the_policy_does_nothing_for_the_trusted(
    senior_desk: Client, held: Comment, senior: User
) -> None:
    set_rules(trust_publishes=False)
    trust.give(reader=held.reader, by=senior, words="Known.")
    page = senior_desk.get(reverse("desk_reader", args=[held.reader_id])).content.decode()
    assert "does nothing for trusted readers" in page


@pytest.mark.django_db
def test_the_rules_of_trust_are_versioned_like_all_others() -> None:
    editor = staff("edi@example.org", Staff.Role.EDITOR)
    before = Policy.objects.in_force()
    form = {"trust_publishes": "on", "trust_after": "20"}
    made = rules.change(rules.read(form), by=editor, note="Regulars", seen_version=before.version)
    assert (made.rules["trust_publishes"], made.rules["trust_after"]) == (True, 20)
    told = "; ".join(rules.differences(before.rules, made.rules))
    assert "published comments after which a reader is trusted: 0 → 20" in told


@pytest.mark.django_db
def test_the_drawer_lists_readers_with_the_same_signals(desk: Client, held: Comment, rf: RequestFactory) -> None:
    twin = ReaderFactory(email="ada+two@example.org")
    address = reverse("desk_reader", args=[held.reader_id])
    assert "Others with the same signals" not in desk.get(address).content.decode()
    for reader, ip in ((held.reader, "203.0.113.7"), (twin, "203.0.113.8")):
        traces.leave(rf.get("/", REMOTE_ADDR=ip), reader)
    page = desk.get(address).content.decode()
    assert re.search(rf"mailbox: <a [^>]*>{twin.name}</a>", page)
    assert "network address" not in page
