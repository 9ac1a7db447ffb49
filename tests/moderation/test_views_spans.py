"""What drove the score, marked in the words: asked for once, kept, and left out where nobody answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from discussions.models import Comment
from moderation import ask, marks
from moderation.models import Score
from tests.moderation.desk import *  # noqa: F403

pytestmark = pytest.mark.django_db


def test_spans_are_asked_for_once_and_kept(desk: Client, held: Comment, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def scores(texts: list[str], **_options: Any) -> list[dict[str, Any]]:
        asked.append(texts)
        return [{"spans": [[8, 16, 0.9]]}]

    monkeypatch.setattr(ask, "scores", scores)
    page = desk.post(f"/desk/comments/{held.pk}/spans/").content.decode()
    assert '<mark class="span s3" title="drove the score">an idiot</mark>' in page
    assert desk.post(f"/desk/comments/{held.pk}/spans/").status_code == 200
    assert len(asked) == 1
    assert Score.objects.get().spans == [[8, 16, 0.9]]
    assert "data-spans" not in desk.get(f"/desk/comments/{held.pk}/").content.decode()


def test_without_a_worker_the_card_stays_as_it_is(desk: Client, held: Comment, monkeypatch: pytest.MonkeyPatch) -> None:
    def scores(*_args: Any, **_options: Any) -> list[dict[str, Any]]:
        raise ask.Unavailable("nobody answers")

    monkeypatch.setattr(ask, "scores", scores)
    assert desk.post(f"/desk/comments/{held.pk}/spans/").status_code == 204
    assert Score.objects.get().spans is None
    assert "data-spans" in desk.get(f"/desk/comments/{held.pk}/").content.decode()


@pytest.mark.parametrize("text", ["You utter Idiot, idiots all!", "ИДИОТ и идиот", "🙂idiot🙂 idiot", "", "a"])
def test_pieces_joined_are_the_text_again(text: str) -> None:
    found = marks.pieces(text, spans=[(0, 3, 0.5), (2, 400, 1.0), (5, 2, 0.3)], listed=["idiot*", "идиот", "", "*"])
    assert "".join(piece.text for piece in found) == text
