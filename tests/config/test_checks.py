"""A wrong setting is named before the site starts, by the name that the operator gave it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError
from django.test import override_settings

from config.checks import settings_are_sane


def complaints(**settings: Any) -> dict[str | None, str]:
    with override_settings(**settings):
        return {found.id: f"{found.msg} {found.hint}" for found in settings_are_sane() if found.is_serious()}


@pytest.mark.parametrize("address", ["localhost:6379", "redis://", "redis://h:many", "http://h", "redis://:a/b@h:6379"])
def test_an_address_without_redis_behind_it_is_named(address: str) -> None:
    assert "REDIS_URL" in complaints(REDIS_URL=address)["parley.E002"]


@pytest.mark.parametrize("address", ["talk.example.org", "https://talk.example.org/below", "https://", "http://h:x"])
def test_a_site_stands_at_the_root_of_a_full_address(address: str) -> None:
    assert "https://talk.example.org" in complaints(SITE_URL=address)["parley.E003"]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"COMMENT_MAX_CHARS": 0}, "COMMENT_MAX_CHARS"),
        ({"SCORING_LEASE_SECONDS": 0.0}, "PARLEY_LEASE_SECONDS"),
        ({"ASK_ROOM": 0}, "PARLEY_ASK_ROOM"),
        ({"CELERY_BEAT_SCHEDULE": {"sweep": {"schedule": 0.0}}}, "PARLEY_SWEEP_SECONDS"),
        ({"TRUSTED_PROXIES": -1}, "TRUSTED_PROXIES"),
        ({"GUEST_EMAIL_DAYS": -1}, "GUEST_EMAIL_DAYS"),
        ({"SECURE_HSTS_SECONDS": -1}, "SECURE_HSTS_SECONDS"),
    ],
)
def test_a_number_out_of_range_is_named(settings: dict[str, Any], name: str) -> None:
    assert complaints(**settings)["parley.E004"].startswith(f"{name} must be")


def test_mail_needs_an_address_of_a_mail_server() -> None:
    assert "smtp+tls://" in complaints(EMAIL_URL="mail.example.org")["parley.E005"]
    assert not complaints(EMAIL_URL="smtp+tls://user:password@mail.example.org:587")


@override_settings(EMAIL_URL="")
def test_a_real_site_without_mail_is_warned_and_the_demo_with_its_mailbox_is_not() -> None:
    for local in (False, True):
        with override_settings(PARLEY_LOCAL=local):
            assert ("parley.W002" not in {found.id for found in settings_are_sane()}) is local


def test_zero_days_and_no_proxies_are_fine() -> None:
    assert not complaints(GUEST_EMAIL_DAYS=0, TRUSTED_PROXIES=0, CLOSE_AFTER_DAYS=0)


@pytest.mark.django_db
@override_settings(POSTS_PER_MINUTE=0)
def test_the_site_is_not_prepared_with_a_wrong_setting() -> None:
    from config.local import prepare

    with pytest.raises(CommandError, match="POSTS_PER_MINUTE"):
        prepare.steps()
