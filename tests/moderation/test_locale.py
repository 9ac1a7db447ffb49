"""What readers are told by the desk, in their language."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from discussions.models import Comment, Mail, Notice, Reader
from moderation import reasons
from tests.factories.discussions import UserFactory
from tests.moderation.desk import *  # noqa: F403

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_for_a_refusal_is_told_in_the_authors_language(language: str) -> None:
    for code in [*reasons.REFUSALS, "sanctioned"]:
        with translation.override("en"):
            english = reasons.for_author(code)
        with translation.override(language):
            assert reasons.for_author(code) != english


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_comment_waits_is_told_in_the_readers_language(language: str) -> None:
    rules = ("banned_word", "links", "duplicate", "newcomer", "address_unconfirmed", "premoderated", "refused_before")
    for found in [{"rule": "score", "label": "insult"}, *({"rule": rule} for rule in rules)]:
        with translation.override("en"):
            english = reasons.why_held([found])
        with translation.override(language):
            assert reasons.why_held([found]) != english


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_and_compiled_texts_are_right(language: str) -> None:
    folder = Path(settings.BASE_DIR) / "moderation" / "locale" / language / "LC_MESSAGES"
    source, compiled = polib.pofile(str(folder / "django.po")), polib.mofile(str(folder / "django.mo"))
    assert {e.msgid: e.msgstr for e in compiled} == {e.msgid: e.msgstr for e in source}
    for entry in source:
        assert sorted(re.findall(r"%\(\w+\)s", entry.msgstr)) == sorted(re.findall(r"%\(\w+\)s", entry.msgid))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ["not open to you", "you need the role moderator", "Roles are given", "To the site", "Not for you"]),
        ("de", ["steht Ihnen nicht offen", "die Rolle Moderation", "Rollen vergibt", "Zur Website", "Nicht für Sie"]),
        ("ar", ["غير متاح لك", "دور مشرف", "يمنح الأدوارَ", "إلى الموقع", 'dir="rtl"']),
    ],
)
def test_a_reader_at_the_desks_door_is_told_in_their_own_language(
    client: Client, language: str, says: list[str]
) -> None:
    client.force_login(UserFactory())
    answer = client.get("/desk/", headers={"Accept-Language": language})
    assert (answer.status_code, answer["Content-Language"]) == (403, language)
    assert [words for words in says if words not in answer.content.decode()] == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_speaks_one_language_whatever_the_browser_asks_for(desk: Client, held: Comment, language: str) -> None:
    for address in ("/desk/", "/desk/record/", "/desk/insight/", "/desk/policy/", f"/desk/readers/{held.reader_id}/"):
        answer = desk.get(address, headers={"Accept-Language": language})
        page = answer.content.decode()
        assert '<html lang="en" dir="ltr">' in page, address
        assert "Sign out" in page
        assert answer["Content-Language"] == "en"
    closed = desk.get(reverse("desk_perspective"), headers={"Accept-Language": language})
    assert closed.status_code == 403
    assert "you need the role admin" in closed.content.decode()


@pytest.mark.django_db
def test_what_the_desk_writes_to_readers_is_in_the_readers_language(
    desk: Client, senior_desk: Client, held: Comment
) -> None:
    Reader.objects.filter(pk=held.reader_id).update(language="de", email_confirmed_at=held.created_at)
    asked = {"headers": {"Accept-Language": "ar"}}
    sent = {"action": "reject", "version": held.version, "reason": "insult"}
    assert desk.post(reverse("desk_decide", args=[held.pk]), sent, **asked).status_code == 302
    assert "Er beleidigt jemanden." in Notice.objects.get(comment=held, outcome="rejected").words
    sanction = {"kind": "warn", "reason": "insult", "words": ""}
    assert senior_desk.post(reverse("desk_sanction", args=[held.reader_id]), sanction, **asked).status_code == 302
    mail = Mail.objects.get(to=held.reader.email, subject__contains="Diskussion")
    assert "Das ist eine Verwarnung." in mail.body
