"""Install, choose and remove checkpoints. A file is refused before anything changes, never half installed.

Whatever its form, a checkpoint ends as a folder with safetensors, a configuration and a tokenizer; pickled weights
are read once, after their SHA-256 was verified, and by torch's restricted reader, which runs no code.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.scoring import archives, checkpoints, spans
from moderation.scoring.archives import MOST, PICKLES, WANTED
from moderation.scoring.checkpoints import BUNDLED, MANIFEST, WEIGHTS, Checkpoint, CheckpointError, models_dir, sha256
from moderation.scoring.downloads import Progress, download

RELEASES = "https://github.com/unitaryai/detoxify/releases/download"
HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Published:
    """One of Detoxify's own: where its weights are, and the body whose configuration and tokenizer it uses."""

    path: str
    body: str
    languages: tuple[str, ...] = ("en",)

    @property
    def file(self) -> str:
        return self.path.rpartition("/")[2]


PUBLISHED = {
    "original": Published("v0.1-alpha/toxic_original-c1212f89.ckpt", "google-bert/bert-base-uncased"),
    "unbiased": Published("v0.3-alpha/toxic_debiased-c7548aa0.ckpt", "FacebookAI/roberta-base"),
    "multilingual": Published(
        "v0.4-alpha/multilingual_debiased-0b549669.ckpt",
        "FacebookAI/xlm-roberta-base",
        ("en", "fr", "es", "it", "pt", "tr", "ru"),
    ),
    "original-small": Published("v0.1.2/original-albert-0e1d6498.ckpt", "albert/albert-base-v2"),
    "unbiased-small": Published("v0.1.2/unbiased-albert-c8519128.ckpt", "albert/albert-base-v2"),
}
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_RESERVED = frozenset({"onnx", "downloads", "in-use", "pins.json"})
_EIGHT = re.compile(r"-([0-9a-f]{8})\.\w+\Z")


def installed() -> list[str]:
    """Names of the bundled and the installed checkpoints, sorted."""
    folders = [*_folders(BUNDLED), *_folders(models_dir())]
    return sorted({folder.name for folder in folders if (folder / "config.json").is_file()})


