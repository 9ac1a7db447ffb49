"""Softer targets: what finished checkpoints and a model of words and letters think of a comment.

Annotators are few and disagree; a network that learns their labels long enough learns the disagreement by heart. So a
row's target is drawn towards what several models that have learnt from all rows say of it (distillation, Hinton et al.
2015; born-again networks, Furlanello et al. 2018). The model of words and letters judges only rows it has not seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from .data import Row, text_keys
from .export import Scorer

FOLDS = 4
LETTERS_SHARE = 1 / 3
_READ = 1_200  # characters: about what fits into a training row
_READERS = 2  # processes
_CHUNK = 2_000  # rows
_BOUND = 1e-4
_scorer: Scorer


def soften(rows: Sequence[Row], folders: Sequence[Path], share: float, cache: Path, large: Path | None = None) -> None:
    """Move the known labels of `rows` by `share` (0..1) towards the teachers; keeps their answers in `cache` (.npy).

    `large` is the folder of a larger teacher (`large.py`), whose log-odds count as much as all the others' together.

    Raises ValueError when `cache` was made from other rows.
    """
    if cache.exists():
        taught = np.load(cache)
    else:
        taught = teach(rows, folders, large)
        np.save(cache, taught)
    if taught.shape != (len(rows), 6):
        raise ValueError(f"{cache} holds answers for other rows ({taught.shape[0]}, not {len(rows)}): remove it.")
    for row, answers in zip(rows, taught.tolist(), strict=True):
        # An unknown label is NaN and stays so.
        row.labels = tuple((1 - share) * own + share * other for own, other in zip(row.labels, answers, strict=True))


def told(folders: Sequence[Path], share: float, large: Path | None = None) -> str:
    """Who taught, for the model card: the weights by the beginning of their SHA-256."""
    names = [*map(weights, folders), "a model of words and letters"]
    if large is not None:
        names.append(f"all-mpnet-base-v2 trained on a part of the rows ({weights(large, 'large.safetensors')})")
    return f"; labels moved by {share:g} towards {', '.join(names[:-1])} and {names[-1]}"


def weights(folder: Path, name: str = "model.safetensors") -> str:
    """The beginning of the weights' SHA-256, as the product names them."""
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]


def teach(rows: Sequence[Row], folders: Sequence[Path], large: Path | None = None) -> np.ndarray:
    """The teachers' mean (of log-odds) as probabilities, rows × 6."""
    texts = [row.text[:_READ] for row in rows]
    of_letters = _log_odds(letters(rows))  # first: where scikit-learn is missing, nobody reads in vain
    odds = np.mean([_log_odds(_scored(folder, texts)) for folder in folders], axis=0)
    odds[:, 0] += LETTERS_SHARE * (of_letters - odds[:, 0])
    if large is not None:
        odds = _halfway(odds, _read_by(large, rows))
    answers: np.ndarray = 1 / (1 + np.exp(-odds))
    return answers.astype(np.float32)


def _halfway(odds: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Half-way to what the larger teacher says, where it was asked (NaN: it was not)."""
    return np.where(np.isnan(others), odds, (odds + others) / 2)


def _read_by(large: Path, rows: Sequence[Row]) -> np.ndarray:
    from .large import log_odds  # only here: its model is not needed otherwise

    return log_odds(large, rows)


def _scored(folder: Path, texts: list[str]) -> np.ndarray:
    """Probabilities, texts × six labels; two processes of one thread each, which is quicker than one of two."""
    chunks = [texts[at : at + _CHUNK] for at in range(0, len(texts), _CHUNK)]
    with get_context("spawn").Pool(_READERS, _open, (folder,)) as readers:
        found = []
        for answers in readers.imap(_read, chunks):
            found.append(answers)
            print(f"{folder} has read {min(len(found) * _CHUNK, len(texts))} of {len(texts)} rows", flush=True)
    return np.concatenate(found)


def _open(folder: Path) -> None:
    """In a reader: the checkpoint in bf16, which is off by .0003 on average and .007 at most."""
    global _scorer  # noqa: PLW0603 - one for each process
    torch.set_num_threads(1)
    _scorer = Scorer(folder)
    _scorer.model.bfloat16()


def _read(texts: list[str]) -> np.ndarray:
    answers: np.ndarray = _scorer.scores(texts, budget=1024).numpy()
    return answers


def _log_odds(probability: np.ndarray) -> np.ndarray:
    bounded = np.clip(probability.astype(np.float64), _BOUND, 1 - _BOUND)
    odds: np.ndarray = np.log(bounded / (1 - bounded))
    return odds


def letters(rows: Sequence[Row]) -> np.ndarray:
    """Probability of toxicity per row by logistic regression on words and letters, fitted on the other folds.

    A row's fold follows from its text, so that copies share it; rows without a toxicity label are judged, not learnt.
    """
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.linear_model import LogisticRegression

    texts = [row.text[:_READ].casefold() for row in rows]
    words = HashingVectorizer(ngram_range=(1, 2), n_features=1 << 19, alternate_sign=False, norm=None)
    parts = HashingVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), n_features=1 << 20, alternate_sign=False, norm=None
    )
    scale = {"sublinear_tf": True}
    features = hstack(
        [TfidfTransformer(**scale).fit_transform(kind.transform(texts)) for kind in (words, parts)], format="csr"
    )
    toxic = np.asarray([row.labels[0] for row in rows])
    fold = np.asarray([text_keys(row.text)[0][1] % FOLDS for row in rows])
    judged = np.zeros(len(rows))
    for at in range(FOLDS):
        learnt = (fold != at) & ~np.isnan(toxic)
        model = LogisticRegression(C=4.0, max_iter=60, tol=1e-3).fit(features[learnt], toxic[learnt] >= 0.5)
        judged[fold == at] = model.predict_proba(features[fold == at])[:, 1]
        print(f"words and letters: fold {at + 1} of {FOLDS}", flush=True)
    return judged
