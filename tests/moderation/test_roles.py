"""Role × action: every address of the desk, asked by everybody who might try it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from discussions import posting
from discussions.models import Comment, Section, User
from moderation import roles, urls
from moderation.models import Appeal, Decision, Note, Sanction, Staff
from tests.factories.discussions import AccountFactory, UserFactory
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.desk import RUDE, staff

pytestmark = pytest.mark.django_db

# Addresses that are not behind the desk's door, and why.
OPEN = {"appeal"}  # an author's own page; tests/moderation/test_appeals.py
ORDER = [None, *Staff.Role]


def patterns() -> Iterator[URLPattern]:
    yield from urls.urlpatterns


GUARDED = [p for p in patterns() if p.name not in OPEN]


def person(role: Staff.Role | None) -> User:
    name = "nobody" if role is None else role.name.lower()
    return UserFactory(email=f"{name}@example.org") if role is None else staff(f"{name}@example.org", role)


@pytest.fixture
def objects(held: Comment, senior: User) -> dict[str, Any]:
    """Something real for every kind of address."""
    decision = Decision.objects.filter(comment_id=held.pk).latest("id")
    return {
        "name": "held",
        "key": "volume",
        "version": 1,
        "batch": uuid4(),
        "comment_id": held.pk,
        "decision_id": decision.pk,
        "reader_id": held.reader_id,
        "appeal_id": Appeal.objects.create(
            comment=held, reader=held.reader, decision_id=decision.pk, words="It was a joke."
        ).pk,
        "note_id": Note.objects.create(reader=held.reader, text="Known.", by=senior, by_name=str(senior)).pk,
        "sanction_id": Sanction.objects.create(
            reader=held.reader, kind="warn", reason_code="insult", by=senior, by_name=str(senior)
        ).pk,
    }


def address(pattern: URLPattern, objects: dict[str, Any]) -> str:
    return reverse(pattern.name, kwargs={k: objects[k] for k in pattern.pattern.converters})


def test_no_address_is_outside_the_door() -> None:
    for pattern in GUARDED:
        assert hasattr(pattern.callback, "desk_permission"), f"{pattern.name} is not guarded"
        assert pattern.callback.desk_permission in roles.NEEDED


@pytest.mark.parametrize("role", ORDER, ids=lambda role: role.name.lower() if role else "no role")
def test_each_role_reaches_what_it_may_and_nothing_else(role: Staff.Role | None, objects: dict[str, Any]) -> None:
    client = Client()
    client.force_login(person(role))
    for pattern in GUARDED:
        needed = roles.NEEDED[pattern.callback.desk_permission]
        method: Callable[..., Any] = client.post if "POST" in pattern.callback.desk_methods else client.get
        status = method(address(pattern, objects)).status_code
        if role is None or role < needed:
            assert status == 403, f"{pattern.name}: {status}"
        else:
            # 403 may still be a matter of the object: somebody else's note, one's own decision.
            assert status in {200, 204, 302, 403, 404, 409, 422}, f"{pattern.name}: {status}"
            if status == 403:
                assert pattern.name in {"desk_unnote", "desk_undo", "desk_rules"}, pattern.name


def test_strangers_are_sent_to_the_login_everywhere(objects: dict[str, Any]) -> None:
    client = Client()
    for pattern in GUARDED:
        method: Callable[..., Any] = client.post if "POST" in pattern.callback.desk_methods else client.get
        answer = method(address(pattern, objects))
        assert (answer.status_code, answer["Location"].startswith(reverse("account_login"))) == (302, True), (
            pattern.name
        )


def test_what_changes_something_needs_a_post(objects: dict[str, Any]) -> None:
    client = Client()
    client.force_login(staff("admin@example.org", Staff.Role.ADMIN))
    for pattern in GUARDED:
        if "GET" not in pattern.callback.desk_methods:
            assert client.get(address(pattern, objects)).status_code == 405, pattern.name


def test_nobody_decides_on_their_own_comment_whatever_their_role(article: object, quick_engine: None) -> None:
    admin = staff("admin@example.org", Staff.Role.ADMIN)
    own = posting.post(article=article, reader=AccountFactory(user=admin), text=RUDE)  # type: ignore[arg-type]
    client = Client()
    client.force_login(admin)
    answer = client.post(reverse("desk_decide", args=[own.pk]), {"action": "approve", "version": 1})
    assert answer.status_code == 403
    assert "own comment" in answer.content.decode()


def test_an_inactive_account_has_no_role(moderator: User) -> None:
    moderator.is_active = False
    assert roles.role_of(moderator) is None


def test_a_section_limits_readers_comments_too(held: Comment) -> None:
    sport = Section.objects.create(name="Sport", slug="sport")
    limited = staff("spo@example.org")
    limited.desk.sections.add(sport)
    client = Client()
    client.force_login(limited)
    page = client.get(reverse("desk_reader", args=[held.reader_id])).content.decode()
    assert RUDE not in page
    for name in ("desk_ask", "desk_decide", "desk_spans"):
        assert client.post(reverse(name, args=[held.pk]), {"action": "approve"}).status_code == 403, name
