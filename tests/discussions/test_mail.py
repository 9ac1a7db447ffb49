"""Mail is saved first and sent later."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from structlog.testing import capture_logs

from discussions import guests, mail, refusals
from discussions.forms import ReportForm
from discussions.models import Mail

pytestmark = pytest.mark.django_db

through_the_outbox = override_settings(EMAIL_BACKEND="discussions.mail.OutboxBackend", PARLEY_LOCAL=False)


@pytest.fixture(autouse=True)
def _outbox():
    with through_the_outbox:
        yield


def send(to: str = "ada@example.org") -> Mail:
    send_mail("A subject\n", "Words with a link: https://example.org/x", None, [to])
    return Mail.objects.latest("pk")


def test_a_message_is_a_row_until_it_is_sent() -> None:
    saved = send()
    assert (saved.to, saved.subject, saved.sent_at) == ("ada@example.org", "A subject", None)


def test_a_message_goes_with_the_transaction_that_caused_it() -> None:
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    assert Mail.objects.count() == 0


def test_every_recipient_has_a_message_of_their_own() -> None:
    message = EmailMultiAlternatives("S", "plain", to=["a@example.org"], bcc=["b@example.org"], headers={"X-A": "1"})
    message.attach_alternative("<p>rich</p>", "text/html")
    message.send()
    assert [(m.to, m.html, m.headers) for m in Mail.objects.order_by("pk")] == [
        ("a@example.org", "<p>rich</p>", {"X-A": "1"}),
        ("b@example.org", "<p>rich</p>", {"X-A": "1"}),
    ]


@override_settings(PARLEY_LOCAL=True)
def test_the_local_demo_marks_mail_as_delivered() -> None:
    send()
    assert mail.deliver_due() == 1
    assert Mail.objects.get().sent_at is not None
    assert mail.deliver_due() == 0


@override_settings(EMAIL_URL="")
def test_without_a_mail_server_mail_waits() -> None:
    send()
    assert mail.deliver_due() == 0
    assert Mail.objects.get().attempts == 0


@override_settings(EMAIL_URL="")
def test_that_mail_waits_is_said_when_it_begins_and_then_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_said_at", None)
    clock = {"now": 1000.0}
    monkeypatch.setattr(mail, "monotonic", lambda: clock["now"])
    with capture_logs() as said:
        mail.deliver_due()
        assert said == []
        send()
        for clock["now"] in (1000.0, 1010.0, 4599.0):
            mail.deliver_due()
        assert [line["event"] for line in said] == ["mail_waits"]
        clock["now"] = 4600.0
        mail.deliver_due()
        assert len(said) == 2
        Mail.objects.all().delete()
        mail.deliver_due()
        send()
        mail.deliver_due()
    assert len(said) == 3


def test_mail_reaches_the_mail_server_once(tmp_path) -> None:
    saved = send()
    with override_settings(EMAIL_URL="memorymail://"):
        assert mail.deliver_due() == 1
        assert mail.deliver_due() == 0
    saved.refresh_from_db()
    assert saved.sent_at is not None


def test_a_mail_server_that_does_not_answer_is_asked_again_later() -> None:
    saved = send()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with override_settings(EMAIL_URL=f"smtp://127.0.0.1:{port}"):
            assert mail.deliver_due() == 0
    saved.refresh_from_db()
    assert (saved.attempts, saved.sent_at) == (1, None)
    assert "ConnectionRefusedError" in saved.error
    assert timezone.now() < saved.available_at < timezone.now() + timedelta(seconds=31)


def test_the_pause_doubles_up_to_six_hours() -> None:
    assert [mail.pause_after(attempts) for attempts in (1, 2, 3, 12)] == [30, 60, 120, 21600]


UNSENDABLE = f"a@{'ü' * 60}.de"


@override_settings(EMAIL_URL="smtp://127.0.0.1:1")
def test_an_address_that_cannot_be_written_to_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    handed_on: list[str] = []

    def hand_on(one: Mail) -> None:
        one.to.rpartition("@")[2].encode("idna")
        handed_on.append(one.to)

    monkeypatch.setattr(mail, "_send", hand_on)
    broken = send(UNSENDABLE)
    send("bo@example.org")
    assert mail.deliver_due() == 1
    broken.refresh_from_db()
    assert handed_on == ["bo@example.org"]
    assert broken.attempts == 1
    assert broken.error.startswith("UnicodeError")


@pytest.mark.parametrize("address", [UNSENDABLE, "a@b..c"])
def test_such_an_address_is_refused_at_the_door(address: str) -> None:
    with pytest.raises(ValidationError):
        mail.check_sendable(address)
    with pytest.raises(refusals.Refused):
        guests.add(name="Ada", email=address)
    assert "notifier_email" in ReportForm({"reason": "illegal", "words": "See.", "honest": "on",
                                           "notifier_email": address}).errors  # fmt: skip


def test_addresses_in_other_scripts_are_fine() -> None:
    mail.check_sendable("ada@bücher.example")
    mail.check_sendable("ada@example.org")
