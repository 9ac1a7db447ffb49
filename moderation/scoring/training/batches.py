"""Rows to tensors: tokenised once, sorted by length within a window, cut by a budget of padded tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from transformers import BertTokenizerFast

from .data import Row
from .evasion import disguise

_CHUNK = 2_000


@dataclass(slots=True)
class Encoded:
    """Token ids of one row, its targets, and per token 1/0/-1 (toxic, not, unknown)."""

    ids: np.ndarray
    row: Row
    token_spans: np.ndarray | None


def encode(rows: list[Row], tokenizer: BertTokenizerFast, max_tokens: int) -> list[Encoded]:
    """Tokenise all rows, truncated to `max_tokens` including [CLS] and [SEP]."""
    encoded: list[Encoded] = []
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        result = tokenizer(
            [row.text for row in chunk], truncation=True, max_length=max_tokens, return_offsets_mapping=True
        )
        for row, ids, offsets in zip(chunk, result["input_ids"], result["offset_mapping"], strict=True):
            spans = None if row.spans is None else _token_spans(row.spans, offsets)
            encoded.append(Encoded(np.asarray(ids, dtype=np.int32), row, spans))
    return encoded


def _token_spans(spans: tuple[int, ...], offsets: list[tuple[int, int]]) -> np.ndarray:
    marked = set(spans)
    flags = [
        -1 if start == end else int(sum(at in marked for at in range(start, end)) * 2 > end - start)
        for start, end in offsets
    ]
    return np.asarray(flags, dtype=np.int8)


def disguised(rows: list[Row], share: float, seed: int) -> list[Row]:
    """Extra copies of `share` of the rows with a spelling trick; their spans are dropped (offsets move)."""
    rng = np.random.default_rng(seed)
    short = [row for row in rows if 12 < len(row.text) < 300 and row.labels[0] == row.labels[0]]
    picks = rng.permutation(len(short))[: round(len(rows) * share)]
    copies = []
    for at in picks:
        row = short[at]
        text = disguise(row.text, rng)
        copies.append(Row(text, row.source, row.labels, row.weight * 0.5, row.label_weights))
    return copies


def batches(items: list[Encoded], budget: int, seed: int) -> Iterator[list[Encoded]]:
    """One epoch in a seeded order: shuffle, sort by length inside windows, cut by `budget` padded tokens."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(items))
    window = 64 * budget // 40
    found: list[list[Encoded]] = []
    for start in range(0, len(order), window):
        part = sorted((items[at] for at in order[start : start + window]), key=lambda item: len(item.ids))
        batch: list[Encoded] = []
        for item in part:
            if batch and len(item.ids) * (len(batch) + 1) > budget:
                found.append(batch)
                batch = []
            batch.append(item)
        found.append(batch)
    for at in rng.permutation(len(found)):
        yield found[at]


@dataclass(slots=True)
class Tensors:
    """One batch: ids, mask (rows × tokens), targets and weights (rows × 6), token targets (-1 unknown)."""

    ids: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    token_targets: torch.Tensor


def collate(batch: list[Encoded]) -> Tensors:
    """Pad to the longest row. A NaN target gets weight 0, so that unknown labels teach nothing."""
    width = max(len(item.ids) for item in batch)
    ids = np.zeros((len(batch), width), dtype=np.int64)
    mask = np.zeros((len(batch), width), dtype=np.int64)
    tokens = np.full((len(batch), width), -1, dtype=np.int64)
    for at, item in enumerate(batch):
        ids[at, : len(item.ids)] = item.ids
        mask[at, : len(item.ids)] = 1
        if item.token_spans is not None:
            tokens[at, : len(item.token_spans)] = item.token_spans
    labels = np.asarray([item.row.labels for item in batch], dtype=np.float32)
    weights = np.asarray([item.row.label_weights for item in batch], dtype=np.float32)
    weights *= np.asarray([[item.row.weight] for item in batch], dtype=np.float32)
    weights[np.isnan(labels)] = 0.0
    return Tensors(
        torch.from_numpy(ids),
        torch.from_numpy(mask),
        torch.from_numpy(np.nan_to_num(labels)),
        torch.from_numpy(weights),
        torch.from_numpy(tokens),
    )
