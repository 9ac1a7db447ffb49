"""What is answered: a checked request and the workers' scores to the response callers know.

`plan` says which texts must be scored, `answer` turns their scores into the response; between the two somebody asks
the workers, for one request (`analyze`) or for a whole batch (batch.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DataError
from django.db import Error as DatabaseError
from django.utils import timezone

from moderation import ask
from moderation.models.api_key import Suggestion
from moderation.perspective import errors, wire
from moderation.perspective.attributes import SERVED
from moderation.perspective.sentences import sentences

Json = dict[str, Any]
_PER_SENTENCE = 0.02  # more seconds of patience for each sentence that is scored by itself
_PER_BYTE = 1 / 20_000  # an emoji or a Chinese character is as much work as a word
MOST_NAME = 300  # characters of a community or token
_USUAL = (0.5, 0.8, 0.9)  # thresholds that callers use
_SHORT = 2_000  # bytes; what goes beyond has to be scored in more windows


@dataclass(frozen=True, slots=True)
class Plan:
    """A request with the texts it needs scored: the whole comment, and its sentences where spans are asked for."""

    request: wire.AnalyzeRequest
    texts: list[str]
    spans: list[tuple[int, int]]

    @property
    def questions(self) -> list[ask.Question]:
        """The texts, to be scored exactly near the usual thresholds of what is asked for, and the request's own."""
        at: dict[str, list[float]] = {}
        for name, threshold in self.request.wanted.items():
            if name in SERVED:
                at.setdefault(SERVED[name], [*_USUAL]).extend([threshold] if threshold else [])
        return [ask.Question(text, at) for text in self.texts]

    @property
    def patience(self) -> float:
        """Seconds a caller of this request is left waiting at most."""
        longer = _PER_SENTENCE * (len(self.texts) - 1) + _PER_BYTE * max(0, len(self.questions[0]) - _SHORT)
        return float(settings.ASK_TIMEOUT_SECONDS) + longer


# --- comments:analyze ------------------------------------------------------------------------------------


def analyze(message: Json, *, key_id: int) -> Json:
    """One request, start to end. Raises ApiError."""
    planned = plan(message)
    return answer(planned, scores(planned.questions, planned.patience, key_id=key_id))


def plan(message: Json) -> Plan:
    """What must be scored. Raises ApiError where that need not be known to refuse."""
    request = wire.analyze_request(message)
    if request.languages and not (request.drop_unsupported or settings.PERSPECTIVE_DROP_UNSERVABLE):
        for name in request.wanted:
            if name not in SERVED:
                raise errors.language_not_supported(name, requested=request.languages)
    spans = sentences(request.text) if request.span_annotations else []
    parts = [request.text[begin:end] for begin, end in spans] if len(spans) > 1 else []
    return Plan(request, [request.text, *parts], spans)


def scores(questions: list[ask.Question], patience: float, *, key_id: int) -> list[ask.Answer]:
    """Ask the workers; their silence in the caller's words. Raises ApiError 429 or 503."""
    try:
        return ask.scores(questions, patience=patience, party=key_id)
    except ask.ShareUsed:
        raise errors.share_used() from None
    except ask.Saturated:
        raise errors.saturated() from None
    except ask.Unavailable:
        raise errors.unavailable() from None


def answer(planned: Plan, found: list[ask.Answer]) -> Json:
    """The response to a plan whose texts have been scored. Raises ApiError."""
    request, whole = planned.request, found[0]
    detected = _detected(request, whole)
    scored: Json = {}
    for name, threshold in request.wanted.items():
        if not _supported(name, request, whole, detected):
            continue
        label = SERVED[name]
        value = whole["labels"][label]
        if value >= threshold:
            scored[name] = {
                "spanScores": _span_scores(planned, found, label),
                "summaryScore": {"value": value, "type": "PROBABILITY"},
            }
    response: Json = {
        "attributeScores": scored,
        "languages": list(request.languages) or [detected],
        "detectedLanguages": [detected],
    }
    if request.client_token is not None:
        response["clientToken"] = request.client_token
    return response


def _detected(request: wire.AnalyzeRequest, whole: ask.Answer) -> str:
    """The text's language, the site's own where it is too short to tell. Raises ApiError for no language at all."""
    if whole["language"]:
        return str(whole["language"])
    if not request.languages and not any(character.isalpha() for character in request.text):
        raise errors.language_detection_failed()
    return primary(settings.LANGUAGE_CODE)


