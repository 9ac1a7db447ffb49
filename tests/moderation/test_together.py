"""The waiting line: who shares a message, who leads, who is turned away."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Sequence

import pytest

from moderation.together import Busy, Crowded, Line
from tests.waiting import until


class Away(Exception):
    """Nobody answered."""


class Sender:
    """Answers each text with its capitals, once `go` is set; keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: list[list[str]] = []
        self.go = threading.Event()
        self.go.set()
        self.away = False
        self.busy = False

    def __call__(self, texts: Sequence[str], *, patience: float) -> list[str] | None:
        self.sent.append(list(texts))
        if self.away or self.busy or not self.go.wait(patience):
            raise Busy if self.busy else Away
        return None if "poison" in texts else [text.upper() for text in texts]


class Crowd:
    """Callers in threads, with what each got."""

    def __init__(self, line: Line[str, str]) -> None:
        self.line = line
        self.got: dict[str, object] = {}
        self.threads: list[threading.Thread] = []

    def call(self, text: str, patience: float = 10.0, party: Hashable = None) -> None:
        def one() -> None:
            try:
                self.got[text] = self.line.wait([text], patience, party)
            except (Away, Busy) as error:
                self.got[text] = type(error)

        thread = threading.Thread(target=one)
        thread.start()
        self.threads.append(thread)

    def inside(self, count: int) -> None:
        """Wait until so many stand in the line."""
        until(f"{count} callers are inside", lambda: self.line.inside == count, 10)

    def told(self, text: str) -> object:
        """Wait until this caller has an answer or a refusal."""
        until(f"{text!r} has been told something", lambda: text in self.got, 10)
        return self.got[text]

    def done(self) -> dict[str, object]:
        for thread in self.threads:
            thread.join(15)
            assert not thread.is_alive()
        return self.got


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
def line(sender: Sender) -> Line[str, str]:
    return Line(sender, away=Away, room=8)


def test_one_caller_is_answered_at_once(line: Line[str, str], sender: Sender) -> None:
    assert line.wait(["a", "b"], 5.0) == ["A", "B"]
    assert sender.sent == [["a", "b"]]
    assert (line.inside, line.load, line.leaders, line.places) == (0, 0, 0, [])


def test_those_who_come_meanwhile_share_the_next_message(line: Line[str, str], sender: Sender) -> None:
    sender.go.clear()
    crowd = Crowd(line)
    for count, text in enumerate("abcdef", 1):
        crowd.call(text)
        crowd.inside(count)
    sender.go.set()
    assert crowd.done() == {text: [text.upper()] for text in "abcdef"}
    assert [len(texts) for texts in sender.sent[:2]] == [1, 1]
    assert len(sender.sent) <= 4, "two leaders share four followers"
    assert (line.inside, line.leaders, line.places) == (0, 0, [])


def test_a_message_stays_small(line: Line[str, str], sender: Sender) -> None:
    sender.go.clear()
    crowd = Crowd(line)
    for count, letter in enumerate("abcde", 1):
        crowd.call(letter * 2500)
        crowd.inside(count)
    sender.go.set()
    crowd.done()
    assert max(sum(map(len, texts)) for texts in sender.sent) <= Line.SHARED_CHARS
    assert sum(map(len, sender.sent)) == 5


def test_a_full_line_turns_the_next_one_away_at_once(line: Line[str, str], sender: Sender) -> None:
    sender.go.clear()
    crowd = Crowd(line)
    for count in range(1, 9):
        crowd.call(str(count))
        crowd.inside(count)
    begun = time.monotonic()
    with pytest.raises(Busy):
        line.wait(["late"], 10.0)
    assert time.monotonic() - begun < 1
    sender.go.set()
    assert crowd.done() == {str(count): [str(count)] for count in range(1, 9)}


def test_who_would_wait_past_their_patience_is_turned_away(line: Line[str, str], sender: Sender) -> None:
    line.pace = 0.01  # five seconds for a single letter
    sender.go.clear()
    crowd = Crowd(line)
    crowd.call("first")
    crowd.inside(1)
    with pytest.raises(Busy):
        line.wait(["second"], 2.0)
    sender.go.set()
    assert crowd.done() == {"first": ["FIRST"]}


