"""The receipt of a notice of illegal content."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from discussions import receipts
from discussions.models import Comment, Mail, Report
from tests.factories.discussions import AccountFactory, ArticleFactory, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_in_the_database")]


@pytest.fixture
def comment() -> Comment:
    return post(ArticleFactory())


def notice(**more: str) -> dict[str, str]:
    whole = {"reason": "illegal", "words": "Buy at spam.example!", "honest": "on", "notifier_name": "Spam Example"}
    return whole | {"notifier_email": f"{uuid4().hex}@example.org"} | more


def test_a_notice_is_confirmed_by_mail_in_the_language_of_the_page(client: Client, comment: Comment) -> None:
    sent = notice()
    page = client.post(f"/comments/{comment.pk}/report/", sent, headers={"Accept-Language": "de"}).content.decode()
    report, mail = Report.objects.get(), Mail.objects.get()
    assert f"unter der Nummer {report.pk}" in page
    assert sent["notifier_email"] in page
    assert mail.to == sent["notifier_email"]
    assert mail.subject == f"Ihre Meldung rechtswidriger Inhalte, Nummer {report.pk}"
    assert f"https://talk.example.org/comments/{comment.pk}/" in mail.body
    assert "(UTC)" in mail.body


def test_nothing_that_a_stranger_typed_is_mailed_to_an_address_that_may_be_anybodys(
    client: Client, comment: Comment
) -> None:
    client.post(f"/comments/{comment.pk}/report/", notice())
    mail = Mail.objects.get()
    assert "spam" not in f"{mail.subject} {mail.body}".lower()


def test_the_same_notice_is_confirmed_once(client: Client, comment: Comment) -> None:
    sent = notice()
    for _time in range(2):
        assert client.post(f"/comments/{comment.pk}/report/", sent).status_code == 200
    client.force_login(AccountFactory().user)
    for _time in range(2):
        client.post(f"/comments/{comment.pk}/report/", sent)
    assert Mail.objects.count() == 2


@pytest.mark.parametrize("sent", [notice(notifier_email=""), notice(reason="spam")])
def test_without_an_address_or_for_another_reason_nothing_is_mailed(
    client: Client, comment: Comment, sent: dict[str, str]
) -> None:
    page = client.post(f"/comments/{comment.pk}/report/", sent).content.decode()
    assert "Thank you. A person will look at it." in page
    assert ("under the number" in page) == (sent["reason"] == "illegal")
    assert Mail.objects.count() == 0


def test_no_mailbox_is_flooded_and_the_notice_still_counts(
    client: Client, comment: Comment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "MAILS_PER_DAY", 2)
    sent = notice()
    for number in range(4):
        page = client.post(f"/comments/{comment.pk}/report/", sent | {"words": f"Look, {number}."}).content.decode()
        assert ("A receipt is on its way" in page) == (number < 2)
    assert (Mail.objects.count(), Report.objects.count()) == (2, 4)


def test_a_notice_by_somebody_who_reported_before_is_a_notice(client: Client, comment: Comment) -> None:
    reader = AccountFactory()
    client.force_login(reader.user)
    client.post(f"/comments/{comment.pk}/report/", {"reason": "off_topic"})
    Report.objects.update(handled_at=timezone.now())
    sent = notice(words="Paragraph 185.")
    page = client.post(f"/comments/{comment.pk}/report/", sent).content.decode()
    given = Report.objects.get(reason="illegal")
    assert (given.words, given.handled_at, given.reader) == ("Paragraph 185.", None, reader)
    assert f"number {given.pk}" in page
    assert Mail.objects.get().to == sent["notifier_email"]
    client.post(f"/comments/{comment.pk}/report/", sent)
    client.post(f"/comments/{comment.pk}/report/", {"reason": "spam"})
    assert list(Report.objects.order_by("pk").values_list("reason", flat=True)) == ["off_topic", "illegal"]