def primary(code: str) -> str:
    """The language of a BCP-47 code: en-GB -> en."""
    return code.replace("_", "-").split("-")[0].strip().lower()


def _supported(name: str, request: wire.AnalyzeRequest, whole: ask.Answer, detected: str) -> bool:
    """Whether an attribute is scored for this text; False where it is to be left out. Raises ApiError otherwise.

    Only the languages that the request names count, or the detected one where it names none: what was detected never
    contradicts a caller. A text too short to tell its language is never refused.
    """
    accepted = {*whole["languages"], *map(primary, settings.PERSPECTIVE_LANGUAGES)}
    if request.languages:
        speaks = all(primary(code) in accepted for code in request.languages)
    else:
        speaks = whole["language"] is None or detected in accepted
    serves = SERVED.get(name) in whole["labels"]
    if speaks and serves:
        return True
    if request.drop_unsupported or (speaks and settings.PERSPECTIVE_DROP_UNSERVABLE):
        return False
    if request.languages:
        raise errors.language_not_supported(name, requested=request.languages)
    raise errors.language_not_supported(name, detected=[detected])


def _span_scores(planned: Plan, found: list[ask.Answer], label: str) -> list[Json]:
    """One span for the whole text, or one for each sentence; offsets in UTF-16 code units, the end exclusive."""
    text = planned.request.text
    if not planned.spans:
        return [_span(0, wire.utf16_length(text), found[0]["labels"][label])]
    answers = found[1:] or found
    result, position, offset = [], 0, 0
    for (begin, end), one in zip(planned.spans, answers, strict=True):
        offset += wire.utf16_length(text[position:begin])
        length = wire.utf16_length(text[begin:end])
        result.append(_span(offset, offset + length, one["labels"][label]))
        position, offset = end, offset + length
    return result


def _span(begin: int, end: int, value: float) -> Json:
    return {"begin": begin, "end": end, "score": {"value": value, "type": "PROBABILITY"}}


# --- comments:suggestscore ---------------------------------------------------------------------------------


def suggest(message: Json, *, key_id: int, patience: float | None = None) -> Json:
    """Keep a correction and say so. Raises ApiError.

    It is kept whether or not a worker answers within `patience` seconds; with one, our own scores are kept beside it.
    """
    request = wire.suggest_request(message)
    try:
        ours = ask.scores([request.text], patience=patience, party=key_id)[0]
    except ask.Unavailable:
        ours = None
    try:
        keep(request, key_id=key_id, ours=ours and ours["labels"])
    except DataError:
        raise errors.invalid_request("Something in this request cannot be stored.") from None
    except DatabaseError:
        raise errors.not_stored() from None
    detected = ours and ours["language"]
    response: Json = {"detectedLanguages": [detected or primary(settings.LANGUAGE_CODE)]}
    if request.languages:
        response["requestedLanguages"] = list(request.languages)
    if request.client_token is not None:
        response["clientToken"] = request.client_token
    return response


def keep(request: wire.SuggestRequest, *, key_id: int, ours: dict[str, float] | None) -> None:
    """Once for each key, client token and community; a second suggestion replaces the first."""
    text = storable(request.text)
    Suggestion.objects.update_or_create(
        key_id=key_id,
        community=_named(storable(request.community_id)),
        token=_named(storable(request.client_token or "")) or _hashed(text),
        defaults={
            "text": text,
            "scores": request.scores,
            "ours": ours,
            "context": _storable_json(request.context),
            "languages": [storable(code) for code in request.languages],
            "updated_at": timezone.now(),
        },
    )


def _named(name: str) -> str:
    """A caller's name for something as it fits its column."""
    return name if len(name) <= MOST_NAME else _hashed(name)


def _hashed(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def forget() -> int:
    """Erase corrections that are older than PERSPECTIVE_SUGGESTION_DAYS (0: never). Returns how many went."""
    days = settings.PERSPECTIVE_SUGGESTION_DAYS
    if not days:
        return 0
    return Suggestion.objects.filter(updated_at__lt=timezone.now() - timedelta(days=days)).delete()[0]


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(name)): _storable_json(inner) for name, inner in value.items()}
    return [_storable_json(inner) for inner in value] if isinstance(value, list) else value