def test_an_empty_line_takes_anybody_however_slow_it_was(line: Line[str, str]) -> None:
    line.pace = 100.0
    assert line.wait(["a"], 5.0) == ["A"]
    assert line.pace < 100.0


def test_a_small_question_that_waited_behind_large_ones_is_not_a_slow_one(line: Line[str, str]) -> None:
    for _message in range(20):
        line._learn(1.0, 50_000)
    usual = line.pace
    line._learn(1.0, 501)
    assert line.pace < 2 * usual, "the mean of the paces would be 25 times as much"


def test_a_text_that_cannot_be_answered_spoils_no_other(line: Line[str, str], sender: Sender) -> None:
    sender.go.clear()
    crowd = Crowd(line)
    for count, text in enumerate(("a", "b", "c", "poison", "d"), 1):
        crowd.call(text)
        crowd.inside(count)
    sender.go.set()
    assert crowd.done() == {"a": ["A"], "b": ["B"], "c": ["C"], "poison": None, "d": ["D"]}


def test_patience_ends_in_time_for_leaders_and_followers(line: Line[str, str], sender: Sender) -> None:
    sender.go.clear()
    crowd = Crowd(line)
    begun = time.monotonic()
    for count, text in enumerate("abcd", 1):
        crowd.call(text, patience=0.3)
        crowd.inside(count)
    assert set(crowd.done().values()) == {Away}
    assert time.monotonic() - begun < 2
    assert (line.inside, line.leaders, line.places) == (0, 0, [])


def test_after_failures_one_tries_and_the_others_need_not_wait(line: Line[str, str], sender: Sender) -> None:
    line.answered = time.monotonic() - 2 * Line.SILENCE
    sender.away = True
    for _turn in range(Line.FAILURES):
        with pytest.raises(Away):
            line.wait(["a"], 5.0)
    sender.away = False
    sender.go.clear()
    crowd = Crowd(line)
    crowd.call("trying")
    crowd.inside(1)
    begun = time.monotonic()
    with pytest.raises(Away):
        line.wait(["meanwhile"], 5.0)
    assert time.monotonic() - begun < 1
    sender.go.set()
    assert crowd.done() == {"trying": ["TRYING"]}
    assert line.wait(["after"], 5.0) == ["AFTER"]


def test_many_callers_at_once_all_get_their_own_answer(sender: Sender) -> None:
    line: Line[str, str] = Line(sender, away=Away, room=1000)
    crowd = Crowd(line)
    for number in range(200):
        crowd.call(f"text {number}")
    assert crowd.done() == {f"text {number}": [f"TEXT {number}"] for number in range(200)}
    assert (line.inside, line.leaders, line.places) == (0, 0, [])


# --- several parties ---------------------------------------------------------------------------------------


def flooded(line: Line[str, str], letters: str, *, length: int = 1) -> Crowd:
    """One party's callers, one after the other; the first two are being answered, the others wait."""
    crowd = Crowd(line)
    for count, letter in enumerate(letters, 1):
        crowd.call(letter * length, party="flooder")
        crowd.inside(count)
    return crowd


def test_in_a_full_room_the_last_of_the_flooder_makes_way_at_once(line: Line[str, str], sender: Sender) -> None:
    sender.go.clear()
    crowd = flooded(line, "abcdefgh")
    crowd.call("other", party="other")
    assert crowd.told("h") is Crowded
    with pytest.raises(Crowded):
        line.wait(["i"], 10.0, "flooder")
    sender.go.set()
    assert crowd.done() == {**{letter: [letter.upper()] for letter in "abcdefg"}, "h": Crowded, "other": ["OTHER"]}


