"""Django's admin stands behind the same log-in as the desk."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, override_settings

from discussions.models import Article, Reader, Section, User
from moderation import roles
from moderation.models import Staff
from tests.factories.discussions import ArticleFactory, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("root@example.org", "a long password")


def test_strangers_come_to_the_sites_own_log_in(client: Client) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=/admin/"
    assert client.post("/admin/login/", {"username": "root@example.org", "password": "x"}).status_code == 302


@override_settings(STAFF_NEED_SECOND_FACTOR=True)
def test_a_password_alone_does_not_open_it(client: Client, admin: User) -> None:
    client.force_login(admin)
    way = [address.partition("?")[0] for address, _status in client.get("/admin/", follow=True).redirect_chain]
    assert way == ["/admin/login/", "/accounts/2fa/totp/activate/", "/accounts/reauthenticate/"]


@override_settings(STAFF_NEED_SECOND_FACTOR=False)
def test_the_local_demo_asks_for_no_second_factor(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get("/admin/discussions/article/").status_code == 200
    assert client.get("/admin/login/?next=//evil.example/").headers["Location"] == "/admin/"


def test_readers_are_told_that_it_is_not_for_them(client: Client) -> None:
    client.force_login(User.objects.create_user("ada@example.org", "a long password"))
    assert client.get("/admin/", follow=True).status_code == 403


ARTICLES, ROLES = "/admin/discussions/article/", "/admin/moderation/staff/"
SECTIONS = "/admin/discussions/section/"


@pytest.fixture
def open_door(settings: Any) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = False


def person(name: str) -> User:
    return User.objects.create_user(f"{name}@example.org", "a long password")


def give(client: Client, user: User, role: Staff.Role) -> None:
    """As an admin does it, by the form."""
    assert client.post(f"{ROLES}add/", {"user": user.pk, "role": role}).status_code == 302


@pytest.mark.usefixtures("open_door")
@pytest.mark.parametrize(
    ("role", "articles", "staff"),
    [
        (Staff.Role.MODERATOR, 403, 403),
        (Staff.Role.SENIOR, 403, 403),
        (Staff.Role.EDITOR, 200, 403),
        (Staff.Role.ADMIN, 200, 200),
    ],
)
def test_a_role_given_in_the_admin_opens_what_it_should(
    client: Client, admin: User, role: Staff.Role, articles: int, staff: int
) -> None:
    user = person("cleo")
    client.force_login(admin)
    give(client, user, role)
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    assert client.get(f"{ARTICLES}add/").status_code == articles
    assert client.get(f"{ROLES}add/").status_code == staff
    assert client.get("/admin/account/emailaddress/").status_code == 403


@pytest.mark.usefixtures("open_door")
def test_an_editor_writes_and_closes_an_article(client: Client, admin: User) -> None:
    user = person("edith")
    client.force_login(admin)
    give(client, user, Staff.Role.EDITOR)
    client.force_login(user)
    fields = {"title": "Tram", "slug": "tram", "body": "One.", "mode": "open"}
    fields |= {"published_at_0": "2026-01-01", "published_at_1": "12:00:00"}
    assert client.post(f"{ARTICLES}add/", fields).status_code == 302
    article = Article.objects.get(slug="tram")
    client.post(ARTICLES, {"action": "close", "_selected_action": [article.pk]})
    article.refresh_from_db()
    assert not article.is_open()


@pytest.mark.usefixtures("open_door")
def test_an_editor_looks_readers_up_without_their_addresses(client: Client, admin: User) -> None:
    comment = post(ArticleFactory())
    Reader.objects.filter(pk=comment.reader_id).update(email="hidden@example.org")
    address = f"/admin/discussions/reader/{comment.reader_id}/change/"
    user = person("edith")
    client.force_login(admin)
    assert "hidden@example.org" in client.get(address).content.decode()
    give(client, user, Staff.Role.EDITOR)
    client.force_login(user)
    page = client.get(address)
    assert page.status_code == 200
    assert "hidden@example.org" not in page.content.decode()


@pytest.mark.usefixtures("open_door")
@pytest.mark.parametrize(
    ("role", "question"),
    [
        (Staff.Role.EDITOR, "reader/?email__startswith=h"),
        (Staff.Role.ADMIN, "user/?password__startswith=scrypt"),
        (Staff.Role.ADMIN, "mail/?body__contains=reset/key/a"),
        (Staff.Role.ADMIN, "mail/?html__regex=a"),
    ],
)
def test_what_the_admin_hides_cannot_be_asked_for_letter_by_letter(
    client: Client, admin: User, role: Staff.Role, question: str
) -> None:
    user = person("edith")
    client.force_login(admin)
    give(client, user, role)
    client.force_login(user)
    assert client.get(f"/admin/discussions/{question}").status_code == 400
    assert client.get("/admin/discussions/reader/?kind__exact=guest&q=ada").status_code == 200


@pytest.mark.usefixtures("open_door")
def test_a_section_that_somebody_answers_for_is_not_deleted_from_under_them(client: Client, admin: User) -> None:
    limited, unused = Section.objects.create(name="Local", slug="local"), Section.objects.create(name="Old", slug="old")
    moderator, editor = person("mona"), person("edith")
    Staff.objects.create(user=moderator, role=Staff.Role.MODERATOR).sections.add(limited)
    client.force_login(admin)
    give(client, editor, Staff.Role.EDITOR)
    client.force_login(editor)
    assert client.post(f"{SECTIONS}{limited.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [limited.pk], "post": "yes"}
    client.post(SECTIONS, chosen)
    assert roles.sections_of(moderator) == [limited.pk]
    assert client.post(f"{SECTIONS}{unused.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Section.objects.filter(pk=unused.pk).exists()


@pytest.mark.usefixtures("open_door")
def test_a_section_with_articles_is_not_deleted(client: Client, admin: User) -> None:
    section = Section.objects.create(name="Local", slug="local")
    ArticleFactory(section=section)
    client.force_login(admin)
    assert client.post(f"{SECTIONS}{section.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.usefixtures("open_door")
@pytest.mark.parametrize("many", [True, False])
def test_a_role_taken_back_closes_the_admin(client: Client, admin: User, many: bool) -> None:
    user = person("cleo")
    client.force_login(admin)
    give(client, user, Staff.Role.ADMIN)
    role = Staff.objects.get(user=user)
    if many:
        chosen = {"action": "delete_selected", "_selected_action": [role.pk], "post": "yes"}
        assert client.post(ROLES, chosen).status_code == 302
    else:
        assert client.post(f"{ROLES}{role.pk}/delete/", {"post": "yes"}).status_code == 302
    user.refresh_from_db()
    assert not user.is_staff
    client.force_login(user)
    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.usefixtures("open_door")
def test_a_role_stays_with_its_account(client: Client, admin: User) -> None:
    one, other = person("one"), person("other")
    client.force_login(admin)
    give(client, one, Staff.Role.EDITOR)
    role = Staff.objects.get(user=one)
    client.post(f"{ROLES}{role.pk}/change/", {"user": other.pk, "role": Staff.Role.MODERATOR})
    role.refresh_from_db()
    assert (role.user, role.role) == (one, Staff.Role.MODERATOR)
