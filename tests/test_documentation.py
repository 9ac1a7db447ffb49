"""Whatever the documentation tells people to type, set or open is there."""

from __future__ import annotations

import argparse
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from config.local.state import CHECKOUT

DOCUMENTS = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
NAMES = [document.relative_to(CHECKOUT).as_posix() for document in DOCUMENTS]
SETTING = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
FILE = re.compile(r"(?:config|discussions|moderation|tests|docs)/[\w./-]+")

pytestmark = pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)


def code(document: Path) -> Iterator[str]:
    """Every piece that is set as code: spans, and the lines of blocks."""
    text = document.read_text(encoding="utf-8")
    blocks = re.compile(r"^```.*?^```$|^ {4}\S.*$", re.MULTILINE | re.DOTALL)
    for block in re.findall(r"^```[^\n]*\n(.*?)^```$|((?:^ {4}\S[^\n]*\n)+)", text, re.MULTILINE | re.DOTALL):
        yield from re.sub(r"\\\n\s*", "", "".join(block)).splitlines()
    yield from re.findall(r"`([^`\n]+)`", blocks.sub("", text))


def command(name: str) -> BaseCommand:
    app = get_commands().get(name)
    assert app, f"there is no manage.py {name}"
    return app if isinstance(app, BaseCommand) else load_command_class(app, name)


def parsers_of(name: str, words: list[str]) -> list[argparse.ArgumentParser]:
    """The command's parser, and that of each action which the words name, such as `model list|install`."""
    parser = command(name).create_parser("manage.py", name)
    actions = next((a for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)
    if actions is None or not words:
        return [parser]
    named = words[0].replace("\\", "").split("|")
    assert set(named) <= set(actions.choices), f"manage.py {name} has no {words[0]}"
    return [parser, *(actions.choices[one] for one in named)]


def test_every_command_exists_with_its_options(document: Path) -> None:
    for line in code(document):
        for name, rest in re.findall(r"manage\.py ([a-z_]+)([^;&#>]*)", line):
            parsers = parsers_of(name, rest.split())
            options = {option for parser in parsers for option in parser._option_string_actions}
            unknown = set(re.findall(r"--[a-z][a-z-]*", rest)) - options
            assert not unknown, f"manage.py {name} does not know {unknown}"


def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    known = {target for line in targets for target in line.split()}
    named = {name for line in code(document) for name in re.findall(r"(?:^|[\s;&])make ([a-z][a-z-]*)", line)}
    assert named <= known


def test_every_module_that_is_run_exists(document: Path) -> None:
    for line in code(document):
        for name in re.findall(r"python -m ([\w.]+)", line):
            assert importlib.util.find_spec(name), name


def test_every_setting_is_read_somewhere(document: Path) -> None:
    places = [CHECKOUT / ".env.sample", CHECKOUT / "Makefile", *(CHECKOUT / "config").rglob("*.py")]
    known = set(SETTING.findall("\n".join(place.read_text(encoding="utf-8") for place in places)))
    named = {name for line in code(document) if "manage.py" not in line for name in SETTING.findall(line)}
    assert named <= known


def test_every_file_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
    assert [link for link in sorted(linked) if link and not (document.parent / link).exists()] == []
    named = {name for line in code(document) for name in FILE.findall(line)}
    assert [name for name in sorted(named) if not (CHECKOUT / name).exists()] == []
