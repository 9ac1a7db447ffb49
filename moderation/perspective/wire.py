"""What a caller's JSON says, checked: bodies to requests, or an ApiError in the words callers know.

Fields are read as protocol buffers' JSON allows: under their JSON name or their snake_case name, numbers also as
strings of digits, enumerations also by number. Unknown fields are ignored.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from moderation.perspective import attributes, errors

MAX_TEXT_BYTES = 20_480
"""UTF-8 bytes of comment text."""
MAX_DEPTH = 100
"""Objects and lists inside one another, as the protocol's own readers allow."""
MAX_VALUES = 200_000
"""Values in one request, all taken together."""
MAX_SPANS = 1_000
MAX_LANGUAGES = 100
MAX_ENTRIES = 100
KEPT_CONTEXT = 20_480
"""Characters of an entry of the context that are kept with a correction."""
_TEXT_TYPES = ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML")  # by their numbers
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_SCORE_TYPES = ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW")


@dataclass(frozen=True, slots=True)
class AnalyzeRequest:
    """A valid question. `wanted` maps each attribute to its threshold (0: none)."""

    text: str
    wanted: dict[str, float]
    languages: tuple[str, ...] = ()
    client_token: str | None = None
    span_annotations: bool = False
    drop_unsupported: bool = False


@dataclass(frozen=True, slots=True)
class SuggestRequest:
    """A valid correction. `scores` maps each attribute to what the caller says it should have been."""

    text: str
    scores: dict[str, dict[str, Any]]
    context: dict[str, Any] | None = None
    languages: tuple[str, ...] = ()
    community_id: str = ""
    client_token: str | None = None


