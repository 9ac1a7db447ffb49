"""Requests that lie about their encoding, or hold what no database can keep."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from config.wsgi import application
from tests.factories.discussions import ArticleFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("charset", ["hex", "idna", "undefined", "utf-7", "utf-16", "no-such-charset"])
def test_whatever_charset_a_request_claims_it_is_read_as_utf_8(rf: RequestFactory, charset: str) -> None:
    asked = rf.get("/?words=%C3%A9%2B2AA-").environ
    claimed = {**asked, "CONTENT_TYPE": f"text/plain; charset={charset}"}
    assert application.request_class(claimed).GET["words"] == "é+2AA-"


@pytest.mark.parametrize("address", ["/livez", "/v1alpha1/comments:analyze", "/nowhere/"])
def test_head_gets_the_headers_alone(rf: RequestFactory, address: str) -> None:
    started: list[str] = []
    heads: list[dict[str, str]] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        started.append(status)
        heads.append(dict(headers))

    bodies = []
    for environ in (rf.get(address).environ, rf.head(address).environ):
        answer = application(environ, start)
        bodies.append(b"".join(answer))
        answer.close()
    assert bodies[0]
    assert not bodies[1]
    assert started[0] == started[1]
    assert heads[0].get("Content-Length") == heads[1].get("Content-Length")


def test_a_form_that_is_too_large_is_told_so_in_the_sites_dress(client: Client) -> None:
    form = {"text": "x" * 3_000_000, "name": "Ada", "email": "ada@example.org"}
    answer = client.post("/articles/any/comments/", form)
    body = answer.content.decode()
    assert answer.status_code == 413
    assert "2.5" in body
    assert "8000 characters" in body
    assert 'class="masthead"' in body
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    german = client.post("/articles/any/comments/", form, headers={"Accept-Language": "de"}).content.decode()
    assert "Das ist zu viel auf einmal" in german
    as_json = client.post("/articles/any/comments/", form, headers={"Accept": "application/json"})
    assert (as_json.status_code, list(as_json.json())) == (413, ["error"])


def test_other_bad_requests_wear_it_too(client: Client) -> None:
    many = {f"field{number}": "" for number in range(1500)}
    answer = client.post(f"{ArticleFactory().get_absolute_url()}comments/", many)
    assert answer.status_code == 400
    assert 'class="masthead"' in answer.content.decode()
    assert "Nothing was saved" in answer.content.decode()


def test_what_cannot_be_stored_is_told_and_is_no_error_of_ours(client: Client) -> None:
    answer = client.get("/counts/?article=%00")
    assert answer.status_code == 400
    assert "cannot be stored" in answer.content.decode()
    answer = client.get("/counts/?article=%00", headers={"Accept": "application/json"})
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_an_address_that_has_no_page_says_so_on_one(client: Client) -> None:
    answer = client.get("/nudge/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "There is no page here" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()
    assert client.get("/nudge/", headers={"Accept": "application/json"}).content == b""
