"""Which passages make a text toxic: by the checkpoint's own token head, else by leaving words out.

A token head (``spans_head.safetensors``: weight [1, features], bias [1]) says of every token how likely it is part of
what makes the text toxic. Without one, or for another label, the sentence whose absence lowers the score most is
found first, then the words in it (occlusion; Zeiler and Fergus 2014).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderation.scoring import batches, engine, patience, texts
from moderation.scoring.checkpoints import Checkpoint, CheckpointError
from moderation.scoring.folding import disguises, fold

if TYPE_CHECKING:
    from tokenizers import Encoding

    from moderation.scoring.scorer import Scorer

HEAD = "spans_head.safetensors"
FLOOR = 0.3
"""Below this score nothing is marked by occlusion: there is nothing to explain."""
SHARE = 0.25
"""A word is marked when leaving it out costs this share of the largest loss."""
WORDS = 60
"""Words of one sentence that are left out one by one; a longer sentence is cut."""
SENTENCES = 200
READ = 10_000
"""Characters that are explained: what reaches a person by itself is shorter, and a caller waits for it."""

_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*|[.!?\n]+")
_WORD = re.compile(r"\S*\w\S*")
_READ = re.compile(r"\w+")
_EDGES = re.compile(r"\A\W*|\W*\Z")


class Passage(NamedTuple):
    """Characters [begin, end) and a weight 0..1."""

    begin: int
    end: int
    weight: float


def explain(scorer: Scorer, text: str, label: str) -> list[Passage]:
    """Passages in order, apart from each other. Raises ValueError for a label the checkpoint does not have."""
    checkpoint = scorer.engine.checkpoint
    if label not in checkpoint.labels:
        raise ValueError(f"{checkpoint.name} has no label {label!r}, only {', '.join(checkpoint.labels)}.")
    text = texts.clean(text[:READ])
    if label == checkpoint.labels[0] and (checkpoint.folder / HEAD).is_file():
        return by_head(scorer, text)
    return by_occlusion(scorer, text, checkpoint.labels.index(label))


def read_head(checkpoint: Checkpoint) -> tuple[NDArray[np.float32], float, float]:
    """Weight [features], bias and threshold of a token head. Raises CheckpointError where any of them is damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        head = load_file(checkpoint.folder / HEAD)
        weight, bias = head["weight"].astype(np.float32)[0], float(head["bias"][0])
        threshold = float(checkpoint.config.get("parley", {}).get("span_threshold", 0.5))
        if weight.shape != (int(checkpoint.config["hidden_size"]),):
            raise ValueError(weight.shape)
    except (SafetensorError, KeyError, IndexError, TypeError, ValueError, OSError) as error:
        raise CheckpointError(
            f"{HEAD} of {checkpoint.name!r}, or span_threshold in its config.json, is damaged. Install it again."
        ) from error
    return weight, bias, threshold


class Head:
    """A checkpoint's token head on its graph with token outputs."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.weight, self.bias, self.threshold = read_head(checkpoint)
        self.session = engine.open_session(checkpoint, "tokens")

    def probabilities(self, rows: Sequence[Sequence[int]]) -> list[NDArray[np.float32]]:
        """For each row, a probability for each of its tokens without the two special ones."""
        answers: dict[int, NDArray[np.float32]] = {}
        for batch in batches.by_length([len(row) for row in rows]):
            patience.check(patience.ends())
            ids, mask = engine.pad([rows[index] for index in batch])
            (hidden,) = self.session.run(["hidden"], {"input_ids": ids, "mask": mask})
            logits = hidden @ self.weight + self.bias
            for index, row in zip(batch, logits, strict=True):
                answers[index] = engine.sigmoid(row[1 : len(rows[index]) - 1])
        return [answers[index] for index in range(len(rows))]


@lru_cache(maxsize=4)
def _head(checkpoint: Checkpoint) -> Head:
    return Head(checkpoint)


def by_head(scorer: Scorer, text: str) -> list[Passage]:
    """Words that reach the head's threshold, as written or in the folded copy; neighbours become one passage."""
    marked = marked_words(scorer, text)
    folded = fold(text, scorer.lexicon)[: texts.LIMIT]
    if folded != text:
        weights = {folded[word.begin : word.end].casefold(): word.weight for word in marked_words(scorer, folded)}
        for begin, end, read in disguises(text, scorer.lexicon):
            found = [weights[word] for word in _READ.findall(read.casefold()) if word in weights]
            if found:
                marked.append(trimmed(text, Passage(begin, end, max(found))))
    return list(joined(text, marked))


