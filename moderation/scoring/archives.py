"""The files of a checkpoint, out of what they come in: one file, a folder, a .zip or a .tar. None is opened yet."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import IO

from moderation.scoring.checkpoints import WEIGHTS, CheckpointError

MOST = 3_000_000_000
"""Bytes: the largest file that is taken; Detoxify's largest is 1.1 GB."""
PICKLES = (".ckpt", ".pt", ".pth", ".bin")
WANTED = frozenset({
    "config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json",
    "merges.txt", "sentencepiece.bpe.model", "spiece.model", "spans_head.safetensors", "calibration.json", WEIGHTS,
})  # fmt: skip


def collect(path: Path, folder: Path) -> Path:
    """Copy what belongs to a checkpoint from a file, an archive or a folder; return the weights.

    Raises CheckpointError for a damaged archive, and where there is not exactly one file of weights.
    """
    if path.is_dir():
        for file in path.iterdir():
            if _belongs(file.name) and file.is_file():
                shutil.copyfile(file, folder / file.name)
    elif zipfile.is_zipfile(path) and path.suffix not in PICKLES:
        _unzip(path, folder)
    elif path.suffix not in PICKLES and _is_tar(path):
        _untar(path, folder)
    else:
        if path.suffix not in (*PICKLES, ".safetensors"):
            raise CheckpointError(
                f"{path.name} is neither a .safetensors or .ckpt file nor a .zip or .tar archive, or it is damaged."
            )
        shutil.copyfile(path, folder / (WEIGHTS if path.suffix == ".safetensors" else path.name))
        for file in path.parent.iterdir():
            if file.name in WANTED - {WEIGHTS} and file.is_file():
                shutil.copyfile(file, folder / file.name)
    found = [file for file in folder.iterdir() if file.name == WEIGHTS or file.suffix in PICKLES]
    if len(found) != 1:
        raise CheckpointError(f"{path.name} must hold one file of weights ({WEIGHTS} or a .ckpt), not {len(found)}.")
    return found[0]


def _belongs(name: str) -> bool:
    return name in WANTED or Path(name).suffix in PICKLES


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except OSError:
        return False


def _unzip(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                base = member.filename.rpartition("/")[2]
                if _belongs(base) and not member.is_dir():
                    with archive.open(member) as source:
                        _write(source, folder / base)
    # RuntimeError for an encrypted one, NotImplementedError for a compression that zipfile does not know.
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise CheckpointError(f"{path.name} is a damaged archive ({error}). Fetch it again.") from error


def _untar(path: Path, folder: Path) -> None:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                base = member.name.rpartition("/")[2]
                source = archive.extractfile(member) if member.isfile() and _belongs(base) else None
                if source is not None:
                    with source:
                        _write(source, folder / base)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CheckpointError(f"{path.name} is a damaged archive ({error}). Fetch it again.") from error


def _write(source: IO[bytes], path: Path) -> None:
    """Copy one member, refusing a second one of the same name and whatever unpacks to more than MOST bytes."""
    written = 0
    with path.open("xb") as file:
        while block := source.read(1 << 20):
            written += len(block)
            if written > MOST:
                raise CheckpointError(f"{path.name} unpacks to more than {MOST:,} bytes; it was not installed.")
            file.write(block)
