"""Checkpoints come and go; whatever is not one is refused with nothing changed."""

from __future__ import annotations

import hashlib
import http.server
import json
import pickle
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from moderation.scoring import checkpoints, downloads, engine, exports, installing, score
from moderation.scoring.checkpoints import BUNDLED, CheckpointError

CLASSES = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
SMALL: dict[str, Any] = {
    "vocab_size": 30522,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
    "num_labels": 7,
}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PARLEY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("PARLEY_CHECKPOINT", raising=False)
    return tmp_path / "state"


def body(kind: str) -> Any:
    torch.manual_seed(1)
    names = {"bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "albert": "Albert"}
    config = getattr(transformers, f"{names[kind]}Config")(**SMALL, embedding_size=16)
    model = getattr(transformers, f"{names[kind]}ForSequenceClassification")(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def folder_of(model: Any, folder: Path) -> Path:
    """Weights, configuration and compact's tokenizer: any words will do for a model that never learned."""
    model.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {str(index): f"label{index}" for index in range(7)}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_bytes((BUNDLED / "compact" / "tokenizer.json").read_bytes())
    return folder


def published(tmp_path: Path) -> Path:
    """A file as Detoxify publishes them, with a body's files beside it."""
    model = body("bert")
    folder = folder_of(model, tmp_path / "published")
    (folder / "model.safetensors").unlink()
    content = {"state_dict": model.state_dict(), "config": {"dataset": {"args": {"classes": CLASSES}}}}
    torch.save(content, folder / "tiny.ckpt")
    return folder / "tiny.ckpt"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta", "albert"])
def test_every_architecture_of_detoxify_runs_as_torch_runs_it(kind: str, tmp_path: Path) -> None:
    model = body(kind)
    opened = installing.install(str(folder_of(model, tmp_path / kind)))
    rows = [[101, 2017, 2024, 2019, 10041, 102], [101, 7592, 102]]
    ids, mask = engine.pad(rows)
    if kind in {"roberta", "xlm-roberta"}:
        ids[mask == 0] = 1  # torch finds positions by the padding token there
    with torch.no_grad():
        expected = torch.sigmoid(model(torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))[0]).numpy()
    assert np.abs(engine.OnnxBackend(opened, "fp32").run(rows) - expected).max() < 1e-4
    assert np.abs(engine.OnnxBackend(opened, "int8").run(rows) - expected).max() < 0.1


@pytest.mark.parametrize("form", ["zip", "tar.gz", "folder", "file"])
def test_a_checkpoint_installs_from_any_form(form: str, tmp_path: Path) -> None:
    source = folder_of(body("bert"), tmp_path / "source")
    given = source
    if form == "zip":
        given = tmp_path / "mine.zip"
        with zipfile.ZipFile(given, "w") as archive:
            for file in source.iterdir():
                archive.write(file, f"inner/{file.name}")
    elif form == "tar.gz":
        given = tmp_path / "mine.tar.gz"
        with tarfile.open(given, "w:gz") as tar:
            tar.add(source, "inner")
    elif form == "file":
        given = source / "model.safetensors"
    opened = installing.install(str(given), name="mine")
    assert opened.labels == tuple(f"label{index}" for index in range(7))
    assert score(["hello"], checkpoint="mine")[0].weights == opened.weights


def test_a_detoxify_file_installs_once_its_hash_is_known(tmp_path: Path) -> None:
    file = published(tmp_path)
    with pytest.raises(CheckpointError, match="--sha256"):
        installing.install(str(file))
    opened = installing.install(str(file), digest=digest(file))
    assert opened.labels == ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
    assert not list(opened.folder.glob("*.ckpt"))


def test_a_file_with_another_hash_is_refused_before_it_is_opened(tmp_path: Path, state: Path) -> None:
    file = published(tmp_path)
    with pytest.raises(CheckpointError, match="was not opened"):
        installing.install(str(file), digest="0" * 64)
    assert contents(state) == []


class Program:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path(__file__).parent / "was-run",))


def test_a_pickle_that_holds_a_program_is_refused_and_not_run(tmp_path: Path, state: Path) -> None:
    file = published(tmp_path)
    torch.save({"state_dict": {}, "config": Program()}, file)
    with pytest.raises(CheckpointError, match="no code in it was run"):
        installing.install(str(file), digest=digest(file))
    file.write_bytes(pickle.dumps(Program()))
    with pytest.raises(CheckpointError):
        installing.install(str(file), digest=digest(file))
    assert not (Path(__file__).parent / "was-run").exists()
    assert contents(state) == []


