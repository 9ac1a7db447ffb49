"""Appeals: once, by the author, answered by somebody else, with everything reversed where the author was right."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from discussions import posting, reports
from discussions.models import Comment, Notice, Reader, Report, State, User
from discussions.views import own, who
from moderation import appeals, decisions, lists, pipeline, roles
from moderation.models import Appeal, Decision, Staff
from moderation.views import last
from tests.factories.discussions import AccountFactory
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import RUDE

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
    with pytest.raises(roles.NotAllowed, match="somebody else"):
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
    with pytest.raises(roles.NotAllowed, match="has appealed"):
        decisions.by_person(
            comment_id=refused.pk, action="reject", by=moderator, version_seen=refused.version, reason_code="hate"
        )


def test_who_may_not_answer_an_appeal_does_not_undo_the_answer(
    appeal: Appeal, refused: Comment, moderator: User, colleague: User, senior: User
) -> None:
    given = appeals.answer(appeal.pk, by=senior, outcome="overturned").answer_id
    assert given is not None
    with pytest.raises(roles.NotAllowed, match="senior"):
        decisions.undo(decision_id=given, by=colleague)
    Staff.objects.filter(user=moderator).update(role=Staff.Role.SENIOR)
    with pytest.raises(roles.NotAllowed, match="somebody else"):
        decisions.undo(decision_id=given, by=moderator)
    decisions.undo(decision_id=given, by=senior)
    appeal.refresh_from_db()
    assert appeal.closed_at is None


def test_a_moderator_is_not_senior_enough(appeal: Appeal, colleague: User) -> None:
    with pytest.raises(roles.NotAllowed, match="senior"):
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
    with pytest.raises(roles.NotAllowed):
        decisions.undo(decision_id=appeal.answer_id or 0, by=person)
    with pytest.raises(roles.NotAllowed):
        decisions.by_person(
            comment_id=refused.pk, action="reject", by=person, version_seen=refused.version, reason_code="insult"
        )
    appeal.refresh_from_db()
    refused.refresh_from_db()
    assert (refused.state, appeal.outcome) == (State.PUBLISHED, "overturned")
    decisions.by_person(comment_id=refused.pk, action="approve", by=person, version_seen=refused.version)


def test_an_answer_taken_back_and_given_again_by_undoing_is_the_answer_again(
    appeal: Appeal, refused: Comment, senior: User, colleague: User
) -> None:
    given = appeals.answer(appeal.pk, by=senior, outcome="overturned", words="You are right.").answer_id
    back = decisions.undo(decision_id=given or 0, by=senior)
    appeal.refresh_from_db()
    assert (appeal.outcome, appeal.closed_at) == ("", None)
    with pytest.raises(roles.NotAllowed):
        decisions.undo(decision_id=back.pk, by=colleague)
    again = decisions.undo(decision_id=back.pk, by=senior)
    appeal.refresh_from_db()
    assert (appeal.outcome, appeal.answer, appeal.answer_id) == ("overturned", "You are right.", again.pk)
    assert appeal.closed_at is not None
    refused.refresh_from_db()
    assert refused.state == State.PUBLISHED


@pytest.fixture
def overturned(appeal: Appeal, refused: Comment, moderator: User, senior: User) -> Comment:
    """Published by an appeal, and approved once more since; whoever refused it has become senior meanwhile."""
    Staff.objects.filter(user=moderator).update(role=Staff.Role.SENIOR)
    appeals.answer(appeal.pk, by=senior, outcome="overturned")
    return decided(refused, "approve", by=senior)


def decided(comment: Comment, action: str, *, by: User) -> Comment:
    comment.refresh_from_db()
    decisions.by_person(comment_id=comment.pk, action=action, by=by, version_seen=comment.version, reason_code="insult")
    comment.refresh_from_db()
    return comment


def test_whoever_was_overturned_does_not_refuse_the_same_words_again(
    overturned: Comment, moderator: User, colleague: User
) -> None:
    with pytest.raises(roles.NotAllowed, match="overturned on appeal"):
        decided(overturned, "reject", by=moderator)
    assert decided(overturned, "approve", by=moderator).state == State.PUBLISHED
    with pytest.raises(roles.NotAllowed, match="overturned on appeal"):
        decided(overturned, "reject", by=moderator)
    assert decided(overturned, "reject", by=colleague).state == State.REJECTED
    approved = decided(overturned, "approve", by=colleague)
    back = Decision.objects.filter(comment_id=approved.pk).latest("id")
    with pytest.raises(roles.NotAllowed, match="overturned on appeal"):  # nor by taking a colleague's approval back
        decisions.undo(decision_id=back.pk, by=moderator)
    decisions.undo(decision_id=back.pk, by=colleague)


def test_in_bulk_it_is_told_beside_the_comments_own_words(desk: Client, overturned: Comment) -> None:
    sent = {"item": f"{overturned.pk}:{overturned.version}", "action": "reject", "reason": "insult"}
    page = desk.post("/desk/many/", sent).content.decode()
    assert "Your refusal of these words was overturned on appeal" in page
    assert RUDE in page
    overturned.refresh_from_db()
    assert overturned.state == State.PUBLISHED


def test_the_card_says_so_instead_of_offering_it(desk: Client, overturned: Comment, colleague: User) -> None:
    address = f"/desk/comments/{overturned.pk}/"
    card = desk.get(address).content.decode()
    assert "Your refusal of these words was overturned on appeal" in card
    assert "data-digit" not in card
    answer = desk.post(f"{address}decide/", {"action": "reject", "version": overturned.version, "reason": "hate"})
    assert answer.status_code == 403
    assert "overturned on appeal" in answer.content.decode()
    desk.force_login(colleague)
    assert "data-digit" in desk.get(address).content.decode()


def test_other_words_and_a_report_by_somebody_else_ask_anew(
    overturned: Comment, moderator: User, senior: User, author: Reader
) -> None:
    reports.save(comment=overturned, by=moderator.reader, reason=Report.Reason.INSULT)
    with pytest.raises(roles.NotAllowed, match="overturned on appeal"):
        decided(overturned, "reject", by=moderator)
    reports.save(comment=overturned, by=None, reason=Report.Reason.INSULT)
    assert decided(overturned, "reject", by=moderator).state == State.REJECTED
    decided(overturned, "approve", by=senior)
    with pytest.raises(roles.NotAllowed, match="overturned on appeal"):  # those reports are answered
        decided(overturned, "reject", by=moderator)
    posting.edit(comment=overturned, text=f"{RUDE} And its mayor too.", by=author)
    assert decided(overturned, "reject", by=moderator).state == State.REJECTED


def test_a_report_after_the_answer_is_open_to_everybody_at_the_desk(
    appeal: Appeal, refused: Comment, senior: User, colleague: User
) -> None:
    appeals.answer(appeal.pk, by=senior, outcome="overturned")
    with pytest.raises(roles.NotAllowed, match="appeal published these words"):
        decided(refused, "reject", by=colleague)
    reports.save(comment=refused, by=None, reason=Report.Reason.INSULT)
    assert decided(refused, "reject", by=colleague).state == State.REJECTED


def test_the_card_offers_the_answer_back_to_those_who_may_take_it(
    desk: Client, senior_desk: Client, appeal: Appeal, refused: Comment, *, senior: User, moderator: User
) -> None:
    Staff.objects.filter(user=moderator).update(role=Staff.Role.SENIOR)
    appeals.answer(appeal.pk, by=senior, outcome="overturned")
    address = f"/desk/comments/{refused.pk}/"
    for headers in ({}, {"HX-Request": "true"}):
        assert "Take the answer back" in senior_desk.get(address, headers=headers).content.decode()
        assert "Take the answer back" not in desk.get(address, headers=headers).content.decode()
    decided(refused, "approve", by=senior)
    assert "Take the answer back" not in senior_desk.get(address).content.decode()


def test_whoever_refused_does_not_undo_the_answer_however_senior(
    appeal: Appeal, refused: Comment, senior: User, moderator: User
) -> None:
    appeals.answer(appeal.pk, by=senior, outcome="overturned")
    Staff.objects.filter(user=moderator).update(role=Staff.Role.SENIOR)
    appeal.refresh_from_db()
    with pytest.raises(roles.NotAllowed, match="somebody else"):
        decisions.undo(decision_id=appeal.answer_id or 0, by=moderator)


def test_the_author_reads_how_far_the_appeal_is(refused: Comment, senior: User) -> None:
    def shown() -> tuple[bool, str]:
        [mine] = own.of(Comment.objects.filter(pk=refused.pk))
        text = render_to_string("discussions/parts/state.html", {"mine": mine})
        return reverse("appeal", args=[refused.pk]) in text, text

    assert shown()[0]
    notice = Notice.objects.get(comment=refused, outcome="rejected")
    asked = appeals.file(notice, by=refused.reader, words="I was quoting the mayor.")
    offered, text = shown()
    assert not offered
    assert "You have asked another person" in text
    appeals.answer(asked.pk, by=senior, outcome="upheld", words="It is no quotation.")
    offered, text = shown()
    assert not offered
    assert "the refusal stands" in text
    assert "It is no quotation." in text


def test_the_author_reads_that_the_refusal_was_wrong_until_somebody_decides_anew(
    appeal: Appeal, refused: Comment, senior: User
) -> None:
    def shown() -> str:
        [mine] = own.of(Comment.objects.filter(pk=refused.pk))
        return render_to_string("discussions/parts/state.html", {"mine": mine})

    appeals.answer(appeal.pk, by=senior, outcome="overturned", words="It was about a play.")
    assert "it was wrong" in shown()
    assert "It was about a play." in shown()
    appeals.reopen(appeal.pk, by=senior)
    assert "it was wrong" not in shown()
    assert "You have asked another person" in shown()


def test_an_answered_appeal_is_not_called_waiting(appeal: Appeal, refused: Comment, senior: User) -> None:
    appeals.answer(appeal.pk, by=senior, outcome="upheld")
    notice = Notice.objects.get(comment=refused, outcome="rejected")
    with pytest.raises(appeals.NotPossible, match="has been answered"):
        appeals.check(notice, refused.reader)


def test_an_answer_without_words_leaves_the_refusals_reason_and_taken_back_waits_again(
    appeal: Appeal, refused: Comment, senior: User
) -> None:
    [before] = own.of(Comment.objects.filter(pk=refused.pk))
    appeals.answer(appeal.pk, by=senior, outcome="upheld")
    [mine] = own.of(Comment.objects.filter(pk=refused.pk))
    assert mine.answered
    assert mine.statement == before.statement != ""
    appeals.reopen(appeal.pk, by=senior)
    [mine] = own.of(Comment.objects.filter(pk=refused.pk))
    assert (mine.appealed, mine.answered) == (True, False)


def test_another_refusal_of_an_edited_comment_has_an_appeal_of_its_own(
    appeal: Appeal, refused: Comment, moderator: User
) -> None:
    posting.edit(comment=refused, text=f"{RUDE} And its mayor too.", by=refused.reader)
    pipeline.run()
    refused.refresh_from_db()
    decisions.by_person(
        comment_id=refused.pk, action="reject", by=moderator, version_seen=refused.version, reason_code="insult"
    )
    [mine] = own.of(Comment.objects.filter(pk=refused.pk))
    assert mine.comment.state == State.REJECTED
    assert not mine.appealed


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


def test_a_refusal_stands_only_with_words_for_the_author(appeal: Appeal, senior: User, senior_desk: Client) -> None:
    address = reverse("desk_answer", args=[appeal.pk])
    for sent in ({"outcome": "upheld"}, {"outcome": "upheld", "words": "  \n"}, {"outcome": "?", "words": "A threat."}):
        answer = senior_desk.post(address, sent)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="answer-problem"' in page
        assert f'aria-describedby="answer-problem">{sent.get("words", "")}</textarea>' in page
        appeal.refresh_from_db()
        assert appeal.closed_at is None
    assert (
        "Tell the author why the refusal stands." in senior_desk.post(address, {"outcome": "upheld"}).content.decode()
    )
    page = senior_desk.post(address, {"outcome": "upheld", "words": "A threat."}, follow=True).content.decode()
    assert "its author reads your answer" in page
    assert senior_desk.post(address, {"outcome": "upheld"}).status_code == 409


def test_an_answer_that_was_never_given_is_not_said_to_be_read(
    appeal: Appeal, senior: User, senior_desk: Client
) -> None:
    appeals.answer(appeal.pk, by=senior, outcome="upheld")
    assert last.describe(f"appeal:{appeal.pk}")["words"] == "The refusal stands"


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