def marked_words(scorer: Scorer, text: str) -> list[Passage]:
    """Words of the text that reach the head's threshold."""
    head = _head(scorer.engine.checkpoint)
    (encoded,) = scorer.engine.tokens.encode([text])
    length = len(encoded.ids)
    room = scorer.room if length <= scorer.room else max(texts.OVERLAP + 1, scorer.room // 4)
    cuts = batches.windows(length, room, texts.OVERLAP)
    weights = np.zeros(len(encoded.ids), np.float32)
    rows = [scorer.engine.tokens.frame(encoded.ids[a:b]) for a, b in cuts]
    for (a, b), found in zip(cuts, head.probabilities(rows), strict=True):
        np.maximum(weights[a:b], found, out=weights[a:b])
    return [word for word in words_of(text, encoded, weights) if word.weight >= head.threshold]


def words_of(text: str, encoded: Encoding, weights: NDArray[np.float32]) -> Iterator[Passage]:
    """Whole words with the mean of their pieces' weights: annotators mark words. Punctuation is left out."""
    pieces: dict[int, list[int]] = {}
    offsets = encoded.offsets  # made anew at every access
    for index, word in enumerate(encoded.word_ids):
        begin, end = offsets[index]
        if word is not None and any(map(str.isalnum, text[begin:end])):
            pieces.setdefault(word, []).append(index)
        elif text[begin:end].strip() and not text[begin:end].isascii():
            pieces[-index - 1] = [index]  # an emoji stands for itself
    for indices in pieces.values():
        begin, end = offsets[indices[0]][0], offsets[indices[-1]][1]
        yield Passage(begin, end, float(weights[indices].mean()))


def by_occlusion(scorer: Scorer, text: str, label: int) -> list[Passage]:
    """Words of the worst sentence that the score cannot do without."""
    sentences = [Passage(found.start(), found.end(), 0.0) for found in _SENTENCE.finditer(text) if found[0].strip()]
    sentences = sentences[:SENTENCES]
    if not sentences:
        return []
    alone = _scores(scorer, [text, *(text[part.begin : part.end] for part in sentences)], label)
    if alone[0] < FLOOR and alone.max() < FLOOR:
        return []
    worst = sentences[int(alone[1:].argmax())]
    words = [
        (worst.begin + found.start(), worst.begin + found.end())
        for found in _WORD.finditer(text[worst.begin : worst.end])
    ][:WORDS]
    if not words:
        return []
    without = [text[worst.begin : begin] + text[end : worst.end] for begin, end in words]
    whole = float(alone[1:].max())
    loss = whole - _scores(scorer, without, label)
    if loss.max() <= 0.02:
        return [trimmed(text, worst._replace(weight=whole))]
    marked = [
        trimmed(text, Passage(begin, end, float(weight)))
        for (begin, end), weight in zip(words, loss, strict=True)
        if weight >= SHARE * loss.max()
    ]
    return list(joined(text, [part for part in marked if part.end > part.begin]))


def _scores(scorer: Scorer, versions: Sequence[str], label: int) -> NDArray[np.float32]:
    """One label's probability for each version; only the first window of each is read."""
    tokens = scorer.engine.tokens
    rows = [tokens.frame(encoded.ids[: scorer.room]) for encoded in tokens.encode(versions)]
    answers, _ = scorer.engine.probabilities(rows)
    return np.asarray(answers[:, label], np.float32)


def trimmed(text: str, part: Passage) -> Passage:
    """The passage without punctuation at its edges."""
    found = _EDGES.sub("", text[part.begin : part.end])
    begin = text.find(found, part.begin, part.end) if found else part.end
    return part._replace(begin=begin, end=begin + len(found))


def joined(text: str, parts: Sequence[Passage]) -> Iterator[Passage]:
    """Passages with nothing but space between them become one, with the larger weight."""
    current: Passage | None = None
    for part in sorted(parts):
        if current is not None and not text[current.end : part.begin].strip():
            end, weight = max(current.end, part.end), max(current.weight, part.weight)
            current = Passage(current.begin, end, weight)
            continue
        if current is not None:
            yield current
        current = part
    if current is not None:
        yield current
