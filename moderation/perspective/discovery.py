"""Our own discovery document, from which google-api-python-client and its like build a client for this host."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
REVISION = "20261123"


def document(root: str) -> Json:
    """`root` is this host's address with a slash at its end: https://talk.example.org/"""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "revision": REVISION,
        "title": "Comment scoring",
        "description": "Scores comments for toxicity and its kin on this site's own workers.",
        "ownerDomain": "localhost",
        "ownerName": "This site",
        "documentationLink": root,
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "basePath": "",
        "batchPath": "batch",
        "fullyEncodeReservedExpansion": True,
        "icons": {},
        "parameters": _parameters(),
        "schemas": _schemas(),
        "resources": {"comments": {"methods": _methods()}},
    }


def _parameters() -> Json:
    def text(description: str, **more: Any) -> Json:
        return {"type": "string", "location": "query", "description": description, **more}

    flag = {"type": "boolean", "location": "query", "default": "true", "description": "Accepted and ignored."}
    return {
        "key": text("The API key. It may also come in the header X-goog-api-key."),
        "alt": text("The form of the answer.", enum=["json"], enumDescriptions=["JSON"], default="json"),
        "prettyPrint": flag,
        "fields": text("Accepted and ignored: the answer is always whole."),
        "quotaUser": text("Accepted and ignored: quotas belong to keys."),
        "callback": text("Accepted and ignored."),
        "access_token": text("Accepted and ignored."),
        "oauth_token": text("Accepted and ignored."),
        "upload_protocol": text("Accepted and ignored."),
        "uploadType": text("Accepted and ignored."),
        "$.xgafv": text("Accepted and ignored.", enum=["1", "2"], enumDescriptions=["1", "2"]),
    }


def _methods() -> Json:
    def method(name: str, request: str, response: str, description: str) -> Json:
        return {
            "id": f"commentanalyzer.comments.{name}",
            "path": f"v1alpha1/comments:{name}",
            "flatPath": f"v1alpha1/comments:{name}",
            "httpMethod": "POST",
            "parameterOrder": [],
            "parameters": {},
            "scopes": [],
            "description": description,
            "request": {"$ref": request},
            "response": {"$ref": response},
        }

    return {
        "analyze": method(
            "analyze", "AnalyzeCommentRequest", "AnalyzeCommentResponse", "Scores a comment. Nothing is stored."
        ),
        "suggestscore": method(
            "suggestscore",
            "SuggestCommentScoreRequest",
            "SuggestCommentScoreResponse",
            "Says what a comment should have scored. Stored once for each client token and community.",
        ),
    }


# --- schemas, in a short notation ----------------------------------------------------------------------------

_TEXT: Json = {"type": "string"}
_FLAG: Json = {"type": "boolean"}
_COUNT: Json = {"type": "integer", "format": "int32"}
_NUMBER: Json = {"type": "number", "format": "float"}
_CODES: Json = {"type": "array", "items": {"type": "string"}}


def _ref(name: str) -> Json:
    return {"$ref": name}


def _list(name: str) -> Json:
    return {"type": "array", "items": _ref(name)}


def _map(name: str) -> Json:
    return {"type": "object", "additionalProperties": _ref(name)}


def _choice(*values: str) -> Json:
    return {"type": "string", "enum": list(values), "enumDescriptions": [""] * len(values)}


def _schemas() -> Json:
    kind = _choice("SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW")
    caller = {"clientToken": _TEXT, "sessionId": _TEXT, "communityId": _TEXT}
    properties: dict[str, Json] = {
        "TextEntry": {"text": _TEXT, "type": _choice("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML")},
        "ArticleAndParentComment": {"article": _ref("TextEntry"), "parentComment": _ref("TextEntry")},
        "Context": {
            "entries": _list("TextEntry"),
            "articleAndParentComment": _ref("ArticleAndParentComment"),
        },
        "AttributeParameters": {"scoreType": kind, "scoreThreshold": _NUMBER},
        "Score": {"value": _NUMBER, "type": kind},
        "SpanScore": {"begin": _COUNT, "end": _COUNT, "score": _ref("Score")},
        "AttributeScores": {"summaryScore": _ref("Score"), "spanScores": _list("SpanScore")},
        "AnalyzeCommentRequest": {
            **caller,
            "comment": _ref("TextEntry"),
            "context": _ref("Context"),
            "requestedAttributes": _map("AttributeParameters"),
            "languages": _CODES,
            "spanAnnotations": _FLAG,
            "doNotStore": _FLAG,
            "dropUnsupportedAttributes": _FLAG,
        },
        "AnalyzeCommentResponse": {
            "attributeScores": _map("AttributeScores"),
            "languages": _CODES,
            "detectedLanguages": _CODES,
            "clientToken": _TEXT,
        },
        "SuggestCommentScoreRequest": {
            **caller,
            "comment": _ref("TextEntry"),
            "context": _ref("Context"),
            "attributeScores": _map("AttributeScores"),
            "languages": _CODES,
        },
        "SuggestCommentScoreResponse": {
            "clientToken": _TEXT,
            "detectedLanguages": _CODES,
            "requestedLanguages": _CODES,
        },
    }
    return {name: {"id": name, "type": "object", "properties": fields} for name, fields in properties.items()}
