"""Callers that wait at the same moment share one message to the worker.

Scoring ten texts in one batch costs little more than scoring three, and a message costs as much as a short text. So a
caller who comes while others are being answered waits in line; when a message comes back, the line goes out as the
next one. There is no timer and no thread: one of the waiting callers sends for all (the leader), then hands over.

Whoever would wait past their patience is turned away at the door. How long the wait will be follows from how long the
last messages took for their work.

Callers that ask for the same party (an API key, the site's own readers) share one party's turn: the line is in the
order of self-clocked fair queueing (Golestani 1994), so a party that asks a little is served beside one that floods.
Where the room is full, the last of whoever holds most makes way for a party that holds less. A party that is alone has
everything, in the order in which it asked.
"""

from __future__ import annotations

import threading
import time
from bisect import insort
from collections import Counter
from collections.abc import Hashable, Sequence, Sized
from typing import Generic, Protocol, TypeVar

Q = TypeVar("Q", bound=Sized)
"""A question: a text, or something as long as its text."""
Q_contra = TypeVar("Q_contra", bound=Sized, contravariant=True)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Busy(Exception):
    """The line is full, or nobody was free in time: an answer now would come too late."""


class Crowded(Busy):
    """The same, for a party that holds its share already while others wait."""


class Ask(Protocol[Q_contra, T_co]):
    """Sends questions off and gives an answer for each; None where they could not be answered.

    Raises Busy where those who answer are there, but none was free within `patience` seconds.
    """

    def __call__(self, questions: Sequence[Q_contra], /, *, patience: float) -> Sequence[T_co] | None: ...


OVERHEAD = 500  # what answering one question costs besides its length, in characters


def work_of(questions: Sequence[Sized]) -> int:
    """What it costs to answer these questions, in characters."""
    return sum(map(len, questions)) + OVERHEAD * len(questions)


