"""Appeals: once, by the author, answered by somebody else, with everything reversed where the author was right."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from discussions.models import Comment, Notice, Section, State, User
from discussions.views import who
from moderation import appeals, decisions, lists
from moderation.models import Appeal, Escalation, Staff
from tests.factories.discussions import AccountFactory
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(held: Comment, moderator: User) -> Comment:
    decisions.by_person(
        comment_id=held.pk, action="reject", by=moderator, version_seen=held.version, reason_code="insult"
    )
    held.refresh_from_db()
    return held


@pytest.fixture
def appeal(refused: Comment) -> Appeal:
    notice = Notice.objects.get(comment=refused, outcome="rejected")
    return appeals.file(notice, by=refused.reader, words="I was quoting the mayor.")


def test_each_refusal_has_one_appeal_and_only_by_its_author(refused: Comment, appeal: Appeal) -> None:
    notice = Notice.objects.get(comment=refused, outcome="rejected")
    with pytest.raises(appeals.NotPossible, match="one appeal"):
        appeals.file(notice, by=refused.reader, words="Once more.")
    with pytest.raises(appeals.NotPossible, match="author"):
        appeals.check(notice, AccountFactory())


def test_whoever_refused_does_not_answer_the_appeal(appeal: Appeal, moderator: User) -> None:
    Staff.objects.filter(user=moderator).update(role=Staff.Role.SENIOR)
    with pytest.raises(decisions.NotAllowed, match="somebody else"):
        appeals.answer(appeal.pk, by=moderator, outcome="upheld")


def test_an_appeal_against_a_refusal_that_no_longer_stands_waits_for_nobody(
    appeal: Appeal, refused: Comment, colleague: User, senior: User, senior_desk: Client
) -> None:
    approved = decisions.by_person(comment_id=refused.pk, action="approve", by=colleague, version_seen=refused.version)
    assert lists.open_questions(senior)["appeals"] == 0
    assert "No author has appealed" in senior_desk.get("/desk/queue/appeals/").content.decode()
    card = senior_desk.get(f"/desk/comments/{refused.pk}/").content.decode()
    assert "no longer stands" in card
    assert "The refusal stands" not in card
    with pytest.raises(decisions.Conflict):
        appeals.answer(appeal.pk, by=senior, outcome="upheld")
    decisions.undo(decision_id=approved.pk, by=colleague)
    assert lists.open_questions(senior)["appeals"] == 1


def test_an_appeal_is_not_passed_over_by_refusing_anew(appeal: Appeal, refused: Comment, moderator: User) -> None:
    with pytest.raises(decisions.NotAllowed, match="has appealed"):
        decisions.by_person(
            comment_id=refused.pk, action="reject", by=moderator, version_seen=refused.version, reason_code="hate"
        )


def test_who_may_not_answer_an_appeal_does_not_undo_the_answer(
    appeal: Appeal, refused: Comment, moderator: User, colleague: User, senior: User
) -> None:
    given = appeals.answer(appeal.pk, by=senior, outcome="overturned").answer_id
    assert given is not None
    with pytest.raises(decisions.NotAllowed, match="senior"):
        decisions.undo(decision_id=given, by=colleague)
    Staff.objects.filter(user=moderator).update(role=Staff.Role.SENIOR)
    with pytest.raises(decisions.NotAllowed, match="somebody else"):
        decisions.undo(decision_id=given, by=moderator)
    decisions.undo(decision_id=given, by=senior)
    appeal.refresh_from_db()
    assert appeal.closed_at is None


def test_a_moderator_is_not_senior_enough(appeal: Appeal, colleague: User) -> None:
    with pytest.raises(decisions.NotAllowed, match="senior"):
        appeals.answer(appeal.pk, by=colleague, outcome="overturned")


def test_overturning_publishes_and_tells_the_author(appeal: Appeal, refused: Comment, senior: User) -> None:
    appeals.answer(appeal.pk, by=senior, outcome="overturned", words="You are right.")
    refused.refresh_from_db()
    assert (refused.state, refused.refused_by_person) == (State.PUBLISHED, False)
    assert Notice.objects.get(comment=refused, outcome="rejected").withdrawn_at is not None
    assert Notice.objects.get(comment=refused, outcome="overturned").words == "You are right."


def test_an_answer_can_be_taken_back_and_given_anew(appeal: Appeal, refused: Comment, senior: User) -> None:
    appeals.answer(appeal.pk, by=senior, outcome="overturned")
    appeals.reopen(appeal.pk, by=senior)
    refused.refresh_from_db()
    assert refused.state == State.REJECTED
    assert Notice.objects.get(comment=refused, outcome="rejected").withdrawn_at is None
    assert appeals.answer(appeal.pk, by=senior, outcome="upheld", words="It stays.").outcome == "upheld"
    with pytest.raises(decisions.Conflict):
        appeals.answer(appeal.pk, by=senior, outcome="overturned")


@pytest.mark.parametrize("own", [True, False], ids=["who refused it", "a colleague"])
def test_what_an_appeal_published_is_not_taken_down_by_those_who_may_not_answer_it(
    appeal: Appeal, refused: Comment, *, senior: User, moderator: User, colleague: User, own: bool
) -> None:
    appeals.answer(appeal.pk, by=senior, outcome="overturned")
    appeal.refresh_from_db()
    refused.refresh_from_db()
    person = moderator if own else colleague
    with pytest.raises(decisions.NotAllowed):
        decisions.undo(decision_id=appeal.answer_id or 0, by=person)
    with pytest.raises(decisions.NotAllowed):
        decisions.by_person(
            comment_id=refused.pk, action="reject", by=person, version_seen=refused.version, reason_code="insult"
        )
    appeal.refresh_from_db()
    refused.refresh_from_db()
    assert (refused.state, appeal.outcome) == (State.PUBLISHED, "overturned")
    decisions.by_person(comment_id=refused.pk, action="approve", by=person, version_seen=refused.version)


def test_whoever_refused_does_not_undo_the_answer_however_senior(
    appeal: Appeal, refused: Comment, senior: User, moderator: User
) -> None:
    appeals.answer(appeal.pk, by=senior, outcome="overturned")
    Staff.objects.filter(user=moderator).update(role=Staff.Role.SENIOR)
    appeal.refresh_from_db()
    with pytest.raises(decisions.NotAllowed, match="somebody else"):
        decisions.undo(decision_id=appeal.answer_id or 0, by=moderator)


def test_the_author_appeals_on_a_page_and_the_desk_answers(
    refused: Comment, client: Client, senior_desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/desk/comments/{refused.pk}/appeal/"
    assert client.get(address).status_code == 403
    with monkeypatch.context() as patched:
        patched.setattr(who, "current", lambda _request: refused.reader)
        assert "It insults somebody" in client.get(address).content.decode()
        assert client.post(address, {"words": "  "}).status_code == 422
        assert "with the desk" in client.post(address, {"words": "A quotation!"}).content.decode()
        assert client.get(address).status_code == 403
    page = senior_desk.get("/desk/queue/appeals/").content.decode()
    assert "A quotation!" in page
    filed = Appeal.objects.get()
    assert senior_desk.post(f"/desk/appeals/{filed.pk}/answer/", {"outcome": "overturned"}).status_code == 302
    refused.refresh_from_db()
    assert refused.state == State.PUBLISHED
    assert senior_desk.post(f"/desk/appeals/{filed.pk}/reopen/").status_code == 302
    refused.refresh_from_db()
    assert refused.state == State.REJECTED


def test_a_question_goes_to_the_colleague_it_is_for(desk: Client, held: Comment, colleague: User) -> None:
    other = Client()
    other.force_login(colleague)
    bystander = Client()
    bystander.force_login(staff("bea@example.org"))
    desk.post(f"/desk/comments/{held.pk}/ask/", {"to": colleague.pk, "words": "Too much?"})
    assert "Too much?" in other.get("/desk/queue/mine/").content.decode()
    assert "No colleague has asked" in bystander.get("/desk/queue/mine/").content.decode()
    other.post(f"/desk/comments/{held.pk}/unask/")
    assert "No colleague has asked" in other.get("/desk/queue/mine/").content.decode()


def test_a_colleague_who_does_not_see_the_comment_is_not_asked(desk: Client, held: Comment, colleague: User) -> None:
    colleague.desk.sections.add(Section.objects.create(name="Elsewhere", slug="elsewhere"))
    assert f'<option value="{colleague.pk}"' not in desk.get(f"/desk/comments/{held.pk}/").content.decode()
    answer = desk.post(f"/desk/comments/{held.pk}/ask/", {"to": colleague.pk})
    assert (answer.status_code, Escalation.objects.count()) == (422, 0)


def test_a_script_takes_an_answer_back_and_gets_no_whole_card(
    senior_desk: Client, appeal: Appeal, refused: Comment
) -> None:
    senior_desk.post(reverse("desk_answer", args=[appeal.pk]), {"outcome": "overturned"})
    answer = senior_desk.post(reverse("desk_reopen", args=[appeal.pk]), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "the appeal is open again" in answer.content.decode()
    assert "data-card" not in answer.content.decode()
    refused.refresh_from_db()
    assert refused.state == State.REJECTED
