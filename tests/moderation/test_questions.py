"""Questions to a colleague."""

from __future__ import annotations

import pytest
from django.test import Client

from discussions.models import Comment, Section, User
from moderation.models import Escalation
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import staff

pytestmark = pytest.mark.django_db


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


def test_a_second_question_takes_no_place_of_the_first(desk: Client, held: Comment, colleague: User) -> None:
    other = Client()
    other.force_login(staff("bea@example.org"))
    desk.post(f"/desk/comments/{held.pk}/ask/", {"to": colleague.pk, "words": "Is this our lawyer's case?"})
    answer = other.post(f"/desk/comments/{held.pk}/ask/", {"words": "Whoever is senior."})
    assert answer.status_code == 422
    assert Escalation.objects.get().words == "Is this our lawyer's case?"
    desk.post(f"/desk/comments/{held.pk}/ask/", {"to": colleague.pk, "words": "Or the editor's?"})
    assert Escalation.objects.get().words == "Or the editor's?"


def test_a_colleague_who_does_not_see_the_comment_is_not_asked(desk: Client, held: Comment, colleague: User) -> None:
    colleague.desk.sections.add(Section.objects.create(name="Elsewhere", slug="elsewhere"))
    assert f'<option value="{colleague.pk}"' not in desk.get(f"/desk/comments/{held.pk}/").content.decode()
    answer = desk.post(f"/desk/comments/{held.pk}/ask/", {"to": colleague.pk})
    assert (answer.status_code, Escalation.objects.count()) == (422, 0)
