"""Requests that lie about their encoding, or hold what no database can keep."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from config.wsgi import application

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("charset", ["hex", "idna", "undefined", "utf-7", "utf-16", "no-such-charset"])
def test_whatever_charset_a_request_claims_it_is_read_as_utf_8(rf: RequestFactory, charset: str) -> None:
    asked = rf.get("/?words=%C3%A9%2B2AA-").environ
    claimed = {**asked, "CONTENT_TYPE": f"text/plain; charset={charset}"}
    assert application.request_class(claimed).GET["words"] == "é+2AA-"


def test_what_cannot_be_stored_is_told_and_is_no_error_of_ours(client: Client) -> None:
    answer = client.get("/counts/?article=%00")
    assert answer.status_code == 400
    assert "cannot be stored" in answer.content.decode()
    answer = client.get("/counts/?article=%00", headers={"Accept": "application/json"})
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
