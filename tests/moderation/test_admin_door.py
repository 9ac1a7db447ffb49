"""Django's admin stands behind the same log-in as the desk."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from discussions.models import User

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
    answer = client.get("/admin/discussions/article/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/2fa/totp/activate/") or "reauthenticate" in str(
        answer.redirect_chain
    )


@override_settings(STAFF_NEED_SECOND_FACTOR=False)
def test_the_local_demo_asks_for_no_second_factor(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get("/admin/discussions/article/").status_code == 200
    assert client.get("/admin/login/?next=//evil.example/").headers["Location"] == "/admin/"


def test_readers_are_told_that_it_is_not_for_them(client: Client) -> None:
    client.force_login(User.objects.create_user("ada@example.org", "a long password"))
    assert client.get("/admin/", follow=True).status_code == 403
