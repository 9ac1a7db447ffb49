"""Guests: whose name and address they cannot take."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress

from discussions import guests
from discussions.models import Reader, User
from tests.discussions.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name",
    [
        "Admin",
        "ADM1N",
        "Аdmin",
        " moderator ",
        "Мoderator",
        "ad\u3164min",
        "editor\u1160",
        "ᴍᴏᴅᴇʀᴀᴛᴏʀ",
        "🅼oderator",
        "stɑff",
    ],
)
def test_a_guest_cannot_take_an_office(name: str) -> None:
    with refused("name_reserved"):
        guests.add(name=name, email="x@example.org")


@pytest.mark.parametrize(
    "name",
    ["Paula Weir", "paula  weir", "Pаula Weir", "P\u200baula Weir", "Рaula Weir", "Paula\uffa0Weir", "Pauŀa Weir"],
)
def test_a_guest_cannot_take_the_name_of_an_account(name: str) -> None:
    user = User.objects.create_user("paula@example.org", "a long password")
    Reader.objects.create(kind=Reader.Kind.ACCOUNT, user=user, name="Paula Weir")
    with refused("name_taken"):
        guests.add(name=name, email="x@example.org")


def test_two_accounts_cannot_share_a_name_of_signs_that_stand_for_many_letters() -> None:
    name = "\ufdfa" * 60
    user = User.objects.create_user("paula@example.org", "a long password")
    Reader.objects.create(kind=Reader.Kind.ACCOUNT, user=user, name=name)
    with refused("name_taken"):
        guests.add(name=name, email="x@example.org")


def test_an_address_longer_than_can_be_kept_is_refused() -> None:
    with refused("email_malformed"):
        guests.add(name="Bo", email="a" * 60 + "@" + ".".join(["b" * 60] * 4) + ".org")


def test_a_guest_cannot_post_with_an_accounts_second_address() -> None:
    user = User.objects.create_user("paula@example.org", "a long password")
    EmailAddress.objects.create(user=user, email="weir@example.org", verified=True)
    with refused("email_registered"):
        guests.add(name="Somebody", email="Weir@example.org")


def test_a_guest_cannot_post_with_an_accounts_address() -> None:
    User.objects.create_user("paula@example.org", "a long password")
    with refused("email_registered"):
        guests.add(name="Somebody", email="Paula@Example.org")
