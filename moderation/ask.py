"""Scores at once, for whoever is waiting: the nudge before posting, and other systems.

The question goes to the ask worker over Celery, so the web process never loads a model. The text itself travels beside
the message, under a key that ends with the caller's patience and that the worker takes out when it starts, so none
stays behind, not even where no worker ever comes. The answer comes back on a list of its own, because waiting on
Celery's result backend overruns its time limit by seconds. Callers that wait at the same moment share one message
(moderation/together.py).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import redis
import structlog
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from moderation import scoring
from moderation.together import Busy, Crowded, Line

log = structlog.get_logger(__name__)

Answer = dict[str, Any]
At = Mapping[str, Sequence[float]]
"""Where a caller's decisions turn, by label (0..1): scores near them must be exact."""
_QUESTIONS, _ANSWERS = "ask-questions:", "ask-answers:"
_AT_WORK = "ask-at-work"  # there while a worker has begun or ended something within AT_WORK_SECONDS
ANSWER_SECONDS = 10  # an answer nobody came for ends by itself
AT_WORK_SECONDS = 5  # longer than one message keeps a worker busy
_WAIT_SECONDS = 0.5  # at a time; shorter than the socket's own time limit


class Unavailable(Exception):
    """No worker answered within the caller's patience."""


class Saturated(Unavailable):
    """The workers are there, but so busy that no answer can come within the caller's patience."""


class ShareUsed(Saturated):
    """The same, for a party that holds its share of the room while others wait."""


@dataclass(frozen=True, slots=True)
class Question:
    """A text to be scored; without `at` its scores are exact near the engine's own thresholds, of every label.

    It is as long as its UTF-8 bytes, because other letters than Latin ones and emoji make more tokens.
    """

    text: str
    at: At | None = None

    def __len__(self) -> int:
        return len(self.text.encode("utf-8", "surrogatepass"))


# --- in the ask worker -------------------------------------------------------------------------------------


def answer(questions: Sequence[Question], *, spans: bool = False) -> list[Answer]:
    """Labels for each question (0..1), and the spans that drove the score where asked for."""
    texts = [question.text for question in questions]
    answers: list[Answer] = []
    # Nobody says what is answered, so no quotation is believed: a ">" in front would be a free pass.
    results = scoring.score(texts, parents=[""] * len(texts), thresholds=[each.at for each in questions])
    for text, result in zip(texts, results, strict=True):
        one: Answer = {
            "labels": result.labels,
            "language": result.language,
            "language_known": result.language_known,
            "languages": list(languages(result.checkpoint)),
            "checkpoint": result.checkpoint,
            "weights": result.weights,
            "windows": result.windows,
        }
        if spans:
            one["spans"] = [[s.begin, s.end, s.weight] for s in scoring.explain(text)]
        answers.append(one)
    return answers


def reply(key: str, *, spans: bool = False) -> None:
    """Take the questions left under `key` and send the answers back; nothing where their time is over.

    Their end is the caller's: a long text is given up then, so that the next caller waits for nobody who has gone.
    Where scoring fails the answer is null. The exception itself goes nowhere: its words could hold the text.
    """
    take = _store().pipeline()
    take.pttl(_QUESTIONS + key)
    take.getdel(_QUESTIONS + key)
    take.set(_AT_WORK, 1, ex=AT_WORK_SECONDS)
    milliseconds, left, _set = take.execute()
    if not isinstance(left, bytes):
        return
    try:
        with scoring.until(time.monotonic() + milliseconds / 1000):
            answers: list[Answer] | None = answer([Question(text, at) for text, at in json.loads(left)], spans=spans)
    except scoring.TooLate:
        return
    except Exception as error:  # noqa: BLE001 - see above
        log.error("ask_failed", error=type(error).__name__)
        answers = None
    back = _store().pipeline(transaction=False)
    back.rpush(_ANSWERS + key, json.dumps(answers))
    back.expire(_ANSWERS + key, ANSWER_SECONDS)
    back.set(_AT_WORK, 1, ex=AT_WORK_SECONDS)
    back.execute()


@cache
def languages(checkpoint: str) -> tuple[str, ...]:
    """ISO 639-1 codes the checkpoint was trained on."""
    from moderation.scoring import checkpoints

    return tuple(sorted(checkpoints.open_checkpoint(checkpoint).languages))


# --- on the side that waits ----------------------------------------------------------------------------------


@cache
def _store() -> redis.Redis:
    return redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_connect_timeout=0.5,
        socket_timeout=2 * _WAIT_SECONDS,
        retry=Retry(NoBackoff(), 1),  # once, for a connection that has gone stale
    )


def scores(
    questions: Sequence[str | Question], *, patience: float | None = None, spans: bool = False, party: Hashable = None
) -> list[Answer]:
    """Ask the workers and wait at most `patience` seconds (default PARLEY_ASK_TIMEOUT_SECONDS); a text by itself is a
    question without thresholds of its own.

    `party` is for whom (an API key's id, None for the site's own readers): when more is asked than can be answered,
    parties have equal shares. Raises Unavailable, or its subclasses where workers are there: Saturated where too many
    wait (nearly always at once), ShareUsed where that is the party's own doing and others wait.
    """
    patience = settings.ASK_TIMEOUT_SECONDS if patience is None else patience
    asked = [each if isinstance(each, Question) else Question(each) for each in questions]
    if not asked:
        return []
    try:
        found = ask(asked, patience=patience, spans=True) if spans else line().wait(asked, patience, party)
    except Busy as error:
        raise (ShareUsed if isinstance(error, Crowded) else Saturated)(str(error)) from error
    if found is None:
        raise Unavailable("no scoring worker answered in time")
    return found


def ask(questions: Sequence[Question], *, patience: float, spans: bool = False) -> list[Answer] | None:
    """One message to one worker. None where it failed to score.

    Raises Unavailable where no worker answers within `patience` seconds, Busy where one is at work on something else.
    """
    key, ends = uuid4().hex, time.monotonic() + patience
    try:
        _store().set(
            _QUESTIONS + key,
            json.dumps([(each.text, each.at) for each in questions]),
            px=max(1, math.ceil(patience * 1000)),
        )
        current_app.send_task(
            "moderation.ask", args=[key, {"spans": spans}], queue="ask", retry=False, expires=patience
        )
        while (left := ends - time.monotonic()) > 0:
            came = _store().blpop([_ANSWERS + key], timeout=min(left, _WAIT_SECONDS))
            if isinstance(came, (list, tuple)):
                found: list[Answer] | None = json.loads(came[1])
                return found
        given_up = _store().pipeline(transaction=False)
        given_up.delete(_QUESTIONS + key)
        given_up.exists(_AT_WORK)
        _deleted, at_work = given_up.execute()
    except (OperationalError, RedisError, OSError) as error:
        raise Unavailable("the broker does not answer") from error
    if at_work:
        raise Busy("no scoring worker was free in time")
    raise Unavailable("no scoring worker answered in time")


@cache
def line() -> Line[Question, Answer]:
    """This process's one waiting line."""
    return Line(ask, away=Unavailable, room=settings.ASK_ROOM)
