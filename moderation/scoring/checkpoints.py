"""Where checkpoints live, what they are made of, and proof that they are what they claim to be.

A checkpoint is a folder: ``model.safetensors``, ``config.json`` and the tokenizer's files. Nothing in it is
pickled, so opening one runs no code. ``compact`` ships with the program; others are installed by
``manage.py model install`` into ``<state dir>/models/<name>/`` together with ``parley.json``, which pins the
SHA-256 of every file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
STANDARD = {"toxic": "toxicity", "identity_hate": "identity_attack", "severe_toxic": "severe_toxicity"}
"""Detoxify's own renaming of the first challenge's labels."""
_LABEL = re.compile(r"[a-z][a-z0-9_]{0,39}")

BUNDLED = Path(__file__).resolve().parent / "bundled"
DEFAULT = "compact"
WEIGHTS = "model.safetensors"
MANIFEST = "parley.json"
ARCHITECTURES = ("bert", "roberta", "xlm-roberta", "albert")


class CheckpointError(Exception):
    """A checkpoint is missing, damaged or not what it claims to be; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One verified folder of weights.

    ``labels`` are in the order of the model's outputs. ``window`` is in tokens, the two special ones
    included. ``languages`` are ISO 639-1 codes the weights were trained on.
    """

    name: str
    folder: Path
    weights: str
    labels: tuple[str, ...]
    window: int
    languages: frozenset[str]
    config: dict[str, Any] = field(repr=False, compare=False)

    @property
    def kind(self) -> str:
        """The body's architecture, one of ``ARCHITECTURES``."""
        return str(self.config["model_type"])


def state_dir() -> Path:
    """The folder for everything this installation makes: ``PARLEY_STATE_DIR`` or ``.parley`` beside the code."""
    given = os.environ.get("PARLEY_STATE_DIR")
    return Path(given).expanduser() if given else Path(__file__).resolve().parents[2] / ".parley"


def models_dir() -> Path:
    """Where installed checkpoints and everything derived from weights are kept."""
    return state_dir() / "models"


def chosen() -> str:
    """The checkpoint in use: ``PARLEY_CHECKPOINT``, else what ``model use`` recorded, else ``compact``."""
    given = os.environ.get("PARLEY_CHECKPOINT")
    if given:
        return given
    try:
        return (models_dir() / "in-use").read_text(encoding="utf-8").strip() or DEFAULT
    except FileNotFoundError:
        return DEFAULT


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find(name: str) -> Path:
    """The folder of a checkpoint by name or path. Raises CheckpointError where there is none."""
    if name in {"", ".", ".."}:
        raise CheckpointError("No checkpoint is named. Run `manage.py model list` to see what there is.")
    folders = [Path(name)] if os.sep in name else [models_dir() / name, BUNDLED / name]
    for folder in folders:
        if (folder / "config.json").is_file():
            return folder
    raise CheckpointError(
        f"There is no checkpoint called {name!r}. `manage.py model list` shows what there is, "
        f"`manage.py model install {name}` fetches one of Detoxify's own."
    )


def open_checkpoint(name: str | None = None) -> Checkpoint:
    """The checkpoint of that name (default: the chosen one), with its hashes verified.

    The digest is taken once per process for each version of the file (its path, size and time of change).
    """
    name = name or chosen()
    folder = find(name)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise CheckpointError(f"Checkpoint {name!r} has no {WEIGHTS}. Install it again.")
    status = weights.stat()
    return _open(name, folder, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=16)
def _open(name: str, folder: Path, size: int, changed: int) -> Checkpoint:
    digest = sha256(folder / WEIGHTS)
    verify_files(name, folder, _manifest(folder).get("files", {}), {WEIGHTS: digest})
    return describe(name, folder, digest)


def describe(name: str, folder: Path, digest: str = "") -> Checkpoint:
    """Read a folder's configuration. Raises CheckpointError where it makes no sense or cannot be run."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        checkpoint = _describe(name, folder, digest or sha256(folder / WEIGHTS), config)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"Checkpoint {name!r}: config.json cannot be read ({type(error).__name__}: {error}). Install it again."
        ) from error
    if checkpoint.kind not in ARCHITECTURES:
        raise CheckpointError(
            f"Checkpoint {name!r} is a {checkpoint.kind!r} model; only {', '.join(ARCHITECTURES)} can be run."
        )
    return checkpoint


def _manifest(folder: Path) -> dict[str, Any]:
    """What was pinned at installation; empty for a folder that never was installed."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CheckpointError(f"{folder / MANIFEST} is damaged. Install the checkpoint again.") from error
    return found if isinstance(found, dict) else {}


def verify_files(name: str, folder: Path, pinned: dict[str, str], known: dict[str, str] | None = None) -> None:
    """Compare every pinned file with its digest. Raises CheckpointError at the first that differs."""
    for file, digest in pinned.items():
        path = folder / file
        if path.parent != folder or not path.is_file():
            raise CheckpointError(f"Checkpoint {name!r} has lost its file {file}. Install it again.")
        if ((known or {}).get(file) or sha256(path)) != digest:
            raise CheckpointError(
                f"Checkpoint {name!r}: {file} is not the file that was installed (its SHA-256 differs). "
                "It was not loaded. Install it again."
            )


def _describe(name: str, folder: Path, digest: str, config: dict[str, Any]) -> Checkpoint:
    """Read a configuration; ``parley`` inside it may set window and languages."""
    names = config["id2label"]
    labels = tuple(STANDARD.get(str(names[str(index)]), str(names[str(index)])) for index in range(len(names)))
    if len(set(labels)) < len(labels) or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(f"id2label must name each label once, in small letters, not {str(labels)[:80]!r}")
    own = config.get("parley", {})
    positions = int(config["max_position_embeddings"])
    if config["model_type"] in {"roberta", "xlm-roberta"}:
        positions -= int(config.get("pad_token_id", 1)) + 1  # the first positions are never used there
    return Checkpoint(
        name=name,
        folder=folder,
        weights=digest,
        labels=labels,
        window=max(8, min(int(own.get("window", 512)), positions, 512)),
        languages=frozenset(_codes(own.get("languages", ["en"]))),
        config=config,
    )


def _codes(languages: Any) -> list[str]:
    if not isinstance(languages, list) or not all(isinstance(code, str) for code in languages):
        raise ValueError(f'parley.languages must be a list such as ["en"], not {str(languages)[:40]!r}')
    return languages
