"""What readers are told by the desk, in their language."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

from moderation import reasons

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
