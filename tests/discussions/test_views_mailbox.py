"""The local demo's mailbox page."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from discussions.models import Mail
from discussions.views.mailbox import mailbox

pytestmark = pytest.mark.django_db


def test_links_can_be_clicked_and_nothing_else_is_markup() -> None:
    Mail.objects.create(
        to="a@example.org",
        subject="<b>S</b>",
        body='Go: https://example.org/x?a=1&b="2 <script>',
        sender="x@example.org",
    )
    request = RequestFactory().get("/mailbox/")
    request.user = AnonymousUser()
    request._messages = []
    body = mailbox(request).content.decode()
    assert '<a href="https://example.org/x?a=1&amp;b=">' in body
    assert "<script> " not in body
    assert "<b>S</b>" not in body


def test_a_site_with_a_database_of_its_own_has_no_mailbox(client: Client) -> None:
    assert not settings.PARLEY_LOCAL
    assert client.get("/mailbox/").status_code == 404
