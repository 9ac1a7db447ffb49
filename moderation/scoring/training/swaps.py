"""Comments in which a group of people is named come again with another group in its place.

What a comment says about people must weigh the same whoever they are. The corpora teach otherwise: some groups are
named there mostly by those who hate them. A copy keeps its labels, so the name of the group alone tells nothing
(counterfactual data augmentation, Garg et al. 2019).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from .data import Row
from .written import lines

# "black people", "gay men": the adjective is swapped; "a black box", "the White House" stay.
_PEOPLE = (
    "men man women woman people person persons guy guys folks kids children boy boys girl girls community communities"
    " couple couples family families parents voters americans canadians students teachers workers"
)
_LONGEST = 1_200  # characters; longer comments are slow to learn from and rarely about one group


class Swapper:
    """Puts other groups in the place of those that a text names."""

    def __init__(self) -> None:
        pairs = [entry.split(" | ") for entry in lines("identities")]
        self.many = sorted({many for _, many in pairs if not many.startswith("the ")})
        self.adjectives = sorted({one for one, _ in pairs if " " not in one})
        named = "|".join(re.escape(term) for term in sorted(self.many, key=len, reverse=True))
        described = "|".join(re.escape(term) for term in sorted(self.adjectives, key=len, reverse=True))
        self._pattern = re.compile(
            rf"\b(?:(?P<many>{named})|(?P<adjective>{described})(?=\s+(?:{'|'.join(_PEOPLE.split())})\b))\b",
            re.IGNORECASE,
        )

    def swapped(self, text: str, rng: np.random.Generator) -> str | None:
        """`text` with each group replaced by another, the same one throughout; None where no group is named."""
        instead: dict[str, str] = {}

        def other(found: re.Match[str]) -> str:
            choices: Sequence[str] = self.many if found["many"] else self.adjectives
            known = found[0].casefold()
            if known not in instead:
                others = [choice for choice in choices if choice.casefold() != known]
                instead[known] = others[int(rng.integers(len(others)))]
            return instead[known]

        changed = self._pattern.sub(other, text)
        return changed if instead else None


def rows(chosen: Sequence[Row], seed: int) -> list[Row]:
    """Copies of those of `chosen` that name a group, with another group; marked words are dropped (offsets move).

    Harmless comments come three times, each time with another group: they are the rarer ones where groups are named.
    """
    rng, swapper = np.random.default_rng(seed), Swapper()
    made: list[Row] = []
    for row in chosen:
        if len(row.text) > _LONGEST or row.labels[0] != row.labels[0]:
            continue
        for _ in range(1 if row.labels[0] >= 0.5 else 3):
            text = swapper.swapped(row.text, rng)
            if text is None:
                break
            made.append(Row(text, row.source, row.labels, row.weight, row.label_weights))
    return made
