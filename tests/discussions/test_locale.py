"""The texts in other languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import allauth
import polib
import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.translation.template import templatize

from tests.factories.discussions import ArticleFactory

LOCALE = Path(settings.BASE_DIR) / "discussions" / "locale"
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
_MARKED = re.compile(r"""\b(?:_|n?gettext)\(u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|#")


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    po = catalogue(language)
    assert len(po) > 200
    assert [entry.msgid for entry in po if not entry.translated() or entry.fuzzy] == []


def marked_texts() -> set[str]:
    """What the programs and templates of the public side give to gettext."""
    found: set[str] = set()
    for folder in ("discussions", "config"):
        for path in (Path(settings.BASE_DIR) / folder).rglob("*.py"):
            calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            for call in calls:
                if getattr(call.func, "id", "") in {"_", "gettext", "gettext_lazy", "ngettext"}:
                    first = call.args[0]
                    found |= {first.value} if isinstance(first, ast.Constant) else set()
        for path in (Path(settings.BASE_DIR) / folder).rglob("templates/**/*.*"):
            marked = _MARKED.findall(templatize(path.read_text(), origin=path.name))
            found |= {ast.literal_eval(text) for text in marked}
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_marked_text_is_in_the_catalogue(language: str) -> None:
    known = {entry.msgid for entry in catalogue(language)}
    marked = {text.replace("%%", "%") for text in marked_texts()}
    assert len(marked) > 200
    assert sorted(marked - known) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_places(language: str) -> None:
    for entry in catalogue(language):
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            if text:
                assert sorted(_PLACE.findall(text)) == sorted(_PLACE.findall(entry.msgid)), entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_texts_are_those_of_the_source(language: str) -> None:
    compiled = polib.mofile(str(LOCALE / language / "LC_MESSAGES" / "django.mo"))
    assert {e.msgid: (e.msgstr, e.msgstr_plural) for e in compiled} == {
        e.msgid: (e.msgstr, e.msgstr_plural) for e in catalogue(language)
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "says", "not_so"),
    [("en", "No account yet?", "Sign In"), ("de", "Noch kein Konto?", "Du hast")],
)
def test_the_account_pages_speak_with_the_sites_voice(client: Client, language: str, says: str, not_so: str) -> None:
    page = client.get("/accounts/login/", headers={"Accept-Language": language}).content.decode()
    assert says in page
    assert not_so not in page


# The word by itself, not in the name of a value, a link or an attribute.
_EMAIL = re.compile(r"(?<![\w(:{/<\"-])[Ee]mails?(?![\w)}_-])")


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_account_pages_spell_e_mail_in_one_way(language: str) -> None:
    folder = Path(allauth.__file__).parent
    texts = [
        entry.msgid
        for entry in polib.pofile(str(folder / "locale" / "en" / "LC_MESSAGES" / "django.po"))
        if any(re.match("account|mfa|templates/(account|mfa|allauth)", source) for source, _line in entry.occurrences)
    ]
    assert len([text for text in texts if _EMAIL.search(text)]) > 40
    with translation.override(language):
        said = [translation.gettext(text) for text in [*texts, "Enter a valid email address."]]
    assert [text for text in said if _EMAIL.search(text)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_every_language_is_offered_under_its_own_name(client: Client, language: str) -> None:
    page = client.get("/", headers={"Accept-Language": language}).content.decode()
    assert [name for name in (">English<", ">Deutsch<", ">العربيّة<") if name not in page] == []


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "says"), [("de", "Kommentar senden"), ("ar", "انشر التعليق")])
def test_an_article_speaks_the_readers_language(client: Client, language: str, says: str) -> None:
    page = client.get(ArticleFactory().get_absolute_url(), headers={"Accept-Language": language})
    assert says in page.content.decode()
