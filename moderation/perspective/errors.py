"""Refusals as callers expect them: one envelope whose `details` is never empty, since clients read `details[0]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_ANALYZER = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


@dataclass
class ApiError(Exception):
    """An answer other than 200. `code` is the HTTP status, `status` its canonical name."""

    code: int
    status: str
    message: str
    details: list[dict[str, Any]]
    headers: dict[str, str] = field(default_factory=dict)

    def envelope(self) -> dict[str, Any]:
        """The JSON body."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "status": self.status,
                "details": self.details,
            }
        }


def _bad(message: str, error_type: str, **more: Any) -> ApiError:
    return ApiError(400, "INVALID_ARGUMENT", message, [{"@type": _ANALYZER, "errorType": error_type, **more}])


def _info(code: int, status: str, message: str, reason: str, **headers: str) -> ApiError:
    details = [{"@type": _INFO, "reason": reason, "domain": "commentanalyzer", "metadata": {}}]
    return ApiError(code, status, message, details, {name.replace("_", "-"): value for name, value in headers.items()})


def comment_empty() -> ApiError:
    return _bad("Comment must be non-empty.", "COMMENT_EMPTY")


def comment_too_long() -> ApiError:
    return _bad("Comment text too long.", "COMMENT_TOO_LONG")


def no_attributes() -> ApiError:
    return _bad("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")


def invalid_request(message: str) -> ApiError:
    return _bad(message, "INVALID_REQUEST")


def language_not_supported(attribute: str, *, requested: Sequence[str] = (), detected: Sequence[str] = ()) -> ApiError:
    """Public clients read `attribute` from it, drop that attribute and ask again."""
    languages = list(requested or detected)
    named = {"requestedLanguages" if requested else "detectedLanguages": languages, "attribute": attribute}
    return _bad(
        f"Attribute {attribute} does not support request languages: {', '.join(languages)}",
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        languageNotSupportedByAttributeError=named,
    )


def language_detection_failed() -> ApiError:
    return _bad("Unable to detect language", "LANGUAGE_DETECTION_FAILED")


def key_invalid() -> ApiError:
    return _info(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID")


def key_missing() -> ApiError:
    message = "The request is missing an API key: pass ?key=… or the header X-goog-api-key."
    return _info(403, "PERMISSION_DENIED", message, "API_KEY_MISSING")


def quota_exceeded(which: str, seconds: int) -> ApiError:
    """`which` is a quota in words, such as "100 requests per second"; in so many seconds there is more of it."""
    message = f"Quota exceeded: {which}."
    return _info(429, "RESOURCE_EXHAUSTED", message, "RATE_LIMIT_EXCEEDED", Retry_After=str(seconds))


def saturated() -> ApiError:
    """More callers wait than can be answered within their patience."""
    message = "Quota exceeded: more requests at once than the scoring workers can answer in time."
    return _info(429, "RESOURCE_EXHAUSTED", message, "RATE_LIMIT_EXCEEDED", Retry_After="1")


def share_used() -> ApiError:
    """The same, where this key holds its share and others wait."""
    message = "Quota exceeded: others are waiting too, and this key has its share of the scoring workers already."
    return _info(429, "RESOURCE_EXHAUSTED", message, "RATE_LIMIT_EXCEEDED", Retry_After="1")


def unavailable() -> ApiError:
    message = "No scoring worker answered in time. Try again."
    return _info(503, "UNAVAILABLE", message, "SCORING_UNAVAILABLE", Retry_After="1")


def keys_away() -> ApiError:
    message = "The database does not answer, so this key cannot be checked. Try again."
    return _info(503, "UNAVAILABLE", message, "KEYS_UNAVAILABLE", Retry_After="1")


def not_stored() -> ApiError:
    message = "The database does not answer. Nothing was stored; try again."
    return _info(503, "UNAVAILABLE", message, "NOT_STORED", Retry_After="1")


def not_found() -> ApiError:
    return _info(404, "NOT_FOUND", "There is no such method.", "METHOD_NOT_FOUND")


def method_not_allowed(allowed: str) -> ApiError:
    message = f"This address answers {allowed} only."
    return _info(405, "INVALID_ARGUMENT", message, "METHOD_NOT_ALLOWED", Allow=allowed)


def internal() -> ApiError:
    return _info(500, "INTERNAL", "Something went wrong here; it has been logged without the text.", "INTERNAL")