def test_parties_that_hold_the_same_displace_nobody(line: Line[str, str], sender: Sender) -> None:
    sender.go.clear()
    crowd = flooded(line, "abcdefgh")
    for letter in "wxyz":
        crowd.call(letter, party="other")
    assert {crowd.told(letter) for letter in "efgh"} == {Crowded}
    crowd.inside(8)
    for party in ("flooder", "other"):
        with pytest.raises(Crowded):
            line.wait(["late"], 10.0, party)
    with pytest.raises(Busy) as refused:
        line.wait(["late"], 0.0, "third")
    assert refused.type is Busy, "somebody who holds nothing has not used up a share"
    sender.go.set()
    assert [crowd.done()[letter] for letter in "abcdwxyz"] == [[letter.upper()] for letter in "abcdwxyz"]


def test_a_room_full_of_callers_being_answered_has_a_spare_place_for_others(sender: Sender) -> None:
    line: Line[str, str] = Line(sender, away=Away, room=2)
    line.SPARE = 2
    sender.go.clear()
    crowd = flooded(line, "ab")
    until("two messages are under way", lambda: len(sender.sent) == 2, 10)
    with pytest.raises(Busy):
        line.wait(["c"], 10.0, "flooder")
    crowd.call("other", party="other")
    crowd.inside(3)
    for party in ("other", "third"):
        with pytest.raises(Busy):
            line.wait(["late"], 10.0, party)
    sender.go.set()
    assert crowd.done() == {"a": ["A"], "b": ["B"], "other": ["OTHER"]}


def test_who_asks_little_goes_before_the_rest_of_a_flood(line: Line[str, str], sender: Sender) -> None:
    sender.go.clear()
    crowd = flooded(line, "abcdefg", length=2_500)  # two in a message
    crowd.call("other", party="other")
    crowd.inside(8)
    assert line.places[0].questions == ["other"], "the next to be sent for"
    sender.go.set()
    assert crowd.done()["other"] == ["OTHER"]


def test_a_flood_that_fills_everybodys_patience_gives_way_to_others(line: Line[str, str], sender: Sender) -> None:
    sender.go.clear()
    crowd = flooded(line, "abcdef")
    line.pace = 10.0 / (3.2 * (1 + 500))  # seven callers' work would take longer than ten seconds
    with pytest.raises(Busy):
        line.wait(["g"], 10.0, "flooder")
    crowd.call("x", party="other")
    assert crowd.told("f") is Crowded, "it would have been answered too late now"
    sender.go.set()
    assert crowd.done() == {**{letter: [letter.upper()] for letter in "abcde"}, "f": Crowded, "x": ["X"]}


def test_nothing_is_kept_of_parties_that_have_gone(line: Line[str, str]) -> None:
    for party in range(1000):
        assert line.wait(["a"], 5.0, party) == ["A"]
    assert (line.inside, line.load, line.places, dict(line.held), line.orders) == (0, 0, [], {}, {})


def test_many_parties_at_once_all_get_their_own_answer(sender: Sender) -> None:
    line: Line[str, str] = Line(sender, away=Away, room=1000)
    crowd = Crowd(line)
    for number in range(200):
        crowd.call(f"text {number}", party=number % 7)
    assert crowd.done() == {f"text {number}": [f"TEXT {number}"] for number in range(200)}
    assert (line.inside, line.leaders, line.places, dict(line.held)) == (0, 0, [], {})


# --- busy is not away --------------------------------------------------------------------------------------


def test_out_of_patience_while_somebody_answers_is_busy(line: Line[str, str], sender: Sender) -> None:
    line.wait(["a"], 5.0)
    sender.go.clear()
    crowd = Crowd(line)
    for count, text in enumerate("bc", 1):
        crowd.call(text)
        crowd.inside(count)
    line.pace = 0.0
    crowd.call("d", patience=0.05)
    assert crowd.told("d") is Busy
    sender.go.set()
    assert crowd.done() == {"b": ["B"], "c": ["C"], "d": Busy}


def test_workers_known_to_be_busy_are_no_failures(line: Line[str, str], sender: Sender) -> None:
    sender.busy = True
    for _turn in range(2 * Line.FAILURES):
        with pytest.raises(Busy):
            line.wait(["a"], 5.0)
    assert line.failures == 0
    sender.busy = False
    assert line.wait(["b"], 5.0) == ["B"]
