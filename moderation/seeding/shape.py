"""Who answers whom: a thread with a hot root, some deep branches and many short ones."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from discussions.models import State
from discussions.models.comment import MAX_DEPTH

States = Literal["published", "mixed", "held"]

HOT = 0.1  # the share of all comments that answer the first one directly
DEEP = 0.03  # the share that carry one branch down to the floor before the next begins
ROOTS = 0.4  # the share of the rest that answer nobody
NEARBY = 400  # people answer what they have just read
HELD_OF_MIXED, REJECTED_OF_MIXED = 0.08, 0.02


@dataclass(frozen=True, slots=True)
class Shape:
    """Per comment, in order of posting: the index it answers (None for a root), its depth, and its state.

    `replies` counts the direct replies that are shown. Only what could be read was answered, except in a thread of
    nothing but held comments, so no tombstones arise and "shown" is the same as published.
    """

    parents: list[int | None]
    depths: list[int]
    states: list[State]
    replies: list[int]

    def __len__(self) -> int:
        return len(self.parents)


def draw(n: int, states: States, random: Random) -> Shape:
    """A thread of `n` comments."""
    drawn = _states(n, states, random)
    parents: list[int | None] = []
    depths: list[int] = []
    answerable: list[int] = []
    tip: int | None = None
    for index in range(n):
        parent, carries_on = _parent(answerable, tip, random)
        if parent is not None and depths[parent] >= MAX_DEPTH:
            parent = None
        parents.append(parent)
        depths.append(0 if parent is None else depths[parent] + 1)
        if states == "held" or drawn[index] == State.PUBLISHED:
            answerable.append(index)
            if carries_on:
                tip = index if depths[index] < MAX_DEPTH else None
    replies = [0] * n
    for parent, state in zip(parents, drawn, strict=True):
        if parent is not None and state == State.PUBLISHED:
            replies[parent] += 1
    return Shape(parents, depths, drawn, replies)


def _parent(answerable: list[int], tip: int | None, random: Random) -> tuple[int | None, bool]:
    """What the next comment answers, and whether it carries on the deep branch that ends in `tip`."""
    chance = random.random()
    if not answerable:
        return None, False
    if chance < HOT:
        return answerable[0], False
    if chance < HOT + DEEP:
        return (answerable[-1] if tip is None else tip), True
    if random.random() < ROOTS:
        return None, False
    return answerable[-random.randint(1, min(NEARBY, len(answerable)))], False


def _states(n: int, states: States, random: Random) -> list[State]:
    """Exactly the shares that were asked for, in any order; the first comment can be answered."""
    if states != "mixed":
        return [State(states)] * n
    held, rejected = round(n * HELD_OF_MIXED), round(n * REJECTED_OF_MIXED)
    drawn = [State.HELD] * held + [State.REJECTED] * rejected + [State.PUBLISHED] * (n - held - rejected)
    random.shuffle(drawn)
    first = drawn.index(State.PUBLISHED)
    drawn[0], drawn[first] = drawn[first], drawn[0]
    return drawn
