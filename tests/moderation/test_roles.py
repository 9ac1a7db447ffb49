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
from moderation import roles, tallies, urls
from moderation.models import Appeal, Decision, Escalation, Note, Sanction, Staff, Trust, Undoable
from tests.factories.discussions import UserFactory
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
        "trust_id": Trust.objects.create(reader=held.reader, words="Known.", by=senior, by_name=str(senior)).pk,
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
    own = posting.post(article=article, reader=admin.reader, text=RUDE)  # type: ignore[arg-type]
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
        sent = {"action": "approve", "version": held.version}
        assert client.post(reverse(name, args=[held.pk]), sent).status_code == 403, name


@pytest.fixture
def elsewhere(objects: dict[str, Any], held: Comment) -> dict[str, Any]:
    """The same objects, with the comment under an article of another section than the limited people answer for."""
    held.article.section = Section.objects.create(name="Culture", slug="culture")
    held.article.save()
    return objects


ABOUT_A_READER = {"desk_lift", "desk_unnote", "desk_untrust"}  # answer with the reader's page


def limited(role: Staff.Role) -> Client:
    """Somebody who answers for one section, in which nothing stands."""
    user = staff(f"limited-{role.name.lower()}@example.org", role)
    user.desk.sections.add(Section.objects.get_or_create(name="Sport", slug="sport")[0])
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("role", Staff.Role, ids=lambda role: role.name.lower())
@pytest.mark.parametrize("script", [False, True], ids=["page", "script"])
def test_no_address_tells_of_or_touches_another_sections_comments(
    role: Staff.Role, script: bool, elsewhere: dict[str, Any], held: Comment
) -> None:
    client = limited(role)
    asked = {
        "ids": f"{held.pk}:0", "comment": held.pk, "who": "all", "queue": "all", "item": f"{held.pk}:{held.version}",
        "action": "approve", "version": held.version, "outcome": "overturned", "words": "Fine.", "text": "A note.",
        "kind": "warn", "reason": "insult", "existing": "refuse",
    }  # fmt: skip
    headers = {"HX-Request": "true"} if script else {}
    before = (Decision.objects.count(), held.queue_items.values().get())
    for pattern in GUARDED:
        for method in {"GET", "POST"} & set(pattern.callback.desk_methods):
            ask: Callable[..., Any] = client.post if method == "POST" else client.get
            answer = ask(address(pattern, elsewhere), asked, headers=headers)
            told = b"".join(answer) if answer.streaming else answer.content
            Undoable.objects.all().delete()  # a reader one has just sanctioned is rightly named under undo
            assert RUDE.encode() not in told, pattern.name
            if "reader_id" not in pattern.pattern.converters and pattern.name not in ABOUT_A_READER:
                assert held.reader.name.encode() not in told, pattern.name
            if "comment_id" in pattern.pattern.converters or pattern.name in {"desk_answer", "desk_reopen"}:
                needed = pattern.callback.desk_permission
                assert answer.status_code == 403, f"{pattern.name}, which needs to {needed}: {answer.status_code}"
    held.refresh_from_db()
    assert (Decision.objects.count(), held.queue_items.values().get()) == before
    assert held.state == "held"


def test_live_counts_and_rows_end_where_the_sections_end(elsewhere: dict[str, Any], held: Comment) -> None:
    seen = {"ids": f"{held.pk}:0"}
    Escalation.objects.create(comment=held, by_name="cleo@example.org")
    news = limited(Staff.Role.SENIOR).get(reverse("desk_live"), seen).json()
    assert (news["gone"], news["leases"], set(news["counts"].values())) == ({}, {}, {0})
    everywhere = Client()
    everywhere.force_login(staff("everywhere@example.org", Staff.Role.SENIOR))
    news = everywhere.get(reverse("desk_live"), seen).json()
    assert list(news["gone"]) == [str(held.pk)]
    assert (news["counts"]["held"], news["counts"]["all"], news["counts"]["mine"]) == (1, 1, 1)


def test_whoever_answers_for_the_section_sees_its_counts_record_and_numbers(
    elsewhere: dict[str, Any], held: Comment
) -> None:
    client = limited(Staff.Role.SENIOR)
    Staff.objects.get(user__email="limited-senior@example.org").sections.add(held.article.section)
    assert client.get(reverse("desk_live")).json()["counts"]["held"] == 1
    assert held.reader.name in client.get(reverse("desk_record"), {"who": "all"}).content.decode()
    csv = client.get(reverse("desk_table", args=["volume"])).content.decode()
    assert ",1" in csv


def test_numbers_count_a_persons_sections_only(elsewhere: dict[str, Any]) -> None:
    csv = limited(Staff.Role.SENIOR).get(reverse("desk_table", args=["volume"])).content.decode()
    assert csv.startswith("from,posted")
    assert ",1" not in csv


def test_counts_go_along_when_an_article_moves_to_another_section(elsewhere: dict[str, Any], held: Comment) -> None:
    culture = held.article.section
    assert culture is not None
    article = held.article
    for section in (Section.objects.create(name="Town", slug="town"), None, culture):
        article.section = section
        article.save()
        assert tallies.differences() == []
        assert tallies.counts([culture.pk]).get("held", 0) == (section == culture)
        assert tallies.counts([culture.pk]).get("is_held", 0) == (section == culture)
    assert tallies.counts()["held"] == 1


def test_the_whole_record_is_exported_by_nobody_who_answers_for_one_section(elsewhere: dict[str, Any]) -> None:
    assert limited(Staff.Role.ADMIN).post(reverse("desk_export")).status_code == 403
