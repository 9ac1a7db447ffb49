"""Backends that turn rows of token ids into probabilities.

``onnx-int8`` and ``onnx-fp32`` run on ONNX Runtime and never import torch; ``torch`` runs Detoxify itself. All three
take the same rows and give the same answers: fp32 to within 1e-4 of ``Detoxify.predict``, int8 to within what
``docs/scoring.md`` measures, because whatever falls near a threshold is scored again in fp32.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from moderation.scoring import batches, exports, patience
from moderation.scoring.checkpoints import WEIGHTS, Checkpoint, CheckpointError
from moderation.scoring.tokens import Tokens

Floats = NDArray[np.float32]
Rows = Sequence[Sequence[int]]
Thresholds = Mapping[str, Sequence[float]]
"""Where decisions turn, by label: a policy's thresholds."""
Ends = tuple[float, float]
"""The ends of a band of scores."""
Mask = NDArray[np.bool_]
Relevant = Callable[[Floats], Mask]
"""From raw scores [rows, labels] to the rows [rows] that somebody will go by."""
At = Thresholds | Sequence[Thresholds] | None

VERSION = "3"
"""Goes up whenever the same weights may answer differently for the same text."""

BACKENDS = ("onnx-int8", "onnx-fp32", "torch")
THRESHOLDS = (0.5, 0.8, 0.9)
"""Taken for every label where the caller names no thresholds."""
MARGIN = 0.2
"""Around every threshold, in log-odds (.05 at .5, .02 at .9): int8 answers this close are scored again in fp32."""


def thresholds() -> tuple[float, ...]:
    """Further thresholds, of every label, that int8 must not cross by itself: ``PARLEY_THRESHOLDS``, as in 0.3,0.7."""
    given = os.environ.get("PARLEY_THRESHOLDS", "")
    try:
        return tuple(float(part) for part in given.split(",") if part.strip())
    except ValueError as error:
        raise CheckpointError(f"PARLEY_THRESHOLDS must be numbers such as 0.5,0.8; it is {given!r}.") from error


def resolved(at: Thresholds | None, labels: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """All thresholds by label: the caller's, or ``THRESHOLDS`` where it is None, and those of ``PARLEY_THRESHOLDS``."""
    further = thresholds()
    return {label: (*(THRESHOLDS if at is None else at.get(label, ())), *further) for label in labels}


def threads() -> int:
    """How many micro-batches run side by side: ``PARLEY_SCORING_THREADS``, else the cores this process may use."""
    given = os.environ.get("PARLEY_SCORING_THREADS", "")
    if not given:
        return len(os.sched_getaffinity(0))
    if not given.isdecimal():
        raise CheckpointError(f"PARLEY_SCORING_THREADS must be a number such as 2; it is {given!r}.")
    return max(1, int(given))


class Backend(Protocol):
    """What every backend offers. ``run`` gives [rows, labels] float32 probabilities, in order.

    ``at`` names the thresholds near which the answers must be exact, for all rows (see ``resolved``) or, complete, for
    each; of what is not ``relevant`` they need not be. A backend that is always exact need not look.
    ``run`` raises TooLate between two micro-batches once the answer is of no use any more (``patience.until``).
    """

    name: str

    def run(self, rows: Rows, at: At = None, relevant: Relevant | None = None) -> Floats: ...


def pad(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Rows -> (ids, mask), both [rows, longest row], zero-padded on the right."""
    width = max(len(row) for row in rows)
    ids = np.zeros((len(rows), width), np.int64)
    mask = np.zeros((len(rows), width), np.int32)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return ids, mask


def sigmoid(logits: Floats) -> Floats:
    """Logits -> probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), np.float32)


def log_odds(probability: Floats | float) -> Floats:
    """The inverse of ``sigmoid``: int8 is about as far off everywhere on this scale, which it is not in probability."""
    bounded = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(bounded / (1 - bounded)), np.float32)


