"""Search and filters at the desk, over HTTP."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from discussions.models import Comment, Reader, Report, User
from moderation import decisions, filters, lists, queue
from tests.moderation.conftest import Say
from tests.moderation.desk import *  # noqa: F403
from tests.moderation.test_pipeline import set_rules

pytestmark = pytest.mark.django_db


def test_search_finds_words_in_any_comment_and_nothing_else(desk: Client, settled: Say) -> None:
    settled("The tram rattles through the old town at dawn.")
    settled("A library is a fine place to be at night.")
    page = desk.get("/desk/queue/all/", {"words": "tram"}).content.decode()
    assert "rattles" in page
    assert "library is a fine" not in page


@pytest.mark.parametrize(
    "query",
    [
        "words=%22%28%26",
        "section=x",
        "label=nope",
        "after=%00",
        "after=1e999_1",
        "after=%C2%B2",
        "after=1_%C2%B2",
        "words=x&after=%C2%B2",
        "author=%25",
        "rule=%22",
    ],
)
def test_odd_filters_do_no_harm(desk: Client, held: Comment, query: str) -> None:
    for name in ("held", "all", "new", "approved", "mine"):
        assert desk.get(f"/desk/queue/{name}/?{query}").status_code == 200, name


def test_refusals_and_reports_are_filtered_by_their_reasons(
    desk: Client, settled: Say, moderator: User, author: Reader
) -> None:
    first, second = settled("The bridge is a joke."), settled("The mayor is a joke.")
    Report.objects.create(comment=first, reader=author, revision=1, reason=Report.Reason.ILLEGAL, words="See the law.")
    queue.take_reports()
    assert "The bridge" in desk.get("/desk/queue/reported/", {"report": "illegal"}).content.decode()
    assert "Nothing fits" in desk.get("/desk/queue/reported/", {"report": "spam"}).content.decode()
    page = desk.get("/desk/queue/all/", {"report": "illegal"}).content.decode()
    assert '<option value="illegal" selected>' in page
    assert "The mayor" not in page
    for comment, code in ((first, "spam"), (second, "hate")):
        comment.refresh_from_db()
        decisions.by_person(
            comment_id=comment.pk, action="reject", by=moderator, version_seen=comment.version, reason_code=code
        )
    page = desk.get("/desk/queue/rejected/", {"refusal": "hate"}).content.decode()
    assert "The mayor" in page
    assert "The bridge" not in page
    assert "Nothing fits" in desk.get("/desk/queue/all/", {"refusal": "threat"}).content.decode()


def test_filters_narrow_the_list(desk: Client, held: Comment) -> None:
    def shown(**query: str) -> bool:
        return "You are an idiot" in desk.get("/desk/queue/held/", query).content.decode()

    assert shown(label="toxicity")
    assert shown(rule="score")
    assert not shown(rule="links")
    assert shown(author="ada")
    assert not shown(author="bob")
    assert shown(words="idiot")
    assert not shown(words="tram")


def test_a_name_that_fits_very_many_readers_finds_the_same(
    desk: Client, held: Comment, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(filters, "FEW_READERS", 0)
    for name in ("held", "all"):
        assert "You are an idiot" in desk.get(f"/desk/queue/{name}/", {"author": "ada"}).content.decode()
        assert "You are an idiot" not in desk.get(f"/desk/queue/{name}/", {"author": "bob"}).content.decode()


def test_the_list_goes_on_where_it_ended(desk: Client, settled: Say, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(lists.page, "__kwdefaults__", lists.page.__kwdefaults__ | {"limit": 2})
    set_rules(thresholds={"toxicity": {"hold": 0.0001, "reject": 1.0}})
    ids = {settled(f"Number {n} has something quite new to say about it.").pk for n in range(5)}
    seen: list[int] = []
    address = "/desk/queue/held/"
    for _page in range(3):
        page = desk.get(address, headers={"HX-Request": "true"}).content.decode()
        seen += [int(pk) for pk in re.findall(r'data-id="(\d+)"', page)]
        following = re.search(r'href="([^"]+after=[^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert (len(seen), set(seen), address) == (5, ids, "")
