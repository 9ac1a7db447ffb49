"""Editors' picks and pins."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from discussions import picks, threads
from discussions.models import Article, Comment, Highlight, Section, State, User
from discussions.refusals import Refused
from moderation.models import Staff
from tests.factories.discussions import AccountFactory, ArticleFactory, ReaderFactory, UserFactory, move, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _password_alone_will_do(settings: object) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = False  # type: ignore[attr-defined]


@pytest.fixture
def editor() -> User:
    return UserFactory(is_staff=True)


def test_a_pick_stands_above_the_thread_at_once(client: Client, article: Article, editor: User) -> None:
    comment = post(article, "The best of them.", reader=ReaderFactory(name="Bo Lind"))
    assert 'class="picks"' not in client.get(article.get_absolute_url()).content.decode()
    staff = Client()
    staff.force_login(editor)
    staff.post(f"/comments/{comment.pk}/pick/")
    body = client.get(article.get_absolute_url()).content.decode()
    assert body.count("The best of them.") == 2
    assert f'<a href="/comments/{comment.pk}/"><bdi>Bo Lind</bdi></a>' in body
    staff.post(f"/comments/{comment.pk}/pick/")
    assert 'class="picks"' not in client.get(article.get_absolute_url()).content.decode()


def test_only_staff_pick(client: Client, article: Article) -> None:
    comment = post(article)
    assert client.post(f"/comments/{comment.pk}/pick/").status_code == 403
    client.force_login(AccountFactory().user)
    assert client.post(f"/comments/{comment.pk}/pick/").status_code == 403
    comment.refresh_from_db()
    assert comment.picked_at is None


def test_whoever_answers_for_one_section_lifts_nothing_in_another(client: Client, editor: User) -> None:
    sport, politics = (Section.objects.create(name=name, slug=name.lower()) for name in ("Sport", "Politics"))
    theirs, others, loose = (post(ArticleFactory(section=section)) for section in (sport, politics, None))
    client.force_login(editor)
    answers = {}
    for limited in (False, True):
        if limited:
            Staff.objects.create(user=editor, role=Staff.Role.MODERATOR).sections.add(sport)
        for comment in (theirs, others, loose):
            page = client.get(comment.get_absolute_url()).content.decode()
            statuses = {client.post(f"/comments/{comment.pk}/{what}/").status_code for what in ("pick", "pin")}
            answers[limited, comment] = ("Pin to the top" in page or "Unpin" in page, statuses)
    may, may_not = (True, {302}), (False, {403})
    assert [answers[False, comment] for comment in (theirs, others, loose)] == [may] * 3
    assert [answers[True, comment] for comment in (theirs, others, loose)] == [may, may_not, may_not]


def test_a_pick_that_is_taken_down_is_no_longer_shown(article: Article, editor: User) -> None:
    comment = post(article)
    picks.toggle(comment=comment, by=editor)
    comment.refresh_from_db()
    assert [row.id for row in threads.roots(article.pk).picks] == [comment.pk]
    move(comment, State.REJECTED)
    assert threads.roots(article.pk).picks == []


def test_only_the_first_page_brings_picks_and_three_at_most(article: Article, editor: User) -> None:
    made = [post(article) for _number in range(5)]
    for comment in made:
        picks.toggle(comment=comment, by=editor)
    assert len(threads.roots(article.pk).picks) == threads.MOST_PICKS
    assert threads.roots(article.pk, after=str(made[-1].pk)).picks == []


def pin(comment: Comment, by: User) -> bool:
    return picks.toggle_pin(comment=comment, by=by)


@pytest.mark.parametrize("sort", list(threads.ORDERS))
def test_a_pin_stands_first_in_every_order_and_nowhere_else(article: Article, editor: User, sort: str) -> None:
    made = [post(article) for _number in range(3 * threads.PAGE_ROWS)]
    pinned = made[len(made) // 2]
    answer = post(article, parent=pinned)
    pin(pinned, editor)
    found: list[int] = []
    after: str | None = ""
    while after is not None:
        page = threads.roots(article.pk, sort=sort, after=after)
        found += [row.id for row in page.rows]
        after = page.next
        if len(found) <= len(page.rows):
            assert [row.id for row in page.rows[0].children] == [answer.pk]
    assert found[0] == pinned.pk
    assert sorted(found) == [comment.pk for comment in made]


def test_pins_with_long_branches_leave_room_and_lose_nobody(article: Article, editor: User) -> None:
    made = [post(article) for _number in range(60)]
    for root in made[:3]:
        for _number in range(5):
            parent = post(article, parent=root)
            for _again in range(4):
                post(article, parent=parent)
        pin(root, editor)
    first = threads.roots(article.pk, sort="oldest")
    rest = threads.roots(article.pk, sort="oldest", after=first.next or "")
    assert [row.id for row in first.rows[:3]] == [root.pk for root in made[:3]]
    assert len(first) <= threads.PAGE_ROWS + threads.BRANCH_ROWS
    assert sorted(row.id for row in (*first.rows, *rest.rows)) == [root.pk for root in made]


@pytest.mark.parametrize("sort", list(threads.ORDERS))
def test_a_pin_keeps_its_answers_where_all_others_have_some(article: Article, editor: User, sort: str) -> None:
    made = [post(article) for _number in range(60)]
    for root in made:
        for _number in range(3):
            post(article, parent=root)
    pin(made[30], editor)
    first = threads.roots(article.pk, sort=sort).rows[0]
    assert (first.id, len(first.children)) == (made[30].pk, 3)


def test_the_last_pick_stands_first(article: Article, editor: User) -> None:
    made = [post(article) for _number in range(3)]
    for number in (1, 2, 0):
        picks.toggle(comment=made[number], by=editor)
    assert [row.id for row in threads.roots(article.pk).picks] == [made[0].pk, made[2].pk, made[1].pk]


def test_a_pin_costs_no_question_more(article: Article, editor: User) -> None:
    comment = post(article)
    asked = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as queries:
            threads.roots(article.pk)
        asked.append(len(queries))
        pin(comment, editor)
    assert asked == [2, 2]


def test_a_pin_is_marked_at_once_and_taken_back_by_the_same_button(
    client: Client, article: Article, editor: User
) -> None:
    old, _new = post(article, "The rules of this thread."), post(article, "Something newer.")
    before = client.get(article.get_absolute_url()).content.decode()
    assert before.index("Something newer.") < before.index("The rules of this thread.")
    staff = Client()
    staff.force_login(editor)
    assert "Pin to the top" in staff.get(old.get_absolute_url()).content.decode()
    assert staff.post(f"/comments/{old.pk}/pin/").status_code == 302
    pinned = client.get(article.get_absolute_url()).content.decode()
    assert pinned.index("The rules of this thread.") < pinned.index("Something newer.")
    assert pinned.count('class="badge pin"') == 1
    assert "Unpin" in staff.get(old.get_absolute_url()).content.decode()
    staff.post(f"/comments/{old.pk}/pin/")
    assert client.get(article.get_absolute_url()).content.decode().count('class="badge pin"') == 0


def test_at_most_three_and_one_taken_down_gives_its_place_up(article: Article, editor: User) -> None:
    made = [post(article) for _number in range(picks.MOST_PINS + 1)]
    for comment in made[:-1]:
        pin(comment, editor)
    with pytest.raises(Refused, match="pins"):
        pin(made[-1], editor)
    move(made[0], State.REJECTED)
    assert [row.id for row in threads.roots(article.pk).rows[:2]] == [made[2].pk, made[1].pk]
    assert pin(made[-1], editor)
    assert set(Comment.objects.exclude(pinned_at=None)) == set(made[1:])


def test_a_pinned_comment_that_leaves_a_tombstone_goes_back_to_its_place(article: Article, editor: User) -> None:
    old, newer = post(article), post(article)
    post(article, parent=old)
    pin(old, editor)
    move(old, State.REJECTED)
    assert [row.id for row in threads.roots(article.pk).rows] == [newer.pk, old.pk]


def test_only_what_starts_a_thread_and_can_be_read_is_pinned(article: Article, editor: User) -> None:
    root = post(article)
    answer, held = post(article, parent=root), post(article, state=State.HELD)
    for comment, code in ((answer, "not_a_root"), (held, "gone")):
        with pytest.raises(Refused, match=code):
            pin(comment, editor)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=answer.pk).update(pinned_at=answer.created_at)


def test_only_staff_pin_and_are_told_what_is_in_the_way(client: Client, article: Article, editor: User) -> None:
    root = post(article)
    answer = post(article, parent=root)
    client.force_login(AccountFactory().user)
    assert client.post(f"/comments/{root.pk}/pin/").status_code == 403
    client.force_login(editor)
    refused = client.post(f"/comments/{answer.pk}/pin/")
    assert refused.status_code == 422
    assert "Only a comment that starts a thread" in refused.content.decode()


def test_staff_without_their_second_factor_lift_nothing(
    client: Client, article: Article, editor: User, settings: object
) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = True  # type: ignore[attr-defined]
    root = post(article)
    client.force_login(editor)
    assert "Pin to the top" not in client.get(root.get_absolute_url()).content.decode()
    assert client.post(f"/comments/{root.pk}/pin/").status_code == 403
    assert client.post(f"/comments/{root.pk}/pick/").status_code == 403


def test_who_lifted_what_is_on_record_and_stays_so(article: Article, editor: User) -> None:
    comment = post(article)
    picks.toggle(comment=comment, by=editor)
    pin(comment, editor)
    pin(comment, editor)
    lines = Highlight.objects.order_by("pk").values_list("comment_id", "kind", "begins", "by_name")
    told = [("pick", True), ("pin", True), ("pin", False)]
    assert list(lines) == [(comment.pk, kind, begins, editor.email) for kind, begins in told]
    with pytest.raises(ProgrammingError), transaction.atomic():
        Highlight.objects.all().delete()
    with pytest.raises(ProgrammingError), transaction.atomic():
        Highlight.objects.update(by_name="nobody")


def test_the_record_of_picks_cannot_be_emptied(article: Article, editor: User) -> None:
    picks.toggle(comment=post(article), by=editor)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="Cannot empty"), transaction.atomic():
            cursor.execute("TRUNCATE discussions_highlight")
    assert Highlight.objects.count() == 1