@pytest.mark.parametrize("keep", [0, 1, 7, 100, 5000, -1])
@pytest.mark.parametrize("name", ["model.safetensors", "tiny.ckpt", "mine.zip"])
def test_a_truncated_file_is_refused_with_nothing_changed(name: str, keep: int, tmp_path: Path, state: Path) -> None:
    if name == "tiny.ckpt":
        file = published(tmp_path)
    else:
        folder = folder_of(body("bert"), tmp_path / "source")
        file = folder / "model.safetensors"
        if name == "mine.zip":
            file = tmp_path / name
            with zipfile.ZipFile(file, "w") as archive:
                for part in folder.iterdir():
                    archive.write(part, part.name)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(CheckpointError):
        installing.install(str(file), name="mine", digest=digest(file) if name == "tiny.ckpt" else None)
    assert contents(state) == []


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", "{"),
        ("config.json", "[]"),
        ("config.json", '{"model_type": "gpt2", "id2label": {"0": "x"}, "max_position_embeddings": 9}'),
        ("config.json", '{"model_type": "bert", "id2label": {}, "max_position_embeddings": "many"}'),
        ("tokenizer.json", "{}"),
        ("model.safetensors", "x" * 100),
    ],
)
def test_a_wrong_part_is_refused(file: str, content: str, tmp_path: Path, state: Path) -> None:
    folder = folder_of(body("bert"), tmp_path / "source")
    (folder / file).write_text(content)
    with pytest.raises(CheckpointError):
        installing.install(str(folder), name="mine")
    assert contents(state) == []


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path, state: Path) -> None:
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("../../config.json", "{}")
        archive.writestr("/model.safetensors", "x")
    with pytest.raises(CheckpointError):
        installing.install(str(evil))
    assert contents(tmp_path) == ["evil.zip"]


@pytest.mark.parametrize("name", ["compact", "../x", "a/b", "", ".hidden", "onnx", "in-use", "UPPER"])
def test_a_name_that_would_do_harm_is_refused(name: str, tmp_path: Path) -> None:
    source = folder_of(body("bert"), tmp_path / "source")
    with pytest.raises(CheckpointError):
        installing.install(str(source), name=name or ".")


def test_a_file_that_was_changed_after_installation_is_not_loaded(tmp_path: Path) -> None:
    opened = installing.install(str(folder_of(body("bert"), tmp_path / "source")), name="mine")
    weights = opened.folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match="its SHA-256 differs"):
        checkpoints.open_checkpoint("mine")


def test_one_is_chosen_scored_with_and_removed(tmp_path: Path) -> None:
    installing.install(str(folder_of(body("bert"), tmp_path / "source")), name="mine")
    before = score(["hello"])[0]
    installing.use("mine")
    after = score(["hello"])[0]
    assert (before.checkpoint, after.checkpoint) == ("compact", "mine")
    assert before.weights != after.weights
    with pytest.raises(CheckpointError, match="is in use"):
        installing.remove("mine")
    installing.use("compact")
    installing.remove("mine")
    assert installing.installed() == ["compact"]
    with pytest.raises(CheckpointError, match="stays"):
        installing.remove("compact")


def test_installing_again_needs_to_be_asked_for(tmp_path: Path) -> None:
    source = str(folder_of(body("bert"), tmp_path / "source"))
    installing.install(source, name="mine")
    with pytest.raises(CheckpointError, match="--replace"):
        installing.install(source, name="mine")
    assert installing.install(source, name="mine", replace=True).name == "mine"


# --- downloads -------------------------------------------------------------------------------------------------


