"""Readers one does not want to read."""

from __future__ import annotations

import pytest
from django.test import Client

from discussions.models import Article, Mute
from tests.factories.discussions import AccountFactory, ReaderFactory, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_in_the_database")]


def test_who_is_muted_is_folded_above_a_comment_too(client: Client, article: Article) -> None:
    account, loud = AccountFactory(), ReaderFactory()
    above = post(article, "Above it.", reader=loud)
    below = post(article, "Below it.", parent=above)
    client.force_login(account.user)
    assert "data-muted" not in client.get(below.get_absolute_url()).content.decode()
    Mute.objects.create(reader=account, muted=loud)
    assert f'id="c{above.pk}" data-muted="Muted"' in client.get(below.get_absolute_url()).content.decode()


def test_a_muted_reader_is_marked_for_one_person_only(client: Client, article: Article) -> None:
    noisy = ReaderFactory()
    post(article, "Noise.", reader=noisy)
    client.force_login(AccountFactory().user)
    client.post(f"/readers/{noisy.pk}/mute/")
    assert f'data-r="{noisy.pk}" data-muted>' in client.get(article.get_absolute_url()).content.decode()
    assert "data-muted=" not in Client().get(article.get_absolute_url()).content.decode()
    client.post(f"/readers/{noisy.pk}/mute/")
    assert Mute.objects.count() == 0


def test_nobody_mutes_themselves(client: Client) -> None:
    account = AccountFactory()
    client.force_login(account.user)
    client.post(f"/readers/{account.pk}/mute/")
    assert Mute.objects.count() == 0
