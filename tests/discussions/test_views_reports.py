"""Reports and notices, over HTTP."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from discussions.models import Article, Report, State
from tests.factories.discussions import post

pytestmark = pytest.mark.django_db


def test_a_report_reaches_the_desk(client: Client, article: Article) -> None:
    comment = post(article)
    assert re.search(r'<textarea[^>]* dir="auto"', client.get(f"/comments/{comment.pk}/report/").content.decode())
    answer = client.post(f"/comments/{comment.pk}/report/", {"reason": "insult", "words": "Look at the end."})
    assert "Thank you" in answer.content.decode()
    report = Report.objects.get()
    assert (report.reason, report.words, report.revision) == ("insult", "Look at the end.", 1)


def test_every_open_form_has_ids_of_its_own_and_describes_its_fields(client: Client, article: Article) -> None:
    pages = []
    for comment in (post(article), post(article)):
        address = f"/comments/{comment.pk}/report/"
        wrong = client.post(address, {"reason": "illegal", "notifier_email": "ada"}).content.decode()
        pages.append(
            wrong[wrong.index('<form class="form report"') : wrong.index("</form>", wrong.index("form report"))]
        )
        assert "Select a valid choice" in client.post(address, {"reason": "x"}).content.decode()
    ids = [re.findall(r'\bid="([^"]+)"', page) for page in pages]
    assert len(ids[0]) > 8
    assert not set(ids[0]) & set(ids[1])
    for page, known in zip(pages, ids, strict=True):
        described = " ".join(re.findall(r'aria-describedby="([^"]+)"', page)).split()
        assert len(described) >= 4
        assert set(described) <= set(known)
        assert set(re.findall(r'\bfor="([^"]+)"', page)) <= set(known)


def test_strangers_reports_are_kept_apart_and_the_same_one_is_kept_once(client: Client, article: Article) -> None:
    comment = post(article)
    address = f"/comments/{comment.pk}/report/"
    for form in ({"reason": "spam"}, {"reason": "spam"}, {"reason": "illegal", "words": "A threat.", "honest": "on"}):
        Client().post(address, form)
    assert sorted(Report.objects.values_list("reason", flat=True)) == ["illegal", "spam"]
    Report.objects.update(handled_at=timezone.now())
    Client().post(address, {"reason": "spam"})
    assert Report.objects.filter(handled_at=None).count() == 1


def test_a_notice_of_illegal_content_needs_its_statement(client: Client, article: Article) -> None:
    comment = post(article)
    answer = client.post(f"/comments/{comment.pk}/report/", {"reason": "illegal", "words": ""})
    assert answer.status_code == 422
    assert Report.objects.count() == 0
    signed = {"notifier_name": "Ada Marsh", "notifier_email": "ada@example.org"}
    whole = {"reason": "illegal", "words": "A threat.", "honest": "on", **signed}
    refused = client.post(f"/comments/{comment.pk}/report/", whole | {"notifier_email": "ada"})
    assert refused.status_code == 422
    client.post(f"/comments/{comment.pk}/report/", whole)
    assert Report.objects.values("reason", *signed).get() == {"reason": "illegal", **signed}


def test_who_reports_anything_else_is_not_kept(client: Client, article: Article) -> None:
    comment = post(article)
    typed = {"reason": "spam", "notifier_name": "Ada Marsh", "notifier_email": "ada"}
    assert client.post(f"/comments/{comment.pk}/report/", typed).status_code == 200
    assert Report.objects.values_list("notifier_name", "notifier_email").get() == ("", "")


@pytest.mark.parametrize("what", ["vote", "report"])
def test_what_cannot_be_read_cannot_be_judged(client: Client, article: Article, what: str) -> None:
    comment = post(article, state=State.HELD)
    assert client.post(f"/comments/{comment.pk}/{what}/", {"reason": "spam"}).status_code == 404
