"""Accounts: sign-up, confirmation, log-in, reset."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from discussions.models import Mail, Reader, User
from tests.factories.discussions import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_in_the_database")]

PASSWORD = "forty quiet evenings"


def sign_up(client: Client, **fields: str):
    filled = {"email": "ada@example.org", "password1": PASSWORD, "name": "Ada Brook", **fields}
    return client.post("/accounts/signup/", filled)


def link_in_the_last_mail() -> str:
    found = re.search(r"https://talk\.example\.org(/\S+)", Mail.objects.latest("pk").body)
    assert found is not None
    return found[1]


def test_from_sign_up_to_a_name_that_speaks(client: Client) -> None:
    assert sign_up(client).status_code == 302
    reader = Reader.objects.get()
    assert (reader.kind, reader.name, reader.user.email) == ("account", "Ada Brook", "ada@example.org")
    link = link_in_the_last_mail()
    assert "address for user Ada Brook" in client.get(link).content.decode()
    client.post(link)
    answer = client.post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORD})
    assert answer.status_code == 302
    assert "Ada Brook" in client.get("/me/").content.decode()


def test_an_unconfirmed_address_does_not_log_in(client: Client) -> None:
    sign_up(client)
    client.post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORD})
    assert client.get("/me/").status_code == 302


def test_the_first_administrator_logs_in_before_any_mail_was_sent(client: Client) -> None:
    call_command("createsuperuser", "--noinput", "--email", "Root@Example.org", stdout=io.StringIO())
    root = User.objects.get()
    root.set_password(PASSWORD)
    root.save()
    answer = client.post("/accounts/login/", {"login": "root@example.org", "password": PASSWORD})
    assert "confirm" not in answer["Location"]
    assert client.session["_auth_user_id"] == str(root.pk)
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Moderator", "kept for the people"),
        ("M0derator", "kept for the people"),
        ("Bo Lind", "already goes by"),
        ("!!", "letters"),
    ],
)
def test_nobody_poses_as_staff_or_as_another(client: Client, name: str, says: str) -> None:
    AccountFactory(name="Bo Lind")
    answer = sign_up(client, name=name)
    assert says in answer.content.decode()
    assert User.objects.filter(email="ada@example.org").count() == 0


def test_the_page_does_not_tell_who_has_an_account(client: Client) -> None:
    known = sign_up(client)
    again = sign_up(Client(), name="Somebody Else")
    assert (known.status_code, known.headers["Location"]) == (again.status_code, again.headers["Location"])
    assert User.objects.count() == 1


def test_a_password_is_reset_by_mail(client: Client) -> None:
    sign_up(client)
    link = link_in_the_last_mail()
    client.post(link)
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    link = link_in_the_last_mail()
    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    new = "fifty louder mornings"
    client.post(address, {"password1": new, "password2": new})
    used = Client().get(link, follow=True).content.decode()
    assert "This link is no longer good" in used
    assert "Token" not in used
    fresh = Client()
    fresh.post("/accounts/login/", {"login": "ada@example.org", "password": new})
    assert fresh.get("/me/").status_code == 200


@pytest.mark.parametrize("address", ["login/", "signup/", "password/reset/", "confirm-email/"])
def test_every_page_wears_the_sites_dress(client: Client, address: str) -> None:
    body = client.get(f"/accounts/{address}").content.decode()
    assert "nameplate" in body
    assert " style=" not in body


@pytest.mark.parametrize("address", ["email/", "password/change/", "2fa/", "logout/"])
def test_every_page_of_an_account_wears_it_too(client: Client, address: str) -> None:
    client.force_login(AccountFactory().user)
    body = client.get(f"/accounts/{address}").content.decode()
    assert "nameplate" in body
    assert " style=" not in body


@override_settings(TRUSTED_PROXIES=1)
def test_failed_log_ins_are_counted_for_the_client_and_not_for_the_proxy(client: Client) -> None:
    def tries(times: int, forwarded: str) -> bool:
        for turn in range(times):
            form = {"login": f"nobody{turn}@example.org", "password": "wrong"}
            answer = client.post("/accounts/login/", form, headers={"X-Forwarded-For": forwarded})
        return "Too many failed" in answer.content.decode()

    assert tries(12, "6.6.6.6, 198.51.100.1")
    assert tries(1, "7.7.7.7, 198.51.100.1"), "what the client itself claims changes nothing"
    assert not tries(1, "6.6.6.6, 198.51.100.2")
