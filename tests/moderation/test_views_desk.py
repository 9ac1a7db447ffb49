"""The desk over HTTP, as a browser without JavaScript uses it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl

import pytest
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from discussions import posting
from discussions.models import Comment, Section, State, User
from moderation import decisions, lists, queue
from moderation.models import Decision, Escalation, QueueItem, Score, Staff, Worker
from moderation.views import last
from tests.factories.discussions import ArticleFactory, UserFactory, post
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import RUDE, staff
from tests.moderation.test_pipeline import set_rules

pytestmark = pytest.mark.django_db


def decide(client: Client, comment: Comment, **data: object):
    data = {"action": "approve", "version": comment.version, "queue": "held"} | data
    return client.post(reverse("desk_decide", args=[comment.pk]), data)


def test_a_stranger_is_sent_to_the_login(client: Client) -> None:
    answer = client.get("/desk/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_an_account_without_a_role_is_told_so(client: Client) -> None:
    client.force_login(UserFactory())
    answer = client.get("/desk/")
    assert answer.status_code == 403
    assert "role moderator" in answer.content.decode()


@override_settings(STAFF_NEED_SECOND_FACTOR=True)
def test_without_a_second_factor_the_desk_sends_to_its_set_up(desk: Client) -> None:
    assert desk.get("/desk/")["Location"] == reverse("mfa_activate_totp")
    assert desk.get("/desk/live/", headers={"HX-Request": "true"}).status_code == 401, (
        "a script follows to a page of 200"
    )


def test_the_held_queue_shows_words_scores_and_the_reason_as_a_sentence(desk: Client, held: Comment) -> None:
    page = desk.get("/desk/").content.decode()
    assert "You are an idiot" in page
    assert re.search(r"toxicity 0\.\d\d, held from 0\.30", page)
    assert "expected harm" in page


def test_an_empty_queue_says_so(desk: Client) -> None:
    assert "Nothing is waiting" in desk.get("/desk/queue/held/").content.decode()


def test_every_queue_opens(desk: Client, held: Comment) -> None:
    for name in ("held", "reported", "new", "all", "approved", "rejected", "appeals", "mine"):
        assert desk.get(f"/desk/queue/{name}/").status_code == 200, name
    assert desk.get("/desk/queue/other/").status_code == 404


def test_approving_leads_on_with_the_undo_at_hand(desk: Client, held: Comment) -> None:
    answer = decide(desk, held)
    assert answer.status_code == 302
    page = desk.get(answer["Location"]).content.decode()
    decision = Decision.objects.get(actor="person")
    assert "Approved Ada Brook" in page
    assert reverse("desk_undo", args=[decision.pk]) in page
    held.refresh_from_db()
    assert held.state == State.PUBLISHED
    assert desk.post(reverse("desk_undo", args=[decision.pk])).status_code == 302
    held.refresh_from_db()
    assert held.state == State.HELD


def test_refusing_without_a_reason_changes_nothing(desk: Client, held: Comment) -> None:
    assert decide(desk, held, action="reject").status_code == 422
    held.refresh_from_db()
    assert held.state == State.HELD


def test_the_second_moderator_gets_409_with_what_the_first_one_did(
    desk: Client, held: Comment, moderator: User
) -> None:
    other = staff("cleo@example.org")
    decisions.by_person(
        comment_id=held.pk, action="reject", by=other, version_seen=held.version, reason_code="hate", words="No."
    )
    answer = decide(desk, held)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "cleo has decided meanwhile: refused" in page
    assert "Hate" in page


@pytest.mark.parametrize("version", ["", "two", "-1", "9" * 30, None])
def test_a_decision_that_does_not_say_which_version_was_seen_is_not_taken(
    desk: Client, held: Comment, version: str | None
) -> None:
    sent = {"action": "approve"} | ({} if version is None else {"version": version})
    answer = desk.post(reverse("desk_decide", args=[held.pk]), sent)
    assert answer.status_code == 422
    assert "which version of the comment you saw" in answer.content.decode()
    held.refresh_from_db()
    assert held.state == State.HELD


def test_a_decision_needs_a_post_and_the_form_token(desk: Client, held: Comment, moderator: User) -> None:
    assert desk.get(reverse("desk_decide", args=[held.pk])).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(moderator)
    assert decide(strict, held).status_code == 403
    held.refresh_from_db()
    assert held.state == State.HELD


def test_a_colleague_sees_who_is_looking(desk: Client, held: Comment) -> None:
    other = staff("cleo@example.org")
    queue.claim(held.queue_items.get(), by=other)
    assert "cleo is looking at it" in desk.get(reverse("desk_comment", args=[held.pk])).content.decode()


def test_whoever_goes_on_to_the_next_card_no_longer_looks_at_the_one_before(desk: Client, held: Comment) -> None:
    following = post(ArticleFactory())
    queue.enter(following, queue.Kind.HELD, None)
    other = Client()
    other.force_login(staff("cleo@example.org"))
    seen = {"ids": f"{held.pk}:{held.version},{following.pk}:{following.version}"}
    for comment in (held, following):
        other.post(reverse("desk_lease", args=[comment.pk]))
        assert desk.get(reverse("desk_live"), seen).json()["leases"] == {str(comment.pk): "cleo"}


def test_what_can_be_selected_is_there_with_all_its_words(desk: Client, settled: Say) -> None:
    settled("The tram. " * 60 + "And here comes the insult.")
    assert "here comes the insult" in desk.get("/desk/queue/all/").content.decode().partition('id="bulk"')[0]


def test_what_was_taken_back_says_again_why_it_waits(desk: Client, held: Comment, moderator: User) -> None:
    made = decisions.by_person(comment_id=held.pk, action="approve", by=moderator, version_seen=held.version)
    decisions.undo(decision_id=made.pk, by=moderator)
    assert lists.page("held", lists.Filters(), by=moderator).rows[0].why.endswith("held from 0.30")


def test_live_tells_of_decisions_by_others(desk: Client, held: Comment) -> None:
    other = staff("cleo@example.org")
    seen = f"{held.pk}:{held.version}"
    assert desk.get(reverse("desk_live"), {"ids": seen}).json()["gone"] == {}
    decisions.by_person(comment_id=held.pk, action="approve", by=other, version_seen=held.version)
    news = desk.get(reverse("desk_live"), {"ids": seen}).json()
    assert news["gone"][str(held.pk)]["who"] == "cleo"
    assert news["counts"]["held"] == 0


def test_live_tells_of_decisions_that_were_taken_back(desk: Client, held: Comment, colleague: User) -> None:
    seen = {"ids": f"{held.pk}:{held.version}"}
    made = decisions.by_person(comment_id=held.pk, action="approve", by=colleague, version_seen=held.version)
    assert desk.get(reverse("desk_live"), seen).json()["gone"][str(held.pk)]["waits"] is False
    decisions.undo(decision_id=made.pk, by=colleague)
    told = desk.get(reverse("desk_live"), seen).json()["gone"][str(held.pk)]
    assert (told["waits"], told["state"], told["version"]) == (True, "held", held.version + 2)


def test_the_record_shows_people_policy_and_what_was_taken_back(desk: Client, held: Comment) -> None:
    decide(desk, held, action="reject", reason="insult", words="Not in this tone.")
    made = Decision.objects.get(actor="person")
    assert "Not in this tone." in desk.get(reverse("desk_record")).content.decode()
    assert "held for a person" in desk.get(reverse("desk_record"), {"who": "policy"}).content.decode()
    desk.post(reverse("desk_undo", args=[made.pk]))
    assert "taken back" in desk.get(reverse("desk_record")).content.decode()


def test_a_batch_over_http_reports_each_item(desk: Client, held: Comment) -> None:
    data = {"item": [f"{held.pk}:{held.version}", "77:1"], "action": "approve", "queue": "held"}
    page = desk.post(reverse("desk_many"), data).content.decode()
    assert "1 done, 1 not" in page
    assert "no longer exists" in page
    batch = Decision.objects.get(actor="person").batch
    assert "1 comment taken back" in desk.post(reverse("desk_undo_many", args=[batch])).content.decode()


def test_an_approval_is_recorded_without_the_reason_chosen_beside_it(desk: Client, settled: Say, held: Comment) -> None:
    other = settled(f"{RUDE} Twice.")
    chosen = {"action": "approve", "reason": "insult", "words": "Not in this tone."}
    desk.post(reverse("desk_many"), {"item": [f"{held.pk}:{held.version}"], "queue": "held"} | chosen)
    decide(desk, other, **chosen)
    made = Decision.objects.filter(actor="person").values_list("action", "reason_code", "reason_words")
    assert list(made) == [("approve", "", "")] * 2


def test_a_moderator_of_one_section_sees_and_decides_only_there(client: Client, held: Comment) -> None:
    sport = Section.objects.create(name="Sport", slug="sport")
    user = UserFactory()
    staff = Staff.objects.create(user=user, role=Staff.Role.MODERATOR)
    staff.sections.add(sport)
    client.force_login(user)
    assert "You are an idiot" not in client.get("/desk/").content.decode()
    assert client.get(reverse("desk_comment", args=[held.pk])).status_code == 403
    assert decide(client, held).status_code == 403


def test_elsewhere_nothing_is_seen_or_touched_by_the_side_doors(client: Client, held: Comment) -> None:
    limited = staff("sid@example.org")
    limited.desk.sections.add(Section.objects.create(name="Sport", slug="sport"))
    Escalation.objects.create(comment=held, by=limited, by_name="cleo@example.org", words="Please look.")
    client.force_login(limited)
    many = client.post("/desk/many/", {"action": "approve", "item": f"{held.pk}:{held.version}"}).content.decode()
    assert "not yours" in many
    assert RUDE not in many
    assert held.reader.name not in many
    for what in ("lease", "unask"):
        assert client.post(f"/desk/comments/{held.pk}/{what}/").status_code == 403
    assert Escalation.objects.get().closed_at is None
    assert not QueueItem.objects.filter(lease_by=limited).exists()


def test_words_on_a_list_are_marked(desk: Client, settled: Say) -> None:
    set_rules(suspect_words=["idiot"], thresholds={})
    comment = settled(RUDE)
    page = desk.get(reverse("desk_comment", args=[comment.pk])).content.decode()
    assert re.search(r'<mark class="on-list"[^>]*>idiot</mark>', page)


def test_an_edit_is_shown_as_a_diff(desk: Client, held: Comment) -> None:
    posting.edit(comment=held, text="You are wrong and everyone in this town knows it.", by=held.reader)
    page = desk.get(reverse("desk_comment", args=[held.pk])).content.decode()
    assert "<del>an idiot </del><ins>wrong </ins>" in page


def test_one_undo_leads_to_the_one_before_and_none_bars_the_way(
    desk: Client, settled: Say, held: Comment, colleague: User
) -> None:
    first, second, third = held, settled(f"{RUDE} Twice."), settled(f"{RUDE} Thrice.")
    for comment in (first, second, third):
        decide(desk, comment)
    made = dict(Decision.objects.filter(actor="person").values_list("comment_id", "pk"))
    third.refresh_from_db()
    decisions.by_person(
        comment_id=third.pk, action="reject", by=colleague, version_seen=third.version, reason_code="spam"
    )

    script = {"headers": {"HX-Request": "true"}}
    barred = desk.post(reverse("desk_undo", args=[made[third.pk]]), **script)
    assert barred.status_code == 409
    assert reverse("desk_undo", args=[made[second.pk]]) in barred.content.decode()
    answer = desk.post(reverse("desk_undo", args=[made[second.pk]]), **script).content.decode()
    assert "Undo the one before" in answer
    assert reverse("desk_undo", args=[made[first.pk]]) in answer
    answer = desk.post(reverse("desk_undo", args=[made[first.pk]]), **script).content.decode()
    assert "<form" not in answer
    assert QueueItem.objects.filter(comment__in=[first, second], kind="held").count() == 2


def test_a_batch_taken_back_says_so_and_leads_to_the_action_before(desk: Client, settled: Say, held: Comment) -> None:
    other = settled(f"{RUDE} Twice.")
    decide(desk, other)
    script = {"headers": {"HX-Request": "true"}}
    data = {"action": "approve", "item": [f"{held.pk}:{held.version}"], "queue": "held"}
    done = desk.post(reverse("desk_many"), data, **script).content.decode()
    [undo] = re.findall(r'action="(/desk/many/[^"]+/undo/)"', done)
    back = desk.post(undo, {}, **script).content.decode()
    assert "Took it back: 1 comment is where it was" in back
    assert reverse("desk_undo", args=[Decision.objects.get(comment_id=other.pk, actor="person").pk]) in back
    assert undo not in back


def test_a_note_is_kept_with_the_comment_it_is_about(desk: Client, held: Comment) -> None:
    desk.post(reverse("desk_note", args=[held.reader_id]), {"text": "Quotes the mayor.", "comment": held.pk})
    card = desk.get(reverse("desk_comment", args=[held.pk])).content.decode()
    assert re.search(r"Quotes the mayor\..*on this comment", card)


def test_two_answers_on_their_way_at_once_both_stay_undoable(
    desk: Client, settled: Say, held: Comment, moderator: User, rf: RequestFactory
) -> None:
    """Each begins with the session as it was before the other, and writes it back after the other."""
    begun = []
    for comment in (held, settled(f"{RUDE} Twice.")):
        request = rf.post("/")
        request.user, request.session = moderator, desk.session
        begun.append((request, comment))
    for request, comment in begun:
        decision = decisions.by_person(
            comment_id=comment.pk, action="approve", by=moderator, version_seen=comment.version
        )
        last.remember(request, decision=decision)
        request.session.save()

    script = {"headers": {"HX-Request": "true"}}
    for _request, comment in reversed(begun):
        made = Decision.objects.get(comment_id=comment.pk, action="approve")
        assert reverse("desk_undo", args=[made.pk]) in desk.get("/desk/").content.decode()
        desk.post(reverse("desk_undo", args=[made.pk]), **script)


def test_the_desk_says_when_no_worker_scores_and_how_many_wait(desk: Client, held: Comment) -> None:
    posting.post(article=held.article, reader=held.reader, text="Who reads this?")
    Worker.objects.update_or_create(name="w", defaults={"seen_at": timezone.now()})
    for address in ("/desk/", f"/desk/comments/{held.pk}/"):
        assert "Scoring is not running" not in desk.get(address).content.decode()
    assert desk.get("/desk/live/").json()["down"] == ""
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    for address in ("/desk/", f"/desk/comments/{held.pk}/"):
        assert "1 comment waits for it; nothing is lost" in desk.get(address).content.decode()
    assert "1 comment waits" in desk.get("/desk/live/").json()["down"]


def test_each_filter_is_shown_and_taken_away_by_itself(desk: Client, held: Comment) -> None:
    article = held.article
    query = {"article": article.pk, "label": "toxicity", "words": "idiot", "refusal": "insult", "alike": held.pk}
    page = desk.get("/desk/queue/held/", query).content.decode()
    chips = re.findall(r'<li class="chip">(.*?) <a href="([^"]*)"', page)
    assert [words for words, _href in chips] == [
        f"On “{article.title}”", "Label: toxicity", "Refused for: Insult", "With the words “idiot”",
        "Alike, by whomever",
    ]  # fmt: skip
    for which, (_words, href) in zip(("article", "label", "refusal", "words", "alike"), chips, strict=True):
        rest = {name: str(value) for name, value in query.items() if name != which}
        assert dict(parse_qsl(unescape(href).partition("?")[2])) == rest
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="\w+">', page.partition('class="filter-form"')[2])
    assert {"article", "refusal", "alike"} <= set(hidden)
    assert 'class="chip"' not in desk.get("/desk/queue/held/").content.decode()


def veiled(page: str) -> list[str]:
    return re.findall(r'<input type="checkbox" id="unveil-?([a-z]*)', page)


def test_hateful_words_stay_blurred_wherever_they_are_quoted(desk: Client, settled: Say) -> None:
    def judge(comment: Comment, revision: int, toxicity: float) -> None:
        score = Score.objects.filter(comment=comment).latest("id")
        score.pk, score.revision, score.labels, score.weights = (
            None,
            revision,
            {"toxicity": toxicity},
            f"{score.pk:064}",
        )
        score.save()

    parent = settled("A calm word about the tram and its timetable.")
    answer = settled("Another calm word about the tram.", parent=parent)
    card, drawer = f"/desk/comments/{answer.pk}/", f"/desk/readers/{answer.reader_id}/"
    assert veiled(desk.get(card).content.decode()) == veiled(desk.get(drawer).content.decode()) == []
    judge(parent, 1, 0.95)
    assert veiled(desk.get(card).content.decode()) == ["parent"]
    assert veiled(desk.get(drawer).content.decode()) == ["comment"]
    judge(answer, 1, 0.95)
    posting.edit(comment=answer, text="A calmer word about the tram.", by=answer.reader)
    judge(answer, 2, 0.01)
    assert veiled(desk.get(card).content.decode()) == ["parent", "version", "version"]
    judge(parent, 1, 0.01)  # scored anew by a better checkpoint
    assert veiled(desk.get(card).content.decode()) == ["version", "version"]
    assert veiled(desk.get(drawer).content.decode()) == []


def test_more_than_two_hundred_at_once_are_refused_with_both_numbers(desk: Client, held: Comment) -> None:
    items = [f"{held.pk}:{held.version}", *(f"{10_000_000 + n}:1" for n in range(200))]
    answer = desk.post("/desk/many/", {"item": items, "action": "approve"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "201 comments are selected, and at most 200" in answer.content.decode()
    held.refresh_from_db()
    assert held.state == State.HELD


def test_what_is_likely_to_hurt_stays_blurred_in_the_results_of_a_batch(desk: Client, settled: Say) -> None:
    comments = [settled(RUDE), settled("A calm word about the tram and its timetable.")]
    Score.objects.filter(comment=comments[0]).update(labels={"toxicity": 0.95})
    sent = {"item": [f"{c.pk}:{c.version}" for c in comments], "action": "approve"}
    page = desk.post("/desk/many/", sent).content.decode()
    assert re.findall(r'<li class="([^"]+)" data-result="(\d+)"', page) == [
        ("done hateful", str(comments[0].pk)), ("done", str(comments[1].pk)),
    ]  # fmt: skip
