"""What the desk's tests share: people with roles, clients signed in as them, a comment that waits."""

from __future__ import annotations

import pytest
from django.test import Client

from discussions.models import Comment, User
from moderation.models import Staff
from tests.factories.discussions import AccountFactory, UserFactory
from tests.moderation.conftest import Say
from tests.moderation.test_pipeline import set_rules

RUDE = "You are an idiot and everyone in this town knows it."


@pytest.fixture(autouse=True)
def one_factor_will_do(settings: object) -> None:
    """As in the local demo; the second factor has its own tests."""
    settings.STAFF_NEED_SECOND_FACTOR = False  # type: ignore[attr-defined]


def staff(email: str, role: Staff.Role = Staff.Role.MODERATOR, *, name: str = "") -> User:
    """A colleague with a role at the desk; without a `name` they have chosen what stands before the @."""
    user = UserFactory(email=email, is_staff=True)
    AccountFactory(user=user, name=name or email.partition("@")[0])
    Staff.objects.create(user=user, role=role)
    return user


@pytest.fixture
def colleague(db: None) -> User:
    return staff("cleo@example.org")


@pytest.fixture
def senior(db: None) -> User:
    return staff("sena@example.org", Staff.Role.SENIOR)


@pytest.fixture
def held(settled: Say) -> Comment:
    """An insult that policy leaves to a person."""
    set_rules(thresholds={"toxicity": {"hold": 0.3, "reject": 1.0}})
    return settled(RUDE)


@pytest.fixture
def desk(client: Client, moderator: User) -> Client:
    client.force_login(moderator)
    return client


@pytest.fixture
def senior_desk(senior: User) -> Client:
    client = Client()
    client.force_login(senior)
    return client
