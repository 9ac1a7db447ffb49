"""Thresholds on our scores that hold the same share of comments as a caller's old ones.

Two models' probabilities cannot be compared number by number, and a caller's "0.8" means to them "about so many
comments to look at". So an old threshold is translated by its share: the new one lets as many of the same texts pass.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

USUAL = (0.5, 0.6, 0.7, 0.8, 0.9)
DRAWS = 1000
MOST_ROWS = 200_000
_TEXT_NAMES = ("text", "comment", "comment_text", "body", "content")
_SCORE_NAMES = ("score", "old_score", "old score", "toxicity", "perspective", "value")


class CsvProblem(Exception):
    """The file cannot be used; the message says which line and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One old threshold and its translation.

    `share` of the texts reach the old threshold, and as many reach `new`. `low` to `high` is the 95 % interval of
    `new` over resampled texts (percentile bootstrap). `agreement` is the share of texts that fall on the same side of
    both; None where the old scores of the texts are not known.
    """

    old: float
    share: float
    new: float
    low: float
    high: float
    agreement: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def same_share(ours: Floats, share: float) -> float:
    """The threshold that `share` (0..1) of our scores reach, halfway between two scores; `ours` sorted ascending."""
    count = len(ours)
    reached = round(share * count)
    if reached <= 0:
        return 1.0
    if reached >= count:
        return 0.0
    return float((ours[count - reached] + ours[count - reached - 1]) / 2)


def table(
    old: Sequence[float], ours: Sequence[float], thresholds: Sequence[float] = USUAL, *, seed: int = 0
) -> list[Row]:
    """A Row for each old threshold, from both scores of the same texts. Raises ValueError for fewer than two texts."""
    before, after = np.asarray(old, np.float64), np.asarray(ours, np.float64)
    if len(before) != len(after) or len(before) < 2:
        raise ValueError("both scores of at least two texts are needed")
    shares = np.array([(before >= limit).mean() for limit in thresholds])
    sorted_after = np.sort(after)
    new = [same_share(sorted_after, share) for share in shares]
    drawn = np.empty((DRAWS, len(thresholds)))
    source = np.random.default_rng(seed)
    for draw in range(DRAWS):
        chosen = source.integers(0, len(before), len(before))
        resampled = np.sort(after[chosen])
        drawn[draw] = [same_share(resampled, (before[chosen] >= limit).mean()) for limit in thresholds]
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return [
        Row(
            old=float(limit),
            share=float(shares[i]),
            new=new[i],
            low=float(low[i]),
            high=float(high[i]),
            agreement=float(((before >= limit) == (after >= new[i])).mean()),
        )
        for i, limit in enumerate(thresholds)
    ]


def from_share(ours: Sequence[float], *, old: float, share: float, seed: int = 0) -> Row:
    """A Row where only the share that the old threshold held is known, and our scores of the site's own comments."""
    after = np.sort(np.asarray(ours, np.float64))
    if len(after) < 2:
        raise ValueError("at least two scored comments are needed")
    source = np.random.default_rng(seed)
    drawn = [same_share(np.sort(source.choice(after, len(after))), share) for _draw in range(DRAWS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Row(old=old, share=share, new=same_share(after, share), low=float(low), high=float(high))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a threshold would have held among texts that callers' moderators judged.

    `held` texts reach it, `right` of them were rejected there; `missed` were rejected there and do not reach it.
    """

    threshold: float
    held: int
    right: int
    missed: int


def verdicts(ours: Sequence[float], said: Sequence[float], thresholds: Sequence[float] = USUAL) -> list[Verdicts]:
    """Our scores against what was said of the same texts; from 0.5 up, a text counts as rejected."""
    scores, bad = np.asarray(ours, np.float64), np.asarray(said, np.float64) >= 0.5
    return [
        Verdicts(
            threshold=limit,
            held=int((scores >= limit).sum()),
            right=int((bad & (scores >= limit)).sum()),
            missed=int((bad & (scores < limit)).sum()),
        )
        for limit in thresholds
    ]


def read_csv(
    stream: TextIO, *, text: str | None = None, score: str | None = None, most: int = MOST_ROWS
) -> tuple[list[str], list[float]]:
    """(texts, old scores) from a CSV with a header. Columns are found by their usual names or the given ones.

    Raises CsvProblem.
    """
    csv.field_size_limit(2_000_000)
    reader = csv.DictReader(stream)
    try:
        names = {name.strip().lower(): name for name in reader.fieldnames or [] if name}
        text_column = _column(names, text, _TEXT_NAMES, "text")
        score_column = _column(names, score, _SCORE_NAMES, "score")
        texts, scores = [], []
        for row in reader:
            words = row[text_column] or ""
            if not words.strip():
                continue
            texts.append(words)
            scores.append(_probability(row[score_column], reader.line_num))
            if len(texts) > most:
                raise CsvProblem(f"The file has more than {most} texts. Take a sample.")
    except (csv.Error, UnicodeDecodeError) as error:
        raise CsvProblem(f"Line {reader.line_num + 1} cannot be read as CSV in UTF-8: {error}") from None
    if len(texts) < 2:
        raise CsvProblem("The file holds fewer than two texts.")
    return texts, scores


def _column(names: dict[str, str], given: str | None, usual: Sequence[str], what: str) -> str:
    for name in [given] if given else usual:
        if name.strip().lower() in names:
            return names[name.strip().lower()]
    wanted = f"named {given!r}" if given else f"for the {what} (such as {usual[0]!r})"
    raise CsvProblem(f"The first line must name the columns, and there is none {wanted}. Found: {', '.join(names)}.")


def _probability(value: str | None, line: int) -> float:
    try:
        number = float(value or "")
    except ValueError:
        raise CsvProblem(f"Line {line}: {value!r} is not a number.") from None
    if not 0 <= number <= 1:
        raise CsvProblem(f"Line {line}: a score lies between 0 and 1, not {number}.")
    return number


def parse_thresholds(words: str) -> list[float]:
    """ "0.7, 0.8" -> [0.7, 0.8]. Raises CsvProblem."""
    try:
        found = [float(word) for word in words.replace(";", ",").split(",") if word.strip()]
    except ValueError:
        raise CsvProblem(f"{words!r} is not a list of numbers such as 0.7,0.8.") from None
    if not found or not all(0 < limit < 1 for limit in found):
        raise CsvProblem("Thresholds lie between 0 and 1, such as 0.7,0.8.")
    return sorted(set(found))
