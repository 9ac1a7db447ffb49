"""Reading the comment corpora and deciding what goes into training.

A row is one comment with six labels in Detoxify's order, each 0..1 (the share of annotators who
saw it) or NaN where nobody was asked. NaN is masked in the loss; it is never read as "no".
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
UNKNOWN = math.nan
DEV_SETS = ("dev_civil", "dev_jigsaw6", "dev_wiki")
KEPT_OF_256 = 10
NEEDED = ("train.jsonl.gz", "spans_train.csv", "spans_dev.csv", *(f"{name}.jsonl" for name in DEV_SETS))


class DataMissingError(Exception):
    """The data folder is absent or incomplete; the message says what to do."""


@dataclass(slots=True)
class Row:
    """One training comment. `weight` scales its loss; `spans` are character offsets, None if unknown."""

    text: str
    source: str
    labels: tuple[float, ...]
    weight: float = 1.0
    label_weights: tuple[float, ...] = field(default=(1.0,) * 6)
    spans: tuple[int, ...] | None = None


def check_folder(folder: Path) -> None:
    """Raise DataMissingError naming each file that is not there."""
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise DataMissingError(
            f"Training needs the comment corpora, and {folder} does not hold: {', '.join(missing)}.\n"
            "They are public but not part of this repository. docs/model-quality.md lists every source, its\n"
            "licence and the expected SHA-256; put the files into one folder and pass it with --data DIR."
        )


def fingerprint(folder: Path) -> dict[str, str]:
    """SHA-256 of every file the recipe reads, by name."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NEEDED}


def _labels(record: dict[str, object]) -> tuple[float, ...]:
    values = (record.get(label) for label in LABELS)
    return tuple(UNKNOWN if value is None else float(value) for value in values)  # type: ignore[arg-type]


def read_rows(path: Path) -> Iterator[Row]:
    """Rows of a .jsonl or .jsonl.gz file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            source = record["source"]
            yield Row(record["text"], source, _labels(record))


def read_spans(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """(text, offsets of the toxic characters) from a SemEval-2021 Task 5 file."""
    with path.open(encoding="utf-8", newline="") as handle:
        for record in csv.DictReader(handle):
            yield record["text"], tuple(json.loads(record["spans"]))


# Letters, digits and emoji count; spacing and punctuation do not.
_NOT_WORD = re.compile("[^\\w\u2600-\u27bf\U0001f300-\U0001faff]+|_")


def text_keys(text: str) -> tuple[bytes, ...]:
    """Hashes under which two copies of a comment meet even if case, spacing or punctuation differ.

    Long comments also get a key for their first and last hundred letters, so that a copy with a
    changed signature or a cut end is still recognised.
    """
    letters = _NOT_WORD.sub("", text.casefold())
    parts = [letters] if len(letters) < 160 else [letters, "<" + letters[:100], letters[-100:] + ">"]
    return tuple(hashlib.blake2b(part.encode("utf-8", "replace"), digest_size=12).digest() for part in parts)


def held_out_keys(folder: Path) -> set[bytes]:
    """Keys of every development comment: none of them may be trained on."""
    keys: set[bytes] = set()
    for name in DEV_SETS:
        for row in read_rows(folder / f"{name}.jsonl"):
            keys.update(text_keys(row.text))
    for text, _ in read_spans(folder / "spans_dev.csv"):
        keys.update(text_keys(text))
    return keys


def without(rows: Iterable[Row], keys: set[bytes]) -> Iterator[Row]:
    """Rows that meet none of `keys`, each distinct comment once."""
    seen: set[bytes] = set()
    for row in rows:
        own = text_keys(row.text)
        if own[0] in seen or any(key in keys for key in own):
            continue
        seen.add(own[0])
        yield row


def is_kept(row: Row) -> bool:
    """Whether a row is kept for calibration: one comment in 25, chosen by its text so that a rerun keeps the same."""
    return text_keys(row.text)[0][0] < KEPT_OF_256


def attach_spans(rows: list[Row], folder: Path) -> int:
    """Set `spans` on the rows that annotators marked; returns how many were matched."""
    marked = {text.strip(): (text, spans) for text, spans in read_spans(folder / "spans_train.csv")}
    matched = 0
    for row in rows:
        found = marked.get(row.text.strip())
        if found is not None:
            # The two files may differ in surrounding white space, which shifts every offset.
            shift = row.text.find(row.text.strip()) - found[0].find(found[0].strip())
            row.spans = tuple(offset + shift for offset in found[1])
            matched += 1
    return matched


# source: (most rows with toxicity >= .5, most other rows, loss weight).
MIX: dict[str, tuple[int, int, float]] = {
    "toxic_spans(civil)": (20_000, 20_000, 1.0),
    "civil_safe": (0, 20_000, 1.0),
    "civil_toxic": (20_000, 0, 1.0),
    "civil_bin": (2_000, 2_000, 1.0),
    "jigsaw6": (5_000, 5_000, 1.0),
    "jigsaw6_lower": (5_000, 5_000, 1.0),
    "jigsaw_bin": (5_000, 17_000, 1.0),
    "jigsaw_bin_lower": (5_000, 4_000, 1.0),
    "cat_large(wiki)": (1_000, 4_000, 0.8),
    "paradetox_toxic": (6_000, 0, 0.6),
    "paradetox_neutral": (0, 7_000, 0.6),
    "davidson": (1_500, 1_500, 0.5),
    "edos": (1_500, 0, 0.6),
    "hatemoji": (3_000, 3_000, 0.8),
    "stormfront": (1_300, 1_500, 0.6),
    "goemotions_weakneg": (0, 2_000, 0.4),
}
# Civil Comments' annotators marked "obscene" far more sparingly than Wikipedia's for the same words.
_CIVIL_LABEL_WEIGHTS = (1.0, 1.0, 0.4, 0.8, 0.8, 0.8)


def _prepared(row: Row) -> Row:
    if row.source == "goemotions_weakneg":
        row.labels = (0.05, 0.0, 0.03, 0.0, 0.04, 0.02)
    if "civil" in row.source:
        row.label_weights = _CIVIL_LABEL_WEIGHTS
    row.weight = MIX[row.source][2]
    return row


def balanced(rows: Iterable[Row], seed: int, scale: float = 1.0, leave_out: str = "") -> list[Row]:
    """A seeded sample by the MIX table; `scale` shrinks each quota, `leave_out` drops the sources that hold it."""
    groups: dict[tuple[str, bool], list[Row]] = {}
    for row in rows:
        known = row.source in MIX and not (leave_out and leave_out in row.source)
        if known:
            groups.setdefault((row.source, row.labels[0] >= 0.5), []).append(row)
    rng = np.random.default_rng(seed)
    chosen: list[Row] = []
    for (source, toxic), members in sorted(groups.items(), key=lambda item: item[0]):
        quota = min(len(members), round(scale * MIX[source][0 if toxic else 1]))
        picks = rng.permutation(len(members))[:quota]
        chosen.extend(_prepared(members[index]) for index in picks)
    return chosen
