"""The demo's files: everything a queue, a state or a chart wants to show is in them, and all of it fits together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from discussions import demo, markup, names
from discussions.models import Report
from discussions.models.comment import MAX_DEPTH

READERS = {one["key"]: one for one in demo.content("readers")["readers"]}
TABLES = {name: demo.content(name) for name in demo.ARTICLES}
COMMENTS: list[dict[str, Any]] = [one for table in TABLES.values() for one in table["comments"]]


def test_names_cannot_be_taken_for_one_another() -> None:
    keys = Counter(names.key(one["name"]) for one in READERS.values())
    assert [key for key, times in keys.items() if times > 1] == []


@pytest.mark.parametrize("name", demo.ARTICLES)
def test_an_article_is_one_a_paper_could_print(name: str) -> None:
    table = TABLES[name]
    assert 8 <= len(table["paragraphs"]) <= 14
    assert 40 <= len(table["comments"]) <= 120
    assert READERS[table["author"]]["name"] == table["byline"]


@pytest.mark.parametrize("name", demo.ARTICLES)
def test_replies_come_after_what_they_answer_and_before_now(name: str) -> None:
    table = TABLES[name]
    minutes = {one["key"]: one["minutes"] for one in table["comments"]}
    assert len(minutes) == len(table["comments"])
    for one in table["comments"]:
        assert one["minutes"] < table["hours_ago"] * 60
        assert minutes.get(one.get("parent"), 0) < one["minutes"]


def test_every_reader_report_and_reason_exists() -> None:
    for one in COMMENTS:
        assert one["reader"] in READERS
        for report in one.get("reports", []):
            assert report["by"] in READERS
            assert report["reason"] in Report.Reason.values


def test_texts_are_stored_as_they_are_written() -> None:
    for one in COMMENTS:
        assert markup.clean(one["text"]) == one["text"]
        assert not markup.is_blank(one["text"])


def test_there_are_deep_branches_edits_picks_reports_and_a_deleted_comment() -> None:
    depth: dict[str, int] = {}
    for one in COMMENTS:
        depth[one["key"]] = depth[one["parent"]] + 1 if one.get("parent") else 0
    assert 6 <= max(depth.values()) < MAX_DEPTH
    for mark in ("edited_from", "pick", "reports", "deleted"):
        assert sum(mark in one for one in COMMENTS) >= 3, mark
    assert ["parent" in one for one in COMMENTS if "pin" in one] == [False]


def test_two_readers_post_the_same_long_words_within_a_day() -> None:
    twins = [text for text, times in Counter(one["text"] for one in COMMENTS).items() if times > 1]
    assert len(twins) == 1
    assert len(twins[0]) > 40


@pytest.mark.parametrize("name", [*demo.ARTICLES, "readers"])
def test_apostrophes_are_curly_as_the_quotation_marks_are(name: str) -> None:
    lines = (demo.FOLDER / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "'" in line and not line.startswith("#")] == []