def parse(body: bytes) -> dict[str, Any]:
    """The body's JSON object, whatever the Content-Type said; nothing at all counts as {}. Raises ApiError."""
    if not body.strip():
        return {}
    try:
        found = json.loads(body, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise errors.invalid_request("Invalid JSON payload received.") from None
    if _depth(found) > MAX_DEPTH:
        raise errors.invalid_request("Invalid JSON payload received. It is nested too deep, or holds too much.")
    if not isinstance(found, dict):
        raise errors.invalid_request("Invalid JSON payload received. Root element must be a message.")
    return found


def _depth(found: Any) -> int:
    """How many objects and lists stand inside one another; one too many also where they hold more than MAX_VALUES."""
    level, depth, values = [found], 0, 0
    while level and depth <= MAX_DEPTH:
        values += len(level)
        nested = [one for one in level if isinstance(one, (dict, list))]
        if values + sum(map(len, nested)) > MAX_VALUES:
            return MAX_DEPTH + 1
        level = [inner for one in nested for inner in (one.values() if isinstance(one, dict) else one)]
        depth += 1
    return depth


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


def _no_number(word: str) -> None:
    raise ValueError(word)  # NaN and Infinity are not JSON


def analyze_request(message: dict[str, Any]) -> AnalyzeRequest:
    """Raises ApiError where the contract says so."""
    text = _comment(message)
    wanted = _wanted(message)
    _context(message)
    _flag(message, "doNotStore")
    for name in ("sessionId", "communityId"):
        _word(message, name)
    return AnalyzeRequest(
        text=text,
        wanted=wanted,
        languages=_languages(message),
        client_token=_token(message),
        span_annotations=_flag(message, "spanAnnotations"),
        drop_unsupported=_flag(message, "dropUnsupportedAttributes"),
    )


def suggest_request(message: dict[str, Any]) -> SuggestRequest:
    """Raises ApiError where the contract says so."""
    text = _comment(message)
    return SuggestRequest(
        text=text,
        scores=_suggested(message, utf16_length(text)),
        context=_context(message),
        languages=_languages(message),
        community_id=_word(message, "communityId"),
        client_token=_token(message),
    )


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, in which callers count."""
    return len(text) + sum(character > "\uffff" for character in text)


# --- the parts -------------------------------------------------------------------------------------------


def _get(message: dict[str, Any], name: str) -> Any:
    """A field under its JSON name or its snake_case name; None where it is missing or null."""
    value = message.get(name)
    if value is None:
        value = message.get("".join(f"_{c.lower()}" if c.isupper() else c for c in name))
    return value


def _part(message: dict[str, Any], name: str) -> dict[str, Any]:
    value = _get(message, name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise errors.invalid_request(f"Invalid value at '{name}': an object is needed.")
    return value


def _word(message: dict[str, Any], name: str) -> str:
    value = _get(message, name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise errors.invalid_request(f"Invalid value at '{name}': a string is needed.")
    return value


def _flag(message: dict[str, Any], name: str) -> bool:
    value = _get(message, name)
    if value is not None and not isinstance(value, bool):
        raise errors.invalid_request(f"Invalid value at '{name}': true or false is needed.")
    return bool(value)


def _token(message: dict[str, Any]) -> str | None:
    return _word(message, "clientToken") if _get(message, "clientToken") is not None else None


def _languages(message: dict[str, Any]) -> tuple[str, ...]:
    given = _get(message, "languages")
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(code, str) for code in given):
        raise errors.invalid_request("Invalid value at 'languages': a list of language codes is needed.")
    if len(given) > MAX_LANGUAGES:
        raise errors.invalid_request(f"Invalid value at 'languages': more than {MAX_LANGUAGES}.")
    return tuple(code for code in given if code.strip())


def _text_of(entry: dict[str, Any]) -> str:
    """The text of a TextEntry in a type that can be read."""
    kind = _named(_get(entry, "type"), _TEXT_TYPES)
    if kind == "HTML":
        raise errors.invalid_request("Currently, only 'PLAIN_TEXT' comments are supported")
    if kind is not None and (not isinstance(kind, str) or kind not in _TEXT_TYPES):
        raise errors.invalid_request("Unknown text type")
    return _word(entry, "text")


def _comment(message: dict[str, Any]) -> str:
    text = _text_of(_part(message, "comment"))
    if not text.strip():
        raise errors.comment_empty()
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise errors.comment_too_long()
    return text


def _context(message: dict[str, Any]) -> dict[str, Any] | None:
    """What is known of the context, cut to what is kept; None where there is none. Analyze only checks it."""
    context = _part(message, "context")
    entries, article = _get(context, "entries"), _get(context, "articleAndParentComment")
    if entries and article:
        raise errors.invalid_request(
            "Context can have either entries or article_and_parent_comment, but both fields were populated."
        )
    if entries is not None and not (isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)):
        raise errors.invalid_request("Invalid value at 'context.entries': a list of text entries is needed.")
    if entries and len(entries) > MAX_ENTRIES:
        raise errors.invalid_request(f"Invalid value at 'context.entries': more than {MAX_ENTRIES}.")
    if article is not None and not isinstance(article, dict):
        raise errors.invalid_request("Invalid value at 'context.articleAndParentComment': an object is needed.")
    if entries:
        return {"entries": [_entry(entry) for entry in entries]}
    if article:
        pair = {name: _entry(_part(article, name)) for name in ("article", "parentComment")}
        return {"articleAndParentComment": pair}
    return None


def _entry(entry: dict[str, Any]) -> dict[str, str]:
    kind = _named(_get(entry, "type"), _TEXT_TYPES)
    if kind is not None and (not isinstance(kind, str) or kind not in _TEXT_TYPES):
        raise errors.invalid_request("Unknown text type")
    return {"text": _word(entry, "text")[:KEPT_CONTEXT], "type": kind or "PLAIN_TEXT"}


def _named(kind: Any, names: tuple[str, ...]) -> Any:
    """An enumeration's name where its number was given; anything else as it is."""
    return names[kind] if type(kind) is int and 0 <= kind < len(names) else kind


def _probability_only(name: str, kind: Any) -> None:
    kind = _named(kind, _SCORE_TYPES)
    if kind is not None and kind not in ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
        raise errors.invalid_request(f"Requested score type {kind} is not supported by attribute {name}")


def _wanted(message: dict[str, Any]) -> dict[str, float]:
    given = _part(message, "requestedAttributes")
    if not given:
        raise errors.no_attributes()
    wanted = {}
    for name, parameters in given.items():
        if not attributes.is_known(name):
            raise errors.invalid_request(f"Unknown requested attribute: {name}")
        if parameters is not None and not isinstance(parameters, dict):
            raise errors.invalid_request(f"Invalid value at 'requestedAttributes.{name}': an object is needed.")
        _probability_only(name, _get(parameters or {}, "scoreType"))
        threshold = _get(parameters or {}, "scoreThreshold")
        wanted[name] = 0.0 if threshold is None else _number(threshold, f"requestedAttributes.{name}.scoreThreshold")
    return wanted


def _number(value: Any, where: str) -> float:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:  # noqa: PLR0124 - NaN
        raise errors.invalid_request(f"Invalid value at '{where}': a number is needed.")
    try:
        return float(value)
    except OverflowError:
        raise errors.invalid_request(f"Invalid value at '{where}': the number is too large.") from None


def _offset(value: Any) -> int | None:
    """A whole number, also written 3.0 or "3"; None for anything else."""
    if isinstance(value, str) and len(value) < 20 and _DECIMAL.fullmatch(value):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int else None


def _suggested(message: dict[str, Any], length: int) -> dict[str, dict[str, Any]]:
    given = _part(message, "attributeScores")
    if not given:
        raise errors.invalid_request("Missing attribute_scores")
    found = {}
    for name, scores in given.items():
        if not attributes.is_known(name):
            raise errors.invalid_request(f"Unknown attribute: {name}")
        if not isinstance(scores, dict):
            raise errors.invalid_request(f"Invalid value at 'attributeScores.{name}': an object is needed.")
        summary, spans = _get(scores, "summaryScore"), _get(scores, "spanScores") or []
        one: dict[str, Any] = {}
        if summary is not None:
            one["summaryScore"] = _score(name, summary)
        if not isinstance(spans, list):
            raise errors.invalid_request(f"Invalid value at 'attributeScores.{name}.spanScores': a list is needed.")
        if len(spans) > MAX_SPANS:
            raise errors.invalid_request(f"Attribute {name} has more than {MAX_SPANS} span_scores")
        if spans:
            one["spanScores"] = [_span(name, span, length) for span in spans]
        if not one:
            raise errors.invalid_request(f"Attribute {name} has neither a summary_score nor span_scores")
        found[name] = one
    return found


def _score(name: str, score: Any) -> dict[str, Any]:
    """{"value": 0..1, "type": "PROBABILITY"}; a missing type means PROBABILITY, and a missing value 0."""
    if not isinstance(score, dict):
        raise errors.invalid_request(f"Invalid score of attribute {name}: an object with a value is needed.")
    _probability_only(name, _get(score, "type"))
    value = _get(score, "value")
    number = 0.0 if value is None else _number(value, f"attributeScores.{name}.value")
    if not 0 <= number <= 1:
        raise errors.invalid_request(f"Invalid score of attribute {name}: a probability lies between 0 and 1.")
    return {"value": number, "type": "PROBABILITY"}


def _span(name: str, span: Any, length: int) -> dict[str, Any]:
    if not isinstance(span, dict):
        raise errors.invalid_request(f"Invalid span of attribute {name}: an object is needed.")
    begin, end = _offset(_get(span, "begin")), _offset(_get(span, "end"))
    if begin is None or end is None or not 0 <= begin <= end <= length:
        raise errors.invalid_request(
            f"Invalid span of attribute {name}: begin and end are needed, within the text (in UTF-16 code units)."
        )
    return {"begin": begin, "end": end, "score": _score(name, _get(span, "score"))}
