"""The discovery document: what google-api-python-client and its like build a client from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client


def document(path: str = "/$discovery/rest?version=v1alpha1", **more: Any) -> dict[str, Any]:
    response = Client(headers=more).get(path)
    assert response.status_code == 200
    found: dict[str, Any] = json.loads(response.content)
    return found


@pytest.mark.parametrize(
    "path",
    [
        "/$discovery/rest?version=v1alpha1",
        "/%24discovery/rest?version=v1alpha1&key=anything",
        "/$discovery/rest",
        "/discovery/v1/apis/commentanalyzer/v1alpha1/rest",
    ],
)
def test_it_names_the_host_that_was_asked(path: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["talk.example.org"]
    found = document(path, host="talk.example.org")
    assert found["rootUrl"] == found["baseUrl"] == "http://talk.example.org/"
    assert found["batchPath"] == "batch"


def test_behind_a_proxy_that_ends_tls_it_names_https(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["talk.example.org"]
    settings.HTTPS, settings.SITE_URL = True, "https://talk.example.org"
    assert document(host="talk.example.org")["rootUrl"] == "https://talk.example.org/"


def test_another_version_is_not_there() -> None:
    response = Client().get("/$discovery/rest?version=v2")
    assert response.status_code == 404
    assert json.loads(response.content)["error"]["details"]


def test_both_methods_and_every_schema_they_name_are_described() -> None:
    found = document()
    methods = found["resources"]["comments"]["methods"]
    assert {name: method["path"] for name, method in methods.items()} == {
        "analyze": "v1alpha1/comments:analyze",
        "suggestscore": "v1alpha1/comments:suggestscore",
    }

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(inner) for inner in value.values()))
        return set()

    assert references(found) == set(found["schemas"])


def test_the_request_schema_has_every_field_of_the_contract() -> None:
    fields = document()["schemas"]["AnalyzeCommentRequest"]["properties"]
    assert set(fields) == {
        "comment",
        "context",
        "requestedAttributes",
        "languages",
        "spanAnnotations",
        "doNotStore",
        "dropUnsupportedAttributes",
        "clientToken",
        "sessionId",
        "communityId",
    }