def _folders(parent: Path) -> Iterator[Path]:
    if parent.is_dir():
        yield from (path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


def install(
    what: str,
    *,
    name: str | None = None,
    digest: str | None = None,
    mirror: str | None = None,
    replace: bool = False,
    progress: Progress = lambda _have, _total: None,
) -> Checkpoint:
    """Install one of Detoxify's checkpoints by name, or a file, archive or folder; return it, opened.

    ``digest`` is the SHA-256 that the file must have. ``mirror`` replaces both download addresses. Raises
    CheckpointError, with nothing changed, for anything that is not a working checkpoint.
    """
    path = Path(what).expanduser()
    known = PUBLISHED.get(what)
    if known is None and not path.exists():
        raise CheckpointError(f"{what!r} is neither a file nor one of {', '.join(PUBLISHED)}.")
    name = _checked_name(name or (what if known else path.name.partition(".")[0].lower()), replace=replace)
    models_dir().mkdir(parents=True, exist_ok=True)
    with _staging() as folder:
        weights = _fetch(known, folder, digest, mirror, progress) if known else archives.collect(path, folder)
        _convert(weights, folder, digest, known)
        _finish(folder, weights, known)
        _put(folder, models_dir() / name)
    return checkpoints.open_checkpoint(name)


def _checked_name(name: str, *, replace: bool) -> str:
    if not _NAME.fullmatch(name) or name in _RESERVED or (BUNDLED / name).exists():
        raise CheckpointError(
            f"{name!r} cannot be a checkpoint's name: give another with --name (a-z, 0-9, dot, dash, underscore)."
        )
    if (models_dir() / name).exists() and not replace:
        raise CheckpointError(f"{name!r} is already installed. Add --replace to install it anew.")
    return name


@contextmanager
def _staging() -> Iterator[Path]:
    """A folder beside its destination, gone afterwards whatever happens."""
    folder = Path(tempfile.mkdtemp(dir=models_dir(), prefix=".new-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fetch(known: Published, folder: Path, digest: str | None, mirror: str | None, progress: Progress) -> Path:
    """Download weights (kept under ``downloads`` until they are complete) and the body's two small files."""
    cache = models_dir() / "downloads"
    cache.mkdir(exist_ok=True)
    kept = cache / known.file
    if not kept.exists():
        download(f"{mirror or RELEASES}/{known.path}", kept, progress=progress, most=MOST)
    try:
        verify(kept, digest)
    except CheckpointError:
        kept.unlink()  # it would never become right
        raise
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        url = f"{mirror or HUB}/{known.body}/resolve/main/{file}"
        download(url, folder / file, progress=lambda _have, _total: None, most=50_000_000)
    return kept


def verify(path: Path, digest: str | None) -> str:
    """The file's SHA-256, if it is the expected one.

    Expected is ``digest``; else the digest pinned at the first installation of a file of that name; else the eight
    digits in a published file's name. Raises CheckpointError where it differs or nothing is known about it.
    """
    actual = sha256(path)
    pins = _pins()
    published = {known.file for known in PUBLISHED.values()}
    expected = (digest or (pins.get(path.name) if path.name in published else None) or "").lower()
    eight = _EIGHT.search(path.name) if path.name in published else None
    if not expected and eight is None:
        raise CheckpointError(
            f"{path.name} is a pickle, which may hold a program. Give the SHA-256 that its publisher states: "
            "--sha256 HEX. (A .safetensors file needs none.)"
        )
    if (expected and actual != expected) or (eight and not actual.startswith(eight[1])):
        raise CheckpointError(
            f"{path.name} is not the published file: its SHA-256 is {actual}, "
            f"expected {expected or (eight and eight[1] + '...')}. It was not opened. Fetch it again."
        )
    return actual


def _pins() -> dict[str, str]:
    try:
        return dict(json.loads((models_dir() / "pins.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def _convert(weights: Path, folder: Path, digest: str | None, known: Published | None) -> None:
    """Bring weights into ``model.safetensors``, and the labels that a Detoxify file names into the configuration."""
    if weights.name == WEIGHTS:
        if digest and sha256(weights) != digest.lower():
            raise CheckpointError(f"{weights.name} has another SHA-256 than the one given. It was not installed.")
        return
    actual = verify(weights, digest)
    state, labels = unpickle(weights)
    from safetensors.torch import save_file

    heads = ("classifier.weight", "classifier.bias", "classifier.out_proj.weight", "classifier.out_proj.bias")
    for head in heads:  # some published heads have more outputs than names; predict() reads the named ones
        if head in state:
            state[head] = state[head][: len(labels)]
    save_file({name: tensor.contiguous().clone() for name, tensor in state.items()}, folder / WEIGHTS)
    config = _config(folder)
    config |= {
        "num_labels": len(labels),
        "id2label": {str(index): label for index, label in enumerate(labels)},
        "label2id": {label: index for index, label in enumerate(labels)},
        "problem_type": "multi_label_classification",
        "parley": {"languages": list(known.languages) if known else ["en"]},
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    if known:
        pins = json.dumps(_pins() | {weights.name: actual}, indent=1)
        _replace(models_dir() / "pins.json", pins + "\n")


def unpickle(path: Path) -> tuple[dict[str, Any], list[str]]:
    """(state, labels) of a Detoxify checkpoint. torch's restricted reader refuses anything but data."""
    import pickle

    import torch

    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        classes = loaded["config"]["dataset"]["args"]["classes"]
        state = {str(name): tensor for name, tensor in loaded["state_dict"].items() if tensor.is_floating_point()}
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{path.name} holds more than weights and was refused; no code in it was run.") from error
    except (RuntimeError, EOFError, OSError, ValueError) as error:
        raise CheckpointError(f"{path.name} is truncated or damaged. Fetch it again.") from error
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise CheckpointError(
            f"{path.name} is not a checkpoint of Detoxify (it lacks config or state_dict)."
        ) from error
    return state, [checkpoints.STANDARD.get(str(name), str(name)) for name in classes]


def _config(folder: Path) -> dict[str, Any]:
    """The body's configuration. Raises CheckpointError where it is missing or not an object."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(
            "config.json is missing. Put config.json and tokenizer.json of the model's body beside the weights, or "
            "all of them into one .zip."
        ) from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError("config.json is not JSON. Fetch it again.") from error
    if not isinstance(config, dict):
        raise CheckpointError("config.json is not a JSON object. Fetch it again.")
    return config


def _finish(folder: Path, weights: Path, known: Published | None) -> None:
    """Drop what is not needed, make ``tokenizer.json`` if only its parts are there, try it out, pin every file."""
    for file in folder.iterdir():
        if file.name not in WANTED:
            file.unlink()
    config = _config(folder)
    if not (folder / "tokenizer.json").is_file():
        _make_tokenizer(folder, str(config.get("model_type")))
    _try_out(folder)
    manifest = {
        "source": weights.name if known or weights.suffix in PICKLES else "local file",
        "files": {file.name: sha256(file) for file in sorted(folder.iterdir())},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _make_tokenizer(folder: Path, kind: str) -> None:
    from moderation.scoring.engine import MODEL_CLASSES

    if kind not in MODEL_CLASSES:
        raise CheckpointError(f"A {kind!r} model cannot be run, only {', '.join(MODEL_CLASSES)}.")
    import transformers

    try:
        tokenizer = getattr(transformers, MODEL_CLASSES[kind][1]).from_pretrained(str(folder), local_files_only=True)
        tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    except Exception as error:
        raise CheckpointError(
            "tokenizer.json is missing. Put the one of the model's body beside the weights."
        ) from error


def _try_out(folder: Path) -> None:
    """Score one text in exact arithmetic, in memory. Raises CheckpointError for whatever cannot do that."""
    opened = checkpoints.describe(folder.name, folder)
    answer = _tried(opened)
    if (folder / spans.HEAD).is_file():
        spans.read_head(opened)
    if answer.shape != (1, len(opened.labels)):
        raise CheckpointError(
            f"The model gives {answer.shape[-1]} numbers but its configuration names {len(opened.labels)} labels."
        )


def _tried(opened: Checkpoint) -> Any:
    """The answer to one short text. Raises CheckpointError where that, or a whole window, cannot be scored."""
    from moderation.scoring import engine

    try:
        return engine.try_out(opened, "Have a nice day.")
    except CheckpointError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"The model does not run ({type(error).__name__}: {error}). Nothing was changed."
        ) from error


def _put(folder: Path, destination: Path) -> None:
    """Move the finished folder into place; an older one of that name goes away only then."""
    folder.chmod(0o755)
    old = destination.with_name(f".old-{destination.name}")
    shutil.rmtree(old, ignore_errors=True)
    if destination.exists():
        destination.rename(old)
    folder.rename(destination)
    shutil.rmtree(old, ignore_errors=True)


def use(name: str) -> Checkpoint:
    """Make a checkpoint the one in use. It is opened and tried first. Raises CheckpointError."""
    if not name:
        raise CheckpointError("Name the checkpoint: `manage.py model list` shows what there is.")
    opened = checkpoints.open_checkpoint(name)
    _tried(opened)
    models_dir().mkdir(parents=True, exist_ok=True)
    _replace(models_dir() / "in-use", name + "\n")
    return opened


def remove(name: str) -> None:
    """Delete an installed checkpoint and what was made from it. Raises CheckpointError for one that must stay."""
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise CheckpointError(f"There is no installed checkpoint called {name!r}.")
    folder = models_dir() / name
    if not (folder / "config.json").is_file():
        bundled = (BUNDLED / name).exists()
        raise CheckpointError(
            f"{name!r} is part of the program and stays." if bundled else f"{name!r} is not installed."
        )
    if checkpoints.chosen() == name:
        raise CheckpointError(f"{name!r} is in use. Choose another first: `manage.py model use compact`.")
    weights = sha256(folder / WEIGHTS) if (folder / WEIGHTS).is_file() else ""
    shutil.rmtree(folder)
    if weights:
        for made in (models_dir() / "onnx").glob(f"{weights[:32]}-*"):
            made.unlink(missing_ok=True)


def _replace(path: Path, content: str) -> None:
    """Write a small file atomically."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(content)
    Path(file.name).replace(path)
