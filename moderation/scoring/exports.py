"""The ONNX files made from a checkpoint's weights, kept in the state folder under the weights' hash.

Making one is idempotent and safe when several processes do it at once: each writes its own temporary file and
renames it, and whoever is last replaces equal bytes with equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.scoring.checkpoints import WEIGHTS, Checkpoint, CheckpointError, models_dir, sha256

if TYPE_CHECKING:
    from onnx import ModelProto

KINDS = ("fp32", "int8", "tokens")
REVISION = 5
"""Part of the file's name; goes up when the graph changes."""


def export_path(checkpoint: Checkpoint, kind: str) -> Path:
    """Where the graph of these weights with this configuration is (or will be) kept."""
    config = hashlib.sha256(json.dumps(checkpoint.config, sort_keys=True).encode()).hexdigest()
    return models_dir() / "onnx" / f"{checkpoint.weights[:32]}-{config[:8]}-{kind}-{REVISION}.onnx"


def prepared(checkpoint: Checkpoint, kind: str) -> Path:
    """The file, made now if it is not there. Raises CheckpointError where that is impossible."""
    path = export_path(checkpoint, kind)
    if not path.is_file():
        try:
            write(checkpoint, kind, path)
        except OSError as error:
            raise CheckpointError(
                f"{path.parent} cannot be written ({error.strerror}). Set PARLEY_STATE_DIR to a folder that can."
            ) from error
    return path


def build(checkpoint: Checkpoint, kind: str) -> ModelProto:
    """The graph in memory. Raises CheckpointError where weights and configuration do not fit together."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    from moderation.scoring import graph, quantising
    from moderation.scoring.tokens import Tokens

    try:
        weights = load((checkpoint.folder / WEIGHTS).read_bytes())
        if kind != "int8":
            return graph.build(weights, checkpoint.config, tokens=kind == "tokens")
        tokens = Tokens(checkpoint)
        rows = [tokens.frame(encoded.ids) for encoded in tokens.encode(quantising.SENTENCES)]
        ranges = quantising.ranges(weights, checkpoint.config, rows)
        factors = {key: quantising.factors(channels) for key, channels in ranges.items()}
        return graph.build(weights, checkpoint.config, quantised=True, factors=factors)
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"Checkpoint {checkpoint.name!r}: the weights are damaged or do not fit config.json ({error}). "
            "Install it again."
        ) from error


def write(checkpoint: Checkpoint, kind: str, path: Path) -> None:
    """Build one graph and put it in place atomically."""
    model = build(checkpoint, kind)
    if sha256(checkpoint.folder / WEIGHTS) != checkpoint.weights:
        raise CheckpointError(f"Checkpoint {checkpoint.name!r} changed while it was read. Try again.")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(model.SerializeToString())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def prepare(checkpoint: Checkpoint) -> list[Path]:
    """Make every graph this checkpoint needs; those that exist are left as they are, those of earlier versions go."""
    kinds = [kind for kind in KINDS if kind != "tokens" or (checkpoint.folder / "spans_head.safetensors").is_file()]
    made = [prepared(checkpoint, kind) for kind in kinds]
    for path in made:
        for old in path.parent.glob(path.name.removesuffix(f"-{REVISION}.onnx") + "-*.onnx"):
            if old != path:
                old.unlink(missing_ok=True)
    return made