class Server(http.server.BaseHTTPRequestHandler):
    """Serves ``files``; the first answer for a large one breaks off in the middle."""

    files: dict[str, bytes] = {}
    ranges: list[str | None] = []

    def do_GET(self) -> None:
        content = self.files.get(self.path.rpartition("/")[2])
        if content is None:
            self.send_error(404)
            return
        asked = self.headers.get("Range")
        first = asked is None
        start = 0 if asked is None else int(asked.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if self.path.endswith(".ckpt"):
            self.ranges.append(asked)
            if first:
                self.wfile.write(content[: len(content) // 2])
                return
        self.wfile.write(content[start:])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Server.files, Server.ranges = {}, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def offer(file: Path, monkeypatch: pytest.MonkeyPatch, eight: str) -> None:
    name = f"tiny-{eight}.ckpt"
    monkeypatch.setitem(installing.PUBLISHED, "original", installing.Published(f"v0/{name}", "some/body"))
    Server.files = {name: file.read_bytes()}
    for part in ("config.json", "tokenizer.json"):
        Server.files[part] = (file.parent / part).read_bytes()
    Server.files["tokenizer_config.json"] = b"{}"


def test_a_published_checkpoint_is_fetched_resumed_verified_and_pinned(
    server: str, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = published(tmp_path)
    offer(file, monkeypatch, digest(file)[:8])
    seen: list[tuple[int, int | None]] = []
    installing.install("original", mirror=server, progress=lambda have, total: seen.append((have, total)))
    size = file.stat().st_size
    assert Server.ranges == [None, f"bytes={size // 2}-"]
    assert seen[-1] == (size, size)
    assert json.loads((state / "models" / "pins.json").read_text()) == {f"tiny-{digest(file)[:8]}.ckpt": digest(file)}


def test_a_fetched_file_with_other_digits_is_thrown_away(
    server: str, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(published(tmp_path), monkeypatch, "01234567")
    with pytest.raises(CheckpointError, match="was not opened"):
        installing.install("original", mirror=server)
    assert contents(state) == []


def test_without_a_network_the_advice_names_the_way_round(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(downloads, "TRIES", 1)
    with pytest.raises(CheckpointError, match=r"On a machine without internet.*manage.py model install FILE.zip"):
        installing.install("original", mirror="http://127.0.0.1:9")


def test_what_the_server_does_not_have_is_said_at_once(server: str) -> None:
    with pytest.raises(CheckpointError, match="404"):
        installing.install("original", mirror=server)


# --- what is made from the weights -----------------------------------------------------------------------------


def test_preparing_is_done_once_and_again_for_nothing(tmp_path: Path) -> None:
    opened = installing.install(str(folder_of(body("bert"), tmp_path / "source")), name="mine")
    first = {path: path.stat().st_mtime_ns for path in exports.prepare(opened)}
    assert {path: path.stat().st_mtime_ns for path in exports.prepare(opened)} == first


def test_two_processes_may_prepare_at_once(tmp_path: Path) -> None:
    installing.install(str(folder_of(body("bert"), tmp_path / "source")), name="mine")
    code = (
        "from moderation.scoring import checkpoints, exports, score; "
        "exports.prepare(checkpoints.open_checkpoint('mine')); print(score(['x'], checkpoint='mine')[0].weights)"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    answers = {process.communicate(timeout=120)[0] for process in both}
    assert len(answers) == 1
    assert all(process.returncode == 0 for process in both)
    assert not list((checkpoints.models_dir() / "onnx").glob("*.part"))


@pytest.mark.parametrize(
    ("file", "content", "word"),
    [
        ("spans_head.safetensors", "junk", "spans_head"),
        ("config.json", "[" * 100_000, "config.json"),
    ],
)
def test_damaged_extras_are_refused_with_nothing_changed(tmp_path: Path, file: str, content: str, word: str) -> None:
    folder = folder_of(body("bert"), tmp_path / "source")
    (folder / file).write_text(content)
    with pytest.raises(CheckpointError, match=word):
        installing.install(str(folder), name="mine")
    assert "mine" not in installing.installed()


@pytest.mark.parametrize(
    ("names", "understood"),
    [
        (["toxic", "severe_toxic", "identity_hate"], ("toxicity", "severe_toxicity", "identity_attack")),
        (["toxicity", "toxicity", "threat"], None),
        (["<script>", "threat", "insult"], None),
    ],
)
def test_labels_are_understood_or_refused(tmp_path: Path, names: list[str], understood: tuple[str, ...] | None) -> None:
    folder = folder_of(body("bert"), tmp_path / "source")
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {str(index): (names[index] if index < 3 else f"label{index}") for index in range(7)}
    (folder / "config.json").write_text(json.dumps(config))
    if understood is None:
        with pytest.raises(CheckpointError, match="id2label"):
            installing.install(str(folder), name="mine")
    else:
        assert installing.install(str(folder), name="mine").labels[:3] == understood


def test_weights_with_fewer_positions_than_the_configuration_says_are_refused(tmp_path: Path) -> None:
    folder = folder_of(body("bert"), tmp_path / "source")
    config = json.loads((folder / "config.json").read_text())
    config["max_position_embeddings"] = 8 * int(config["max_position_embeddings"])
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="does not run"):
        installing.install(str(folder), name="mine")