class OnnxBackend:
    """ONNX Runtime, one thread for each micro-batch and several micro-batches side by side.

    Two cores on two batches beat two cores on one: nothing has to wait for the other half of a product.
    """

    def __init__(self, checkpoint: Checkpoint, kind: str) -> None:
        self.name = f"onnx-{kind}"
        self.workers = threads()
        self.session = open_session(checkpoint, kind)
        self.pool = ThreadPoolExecutor(self.workers, "scoring") if self.workers > 1 else None

    def run(self, rows: Rows, at: At = None, relevant: Relevant | None = None) -> Floats:
        lengths = [len(row) for row in rows]
        share = sum(lengths) // (3 * self.workers)  # several batches for each worker, so that all end together
        cut = list(batches.by_length(lengths, max(256, min(batches.BUDGET, share))))
        run = self.pool.map if self.pool and len(cut) > 1 else map
        ends = patience.ends()
        answers = run(lambda batch: self.batch([rows[i] for i in batch], ends), cut)
        return gather(cut, list(answers), len(rows))

    def batch(self, rows: Rows, ends: float) -> Floats:
        patience.check(ends)
        ids, mask = pad(rows)
        return sigmoid(self.session.run(["logits"], {"input_ids": ids, "mask": mask})[0])


def gather(cut: Sequence[Sequence[int]], answers: Sequence[Floats], count: int) -> Floats:
    """Put the answers of micro-batches back into the order of their rows."""
    result = np.empty((count, answers[0].shape[1]), np.float32)
    for batch, answer in zip(cut, answers, strict=True):
        result[list(batch)] = answer
    return result


def open_session(checkpoint: Checkpoint, kind: str) -> Any:
    """An ONNX Runtime session on the prepared graph (made here if it is not there yet)."""
    import onnxruntime

    path = exports.prepared(checkpoint, kind)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # shapes vary: remembering one plan for each only grows
    options.enable_cpu_mem_arena = False  # it keeps for ever what the odd long batch needed, and saves no time
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class RepairedInt8:
    """int8 first, then fp32 for every row that a threshold could turn."""

    name = "onnx-int8"

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.quick = OnnxBackend(checkpoint, "int8")
        self.exact = OnnxBackend(checkpoint, "fp32")
        self.labels = checkpoint.labels
        self.repaired = 0
        self.seen = 0

    def run(self, rows: Rows, at: At = None, relevant: Relevant | None = None) -> Floats:
        result = self.quick.run(rows)
        near = self._near(result, at)
        again = np.flatnonzero(near if relevant is None else near & relevant(result)).tolist()
        self.seen += len(rows)
        self.repaired += len(again)
        if len(again):
            result[again] = self.exact.run([rows[i] for i in again])
        return result

    def _near(self, scores: Floats, at: At) -> Mask:
        """For [rows, labels] scores, whether a row lies within the margin of any threshold of any label."""
        if at is None or isinstance(at, Mapping):
            return self._within(scores, resolved(at, self.labels))
        alike: dict[int, list[int]] = {}
        for row, own in enumerate(at):
            alike.setdefault(id(own), []).append(row)
        near = np.zeros(len(scores), np.bool_)
        for rows in alike.values():
            near[rows] = self._within(scores[rows], at[rows[0]])
        return near

    def _within(self, scores: Floats, at: Thresholds) -> Mask:
        near, odds = np.zeros(len(scores), np.bool_), log_odds(scores)
        for column, label in enumerate(self.labels):
            for threshold in set(at.get(label, ())):
                near |= np.abs(odds[:, column] - log_odds(threshold)) < MARGIN
        return near


def surely_between(scores: Floats, ends: Ends) -> Mask:
    """Whether scores lie between two others by more than int8 may be off."""
    odds = log_odds(scores)
    return np.asarray((odds - log_odds(ends[0]) >= MARGIN) & (log_odds(ends[1]) - odds >= MARGIN))


MODEL_CLASSES = {
    "bert": ("BertForSequenceClassification", "BertTokenizer"),
    "roberta": ("RobertaForSequenceClassification", "RobertaTokenizer"),
    "xlm-roberta": ("XLMRobertaForSequenceClassification", "XLMRobertaTokenizer"),
    "albert": ("AlbertForSequenceClassification", "AlbertTokenizer"),
}


