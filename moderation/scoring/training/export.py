"""From trained weights to the folder that is bundled: fp16 safetensors, config, tokenizer; no pickle."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import BertForSequenceClassification

from .data import LABELS

WINDOW = 256
SPANS_FILE = "spans_head.safetensors"
SIZE_LIMIT = 50_000_000


def write_folder(
    model: BertForSequenceClassification, state: dict[str, torch.Tensor], folder: Path, span_threshold: float = 0.5
) -> None:
    """Write weights (`state` as `Trainer.averaged` gives it) and configuration next to the tokenizer in `folder`."""
    weights = {name.removeprefix("model."): value for name, value in state.items() if name.startswith("model.")}
    save_file(
        {name: value.half().contiguous() for name, value in weights.items()},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    head = {"weight": state["spans.weight"].float().contiguous(), "bias": state["spans.bias"].float().contiguous()}
    save_file(head, folder / SPANS_FILE, {"format": "pt"})
    config = model.config.to_dict()
    for name in ("_name_or_path", "transformers_version", "torch_dtype", "dtype"):
        config.pop(name, None)
    config |= {
        "architectures": ["BertForSequenceClassification"],
        "dtype": "float32",
        "num_labels": len(LABELS),
        "id2label": {str(at): label for at, label in enumerate(LABELS)},
        "label2id": {label: at for at, label in enumerate(LABELS)},
        # parley: what the engine wants to know. Texts longer than the window are scored in overlapping pieces.
        "parley": {"window": WINDOW, "languages": ["en"], "span_threshold": span_threshold},
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.iterdir())
    if size > SIZE_LIMIT:
        raise ValueError(f"{folder} is {size:,} bytes; the limit is {SIZE_LIMIT:,}.")


def read_folder(folder: Path) -> dict[str, torch.Tensor]:
    """The weights that `write_folder` wrote, under their names in training (fp32, rounded to fp16 once)."""
    model = load_file(folder / "model.safetensors")
    head = load_file(folder / SPANS_FILE)
    parts = {"model": model, "spans": head}
    return {f"{part}.{name}": value.float() for part, values in parts.items() for name, value in values.items()}


def average(folders: Sequence[Path], shares: Sequence[float] = ()) -> dict[str, torch.Tensor]:
    """The mean of several checkpoints' weights, named as in training: a model soup (Wortsman et al. 2022).

    `shares` says how much each counts (default: all alike). It helps where all have grown from the same weights. Raises
    ValueError when their vocabularies or shapes differ, or when there is not one share for each.
    """
    if shares and len(shares) != len(folders):
        raise ValueError(f"{len(folders)} checkpoints need as many shares, not {len(shares)}.")
    vocabularies = {(folder / "vocab.txt").read_bytes() for folder in folders}
    states = [read_folder(folder) for folder in folders]
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    if len(vocabularies) > 1 or any(shape != shapes[0] for shape in shapes):
        raise ValueError("These checkpoints cannot be averaged: their vocabularies or layers differ.")
    parts = torch.tensor([float(share) for share in shares] or [1.0] * len(folders))
    parts /= parts.sum()
    return {name: torch.tensordot(parts, torch.stack([state[name] for state in states]), dims=1) for name in states[0]}


def open_detoxify(folder: Path) -> Any:
    """The real Detoxify on `folder`: its own loader and its own `predict`, nothing unpickled."""
    from detoxify import Detoxify
    from detoxify.detoxify import get_model_and_tokenizer

    state = {name: value.float() for name, value in load_file(folder / "model.safetensors").items()}
    model, tokenizer = get_model_and_tokenizer(
        model_type=str(folder),
        model_name="BertForSequenceClassification",
        tokenizer_name="BertTokenizer",
        num_classes=len(LABELS),
        state_dict=state,
        huggingface_config_path=str(folder),
    )
    detoxify = Detoxify.__new__(Detoxify)
    detoxify.model, detoxify.tokenizer, detoxify.class_names = model, tokenizer, list(LABELS)
    detoxify.device = "cpu"
    return detoxify


class Scorer:
    """Detoxify's model on many texts, sorted by length; long texts in overlapping windows, the maximum per label."""

    def __init__(self, folder: Path) -> None:
        self.detoxify = open_detoxify(folder)
        self.model = self.detoxify.model.eval()
        self.tokenizer = self.detoxify.tokenizer
        head = load_file(folder / SPANS_FILE)
        self.spans_weight, self.spans_bias = head["weight"], head["bias"]

    @torch.no_grad()
    def scores(self, texts: list[str], budget: int = 4096) -> torch.Tensor:
        """Probabilities, texts × six labels."""
        pieces: list[tuple[int, list[int]]] = []
        for at, text in enumerate(texts):
            ids = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
            room = WINDOW - 2
            starts = range(0, max(1, len(ids) - room // 4), room * 3 // 4)
            pieces.extend((at, [101, *ids[start : start + room], 102]) for start in starts)
        pieces.sort(key=lambda piece: len(piece[1]))
        best = torch.full((len(texts), len(LABELS)), -math.inf)
        batch: list[tuple[int, list[int]]] = []
        for piece in [*pieces, None]:
            if batch and (piece is None or len(piece[1]) * (len(batch) + 1) > budget):
                logits = self._logits([ids for _, ids in batch])
                for (at, _), row in zip(batch, logits, strict=True):
                    best[at] = torch.maximum(best[at], row)
                batch = []
            if piece is not None:
                batch.append(piece)
        return torch.sigmoid(best)

    def _logits(self, rows: list[list[int]]) -> torch.Tensor:
        width = max(map(len, rows))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        logits: torch.Tensor = self.model(ids, attention_mask=mask)[0]
        return logits.float()

    def labelled(self, texts: list[str]) -> list[dict[str, float]]:
        """The same as one dictionary per text, as the audit wants it."""
        return [dict(zip(LABELS, row, strict=True)) for row in self.scores(texts).tolist()]

    @torch.no_grad()
    def token_scores(self, text: str) -> tuple[list[float], list[tuple[int, int]]]:
        """Per token of the first 512: probability of being toxic, and its character offsets."""
        found = self.tokenizer(text, truncation=True, max_length=512, return_offsets_mapping=True, return_tensors="pt")
        offsets = [(int(a), int(b)) for a, b in found.pop("offset_mapping")[0]]
        hidden = self.model.bert(**found).last_hidden_state[0]
        return torch.sigmoid(hidden @ self.spans_weight[0] + self.spans_bias).tolist(), offsets


def marked_characters(scores: list[float], offsets: list[tuple[int, int]], threshold: float) -> set[int]:
    """Characters of the tokens above `threshold`; the gap between two marked neighbours is marked too."""
    marked: set[int] = set()
    last = -1
    for score, (start, end) in zip(scores, offsets, strict=True):
        if start == end:
            continue
        if score >= threshold:
            marked.update(range(start if last < 0 else last, end))
            last = end
        else:
            last = -1
    return marked