class Place(Generic[Q, T]):
    """One caller in the line."""

    def __init__(self, questions: Sequence[Q], ends: float, party: Hashable) -> None:
        self.questions = questions
        self.work = work_of(questions)
        self.ends = ends
        self.party = party
        self.order = 0  # lower ones are answered first
        self.inside = False
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
    FIRST_PACE = 2e-5  # seconds for each character of work, until it is known better
    SPARE = 8  # one place for so many of the room, for a party that holds none while all others are being answered
    FAILURES = 2  # in a row and SILENCE since the last answer: then one caller tries, the others are refused at once
    SILENCE = 3.0  # seconds

    def __init__(self, ask: Ask[Q, T], *, away: type[Exception], room: int) -> None:
        self.ask, self.away, self.room = ask, away, room
        self.lock = threading.Lock()
        self.places: list[Place[Q, T]] = []  # that wait, by their order
        self.inside = 0  # callers that wait or are being answered
        self.held: Counter[Hashable] = Counter()  # the same by party, for those that have any
        self.orders: dict[Hashable, int] = {}  # of each such party's last place
        self.reached = 0  # the order of whoever was sent off last
        self.leaders = 0
        self.failures = 0
        self.answered = 0.0  # when the last answer came
        self.alive = 0.0  # when it was last known that somebody answers, if only later
        self.load = 0
        self.pace = self.FIRST_PACE
        self.usual = float(OVERHEAD)  # work of a message, of late

    def wait(self, questions: Sequence[Q], patience: float, party: Hashable = None) -> list[T] | None:
        """The answers, or None where these questions cannot be answered.

        Raises Busy at once where the line is full, or later where a party that holds less came in between and where
        nobody was free within `patience` seconds; its subclass Crowded where `party` holds its share. Raises `away`
        where nobody answers, or at once while somebody else is finding out whether anybody does again.
        """
        place: Place[Q, T] = Place(questions, time.monotonic() + patience, party)
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

    # --- who may come in; all of it holding the lock -----------------------------------------------------------

    def _enter(self, place: Place[Q, T]) -> None:
        with self.lock:
            silent = self.failures >= self.FAILURES and time.monotonic() - self.answered > self.SILENCE
            if silent and self.leaders:
                raise self.away("no worker answered the last callers")
            self._join(place)
            self._weigh(place)
            if place.error:
                raise place.error
            if self.leaders < (1 if silent else self.MESSAGES):
                self.leaders += 1
                place.leads = True

    def _weigh(self, newcomer: Place[Q, T]) -> None:
        """Who must go now that somebody has come: the newcomer, or others that it stands before."""
        late = self.inside > 1 and self._wait_of(newcomer) > newcomer.left()
        last = self._last_of_the_richest(newcomer) if self.inside > self.room else None
        spare = self.room // self.SPARE if self.held[newcomer.party] == 1 else 0
        if late or (last is None and self.inside > self.room + spare):
            self._send_away(newcomer, self._refusal(newcomer))
            return
        if last is not None:
            self._send_away(last, Crowded("the room is full"))
        for place in self.places[self.places.index(newcomer) + 1 :]:
            if not place.leads and self._wait_of(place) > place.left():
                kind = Crowded if self.held[place.party] > self.held[newcomer.party] else Busy
                self._send_away(place, kind("others came in between"))

    def _last_of_the_richest(self, newcomer: Place[Q, T]) -> Place[Q, T] | None:
        """The last place of the party that holds most, unless the newcomer's holds as much."""
        richer = [each for each in self.places if not each.leads and self.held[each.party] > self.held[newcomer.party]]
        return max(richer, key=lambda each: (self.held[each.party], each.order), default=None)

    def _join(self, place: Place[Q, T]) -> None:
        place.order = max(self.reached, self.orders.get(place.party, 0)) + place.work
        self.orders[place.party] = place.order
        place.inside = True
        self.inside += 1
        self.held[place.party] += 1
        self.load += place.work
        insort(self.places, place, key=lambda each: each.order)

    def _wait_of(self, place: Place[Q, T]) -> float:
        """Seconds until a place is answered: MESSAGES travel side by side, each at the last ones' pace."""
        behind = sum(each.work for each in self.places[self.places.index(place) + 1 :])
        return self.pace * max(place.work, (self.load - behind) / self.MESSAGES)

    def _send_away(self, place: Place[Q, T], error: Busy) -> None:
        place.error = error
        self.places.remove(place)
        if self.orders[place.party] == place.order:
            self.orders[place.party] -= place.work
        self._leave(place)
        place.done = True
        place.turn.set()

    def _refusal(self, place: Place[Q, T]) -> Busy:
        others = max((held for party, held in self.held.items() if party != place.party), default=0)
        kind = Crowded if self.held[place.party] >= others > 0 else Busy
        return kind(f"{self.inside} callers wait already")

    def _leave(self, place: Place[Q, T]) -> None:
        if not place.inside:
            return
        place.inside = False
        self.inside -= 1
        self.load -= place.work
        self.held[place.party] -= 1
        if not self.held[place.party]:
            del self.held[place.party], self.orders[place.party]

    # --- being answered ----------------------------------------------------------------------------------------

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
                    self._leave(place)
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
        self.reached = max(self.reached, *(place.order for place in taken))
        return taken

    def _answer(self, taken: list[Place[Q, T]]) -> None:
        try:
            answers = self._ask(taken)
        except (self.away, Busy) as error:
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
            raise self._late("the caller's patience is over")
        begun, work = time.monotonic(), sum(place.work for place in taken)
        try:
            answers = self.ask([question for place in taken for question in place.questions], patience=patience)
        except (self.away, Busy) as error:
            with self.lock:
                if isinstance(error, Busy):
                    self.failures, self.alive = 0, time.monotonic()
                else:
                    self.failures += 1
                self._learn(2 * (time.monotonic() - begun), work)
            raise
        with self.lock:
            self.failures, self.answered = 0, time.monotonic()
            self.alive = self.answered
            self._learn(self.answered - begun, work)
        return answers

    def _late(self, words: str) -> Exception:
        """Out of time: for want of a free worker where one answered lately, else for want of any."""
        busy = time.monotonic() - self.alive < self.SILENCE
        return Busy(words) if busy else self.away(words)

    def _learn(self, seconds: float, work: int) -> None:
        """A message took so many seconds for its work.

        The pace is that of the last messages taken together and not the mean of theirs: a small one that waited
        behind large ones would look very slow, and callers would be refused for it.
        """
        seconds_before = self.pace * self.usual
        self.usual += (work - self.usual) / 4
        self.pace = (seconds_before + (seconds - seconds_before) / 4) / self.usual

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
            place.error = self._late("no worker answered in time")
            place.done = True
