"""The lines of the report, and the comments that are measured with."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

from moderation.scoring import texts
from moderation.scoring.checkpoints import Checkpoint
from moderation.scoring.quantising import SENTENCES
from moderation.scoring.tokens import Tokens

results: list[tuple[str, str, str, str]] = []


def row(what: str, measured: str, target: str = "", good: bool | None = None) -> None:
    """One line of the report."""
    verdict = "" if good is None else "met" if good else "MISSED"
    results.append((what, measured, target, verdict))
    print(f"{what:<66} {measured:>22}  {target:<12} {verdict}", flush=True)


def data_folder(given: Path | None) -> Path | None:
    folder = given or Path(os.environ.get("PARLEY_DATA", ""))
    return folder if (folder / "dev_civil.jsonl").is_file() else None


def comments(data: Path | None, count: int, checkpoint: Checkpoint) -> list[str]:
    """Comments that fit into one window, in a fixed random order."""
    chance = random.Random(7)
    if data:
        every = [
            json.loads(line)["text"]
            for name in ("civil", "jigsaw6", "wiki")
            for line in (data / f"dev_{name}.jsonl").read_text(encoding="utf-8").splitlines()
        ]
    else:
        every = [" ".join(chance.choices(SENTENCES, k=chance.choice((1, 2, 2, 3, 4, 6, 12)))) for _ in range(4 * count)]
    chance.shuffle(every)
    every = [texts.clean(text) for text in every[: 2 * count]]
    lengths = [len(encoded.ids) for encoded in Tokens(checkpoint).encode(every)]
    return [text for text, length in zip(every, lengths, strict=True) if length <= checkpoint.window - 2][:count]
