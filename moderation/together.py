"""Callers that wait at the same moment share one message to the worker.

Scoring ten texts in one batch costs little more than scoring three, and a message costs as much as a short text. So a
caller who comes while others are being answered waits in line; when a message comes back, the line goes out as the
next one. There is no timer and no thread: one of the waiting callers sends for all (the leader), then hands over.

Whoever would wait past their patience is turned away at the door. How long the wait will be follows from how long the
last messages took for their work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence, Sized
from typing import Generic, Protocol, TypeVar

Q = TypeVar("Q", bound=Sized)
"""A question: a text, or something as long as its text."""
Q_contra = TypeVar("Q_contra", bound=Sized, contravariant=True)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Busy(Exception):
    """The line is full: whoever joined now would be answered too late."""


class Ask(Protocol[Q_contra, T_co]):
    """Sends questions off and gives an answer for each; None where they could not be answered."""

    def __call__(self, questions: Sequence[Q_contra], /, *, patience: float) -> Sequence[T_co] | None: ...


class Place(Generic[Q, T]):
    """One caller in the line."""

    def __init__(self, questions: Sequence[Q], ends: float) -> None:
        self.questions = questions
        self.work = sum(map(len, questions)) + Line.OVERHEAD * len(questions)
        self.ends = ends
        self.turn = threading.Event()
        self.leads = False
        self.answers: list[T] | None = None
        self.error: Exception | None = None
        self.done = False

    def left(self) -> float:
        """Seconds of patience left."""
        return self.ends - time.monotonic()


class Line(Generic[Q, T]):
    """A waiting line with room for `room` callers and at most MESSAGES messages under way."""

    MESSAGES = 2  # one is scored while the next one travels
    SHARED_CHARS = 6_000  # in one message; who has more to ask travels alone
    OVERHEAD = 500  # what answering one question costs besides its length, in characters
    FIRST_PACE = 2e-5  # seconds for each character of work, until it is known better
    FAILURES = 2  # in a row and SILENCE since the last answer: then one caller tries, the others are refused at once
    SILENCE = 3.0  # seconds

    def __init__(self, ask: Ask[Q, T], *, away: type[Exception], room: int) -> None:
        self.ask, self.away, self.room = ask, away, room
        self.lock = threading.Lock()
        self.places: list[Place[Q, T]] = []
        self.inside = 0
        self.leaders = 0
        self.failures = 0
        self.answered = 0.0  # when the last answer came
        self.load = 0
        self.pace = self.FIRST_PACE

    def wait(self, questions: Sequence[Q], patience: float) -> list[T] | None:
        """The answers, or None where these questions cannot be answered.

        Raises Busy at once where the line is full, and `away` where nobody answered within `patience` seconds, or at
        once while somebody else is finding out whether anybody answers again.
        """
        place: Place[Q, T] = Place(questions, time.monotonic() + patience)
        self._enter(place)
        try:
            while not place.done:
                if place.leads:
                    self._lead(place)
                elif not place.turn.wait(max(0.0, place.left())):
                    self._give_up(place)
                else:
                    place.turn.clear()
        finally:
            with self.lock:
                self._leave(place)
        if place.error:
            raise place.error
        return place.answers

    def _enter(self, place: Place[Q, T]) -> None:
        with self.lock:
            silent = self.failures >= self.FAILURES and time.monotonic() - self.answered > self.SILENCE
            if silent and self.leaders:
                raise self.away("no worker answered the last callers")
            if self.inside >= self.room or (self.inside and self._wait_of(place) > place.left()):
                raise Busy(f"{self.inside} callers wait already")
            self.inside += 1
            self.load += place.work
            if self.leaders < (1 if silent else self.MESSAGES):
                self.leaders += 1
                place.leads = True
            self.places.append(place)

    def _wait_of(self, place: Place[Q, T]) -> float:
        """Seconds until a newcomer would be answered: MESSAGES travel side by side, each at the last ones' pace."""
        return self.pace * max(place.work, (self.load + place.work) / self.MESSAGES)

    def _leave(self, place: Place[Q, T]) -> None:
        self.inside -= 1
        self.load -= place.work

    def _lead(self, me: Place[Q, T]) -> None:
        """Send a message for myself and whoever fits, give them their answers, and hand the lead on."""
        with self.lock:
            taken = self._take(me)
        try:
            self._answer(taken)
        finally:
            with self.lock:
                me.leads = False
                self._hand_on()
            for place in taken:
                place.done = True
                place.turn.set()

    def _take(self, me: Place[Q, T]) -> list[Place[Q, T]]:
        """Me, then the others in order, as long as the message stays small and will be answered in half my time."""
        self.places.remove(me)
        taken, chars, work = [me], sum(map(len, me.questions)), me.work
        for place in list(self.places):
            chars, work = chars + sum(map(len, place.questions)), work + place.work
            if chars > self.SHARED_CHARS or work * self.pace > me.left() / 2:
                break
            if not place.leads:
                self.places.remove(place)
                taken.append(place)
        return taken

    def _answer(self, taken: list[Place[Q, T]]) -> None:
        try:
            answers = self._ask(taken)
        except self.away as error:
            for place in taken:
                place.error = error
            return
        if answers is None and len(taken) > 1:  # one question that cannot be answered must not spoil the others
            for place in taken:
                self._answer([place])
        elif answers is not None:
            rest = list(answers)
            for place in taken:
                place.answers, rest = rest[: len(place.questions)], rest[len(place.questions) :]

    def _ask(self, taken: list[Place[Q, T]]) -> Sequence[T] | None:
        patience = max(place.left() for place in taken)
        if patience <= 0:
            raise self.away("the caller's patience is over")
        begun, work = time.monotonic(), sum(place.work for place in taken)
        try:
            answers = self.ask([question for place in taken for question in place.questions], patience=patience)
        except self.away:
            with self.lock:
                self.failures += 1
                self._learn(2 * (time.monotonic() - begun) / work)
            raise
        with self.lock:
            self.failures, self.answered = 0, time.monotonic()
            self._learn((self.answered - begun) / work)
        return answers

    def _learn(self, pace: float) -> None:
        self.pace += (pace - self.pace) / 4

    def _hand_on(self) -> None:
        """Holding the lock: the next in line leads, if anybody is there."""
        for place in self.places:
            if not place.leads:
                place.leads = True
                place.turn.set()
                return
        self.leaders -= 1

    def _give_up(self, place: Place[Q, T]) -> None:
        """Out of patience: leave the line, unless the answer or the lead came at this very moment."""
        with self.lock:
            if place.leads or place.done:
                return
            if place in self.places:
                self.places.remove(place)
            place.error = self.away("no worker answered in time")
            place.done = True