def detoxify(checkpoint: Checkpoint) -> Any:
    """Detoxify's own object on this checkpoint, so that ``predict`` is the real one. Never touches the network.

    Its constructor unpickles a file; this hands the verified safetensors to its loader instead.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from detoxify.detoxify import Detoxify, get_model_and_tokenizer
    from safetensors.torch import load_file
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    state = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in load_file(checkpoint.folder / WEIGHTS).items()
    }
    folder = str(checkpoint.folder)
    model_class, tokenizer_class = MODEL_CLASSES[checkpoint.kind]
    # the folder goes in twice: the loader asks for the model type's own configuration even when it is given one
    model, tokenizer = get_model_and_tokenizer(
        folder, model_class, tokenizer_class, len(checkpoint.labels), state, huggingface_config_path=folder
    )
    real = Detoxify.__new__(Detoxify)
    real.model, real.tokenizer, real.class_names, real.device = model, tokenizer, list(checkpoint.labels), "cpu"
    model.eval()
    return real


class TorchBackend:
    """Detoxify's model, fed with micro-batches."""

    name = "torch"

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.detoxify = detoxify(checkpoint)

    def run(self, rows: Rows, at: At = None, relevant: Relevant | None = None) -> Floats:
        import torch

        cut = list(batches.by_length([len(row) for row in rows]))
        answers = []
        with torch.inference_mode():
            for batch in cut:
                patience.check(patience.ends())
                ids, mask = pad([rows[i] for i in batch])
                inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
                answers.append(torch.sigmoid(self.detoxify.model(**inputs)[0]).numpy())
        return gather(cut, answers, len(rows))


@dataclass(slots=True)
class Engine:
    """One loaded checkpoint: its tokenizer and a backend."""

    checkpoint: Checkpoint
    tokens: Tokens
    backend: Backend

    def probabilities(self, rows: Rows, at: At = None, relevant: Relevant | None = None) -> tuple[Floats, float]:
        """[rows, labels] probabilities and the milliseconds the model took; ``at`` and ``relevant`` as in Backend."""
        if not rows:
            return np.empty((0, len(self.checkpoint.labels)), np.float32), 0.0
        start = time.perf_counter()
        result = self.backend.run(rows, at, relevant)
        if not np.isfinite(result).all():
            raise CheckpointError(
                f"Checkpoint {self.checkpoint.name!r} answers with numbers that are not finite; install it again."
            )
        return result, (time.perf_counter() - start) * 1000


def wanted() -> str:
    """The backend asked for: ``PARLEY_BACKEND``, else ``onnx-int8``."""
    name = os.environ.get("PARLEY_BACKEND") or BACKENDS[0]
    if name not in BACKENDS:
        raise CheckpointError(f"There is no backend {name!r}: PARLEY_BACKEND can be {', '.join(BACKENDS)}.")
    return name


def make_backend(checkpoint: Checkpoint, first: str) -> Backend:
    """The backend ``first``, else the next that this machine can run."""
    problems = []
    for kind in BACKENDS[BACKENDS.index(first) :]:
        try:
            if kind == "onnx-int8":
                return RepairedInt8(checkpoint)
            return OnnxBackend(checkpoint, "fp32") if kind == "onnx-fp32" else TorchBackend(checkpoint)
        except ImportError as error:
            problems.append(f"{kind}: {error}")
    raise CheckpointError(f"No backend can run here ({'; '.join(problems)}). Install the requirements again.")


def try_out(checkpoint: Checkpoint, text: str) -> Floats:
    """[1, labels] probabilities of one text in fp32, on a graph made in memory: does this checkpoint run at all?

    A text that fills the window is tried as well: the weights may hold fewer positions than the configuration says.

    Raises CheckpointError, or whatever a malformed file makes the libraries raise.
    """
    import onnxruntime

    tokens = Tokens(checkpoint)
    graph = exports.build(checkpoint, "fp32")
    short = tokens.encode([text])[0].ids
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    full = (short * checkpoint.window)[: checkpoint.window - 2]
    for row in (tokens.frame(full), tokens.frame(short)):
        ids, mask = pad([row])
        answer = sigmoid(session.run(["logits"], {"input_ids": ids, "mask": mask})[0])
    if not np.isfinite(answer).all():
        raise CheckpointError(f"Checkpoint {checkpoint.name!r} answers with numbers that are not finite.")
    return answer


def share_memory_between_threads() -> None:
    """Let glibc keep one heap for all threads instead of one each; they held 150 MB that nobody used."""
    import ctypes

    try:
        ctypes.CDLL(None).mallopt(-8, 1)  # M_ARENA_MAX
    except (AttributeError, OSError):
        return  # another C library


def load(checkpoint: Checkpoint, backend: str | None = None) -> Engine:
    """A checkpoint in memory, ready to answer."""
    share_memory_between_threads()
    return Engine(checkpoint, Tokens(checkpoint), make_backend(checkpoint, backend or wanted()))
