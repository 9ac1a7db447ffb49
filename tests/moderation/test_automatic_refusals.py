"""An author is told when software alone refused their comment (EU 2022/2065, Article 17(3)(c))."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from discussions.models import Notice, State, User
from moderation import decisions, reasons
from tests.factories.discussions import AccountFactory, ArticleFactory
from tests.factories.moderation import judged

pytestmark = pytest.mark.django_db

AUTOMATIC = "This was decided automatically, by software; no person has looked at it."


def test_a_refusal_by_policy_says_so_where_its_author_reads_it(client: Client) -> None:
    account = AccountFactory(language="en")
    comment = judged(ArticleFactory(), reader=account, labels={"threat": 0.999, "toxicity": 0.999, "insult": 0.999})
    assert comment.state == State.REJECTED
    assert Notice.objects.get(comment=comment).words.splitlines()[-1] == AUTOMATIC
    client.force_login(account.user)
    for page in ("/me/", comment.get_absolute_url(), comment.article.get_absolute_url()):
        assert AUTOMATIC in client.get(page).content.decode()


def test_a_refusal_by_a_person_does_not(moderator: User) -> None:
    comment = judged(ArticleFactory())
    decisions.by_person(
        comment_id=comment.pk, action="reject", by=moderator, version_seen=comment.version, reason_code="insult"
    )
    assert AUTOMATIC not in Notice.objects.get(comment=comment, outcome="rejected").words


@pytest.mark.parametrize(("language", "says"), [("de", "automatisch"), ("ar", "آليًا")])
def test_it_is_told_in_the_authors_language(language: str, says: str) -> None:
    with translation.override(language):
        assert says in reasons.for_author("insult", automatic=True)
