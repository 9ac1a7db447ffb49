"""Make the `compact` checkpoint: prepare, train, evaluate, export, in one command.

    nice -n 15 python -m moderation.scoring.training --data DIR [--out DIR]

Interrupted runs go on where they stopped. Nothing is bundled until `--bundle` is given, and then only
after every check has passed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch

from . import body, card, evaluate, swaps, teachers, written
from .batches import disguised, encode
from .data import (
    DEV_SETS,
    DataMissingError,
    Row,
    attach_spans,
    balanced,
    check_folder,
    fingerprint,
    held_out_keys,
    is_kept,
    read_rows,
    without,
)
from .export import Scorer, average, read_folder, write_folder
from .loop import Plan, Trainer
from .workers import train

BUNDLED = Path(__file__).parents[1] / "bundled" / "compact"
MAX_TOKENS = 256
HEADS_SEED = 20


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m moderation.scoring.training", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the corpora, see docs/model-quality.md")
    parser.add_argument(
        "--out", type=Path, default=Path("training-run"), help="checkpoints, weights and reports go here"
    )
    parser.add_argument("--minutes", type=float, default=600, help="end the schedule by then (default: take the time)")
    parser.add_argument("--epochs", type=int, default=1, help="more lowers the AUC: see docs/model-quality.md")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the row quotas, for trials")
    parser.add_argument("--written", type=float, default=1.0, help="how many times the written examples' quotas")
    parser.add_argument("--seed", type=int, default=20, help="chooses the rows, and their order unless --order does")
    parser.add_argument("--order", type=int, help="seed of the order alone: another training on the very same rows")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--start", type=Path, help="folder of a finished checkpoint (an earlier run's) to start from")
    parser.add_argument(
        "--average",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="train nothing: average these finished checkpoints of the same --start, then go on as after a training",
    )
    parser.add_argument("--shares", type=float, nargs="+", default=(), help="how much each of --average counts")
    parser.add_argument(
        "--teachers",
        type=Path,
        nargs="+",
        default=(),
        metavar="FOLDER",
        help="finished checkpoints whose judgement softens the corpora's labels (needs scikit-learn)",
    )
    parser.add_argument("--taught", type=float, default=0.5, help="how far the labels move towards --teachers, 0..1")
    parser.add_argument(
        "--large", type=Path, help="a larger teacher (training/large.py) that counts as much as all these"
    )
    parser.add_argument("--rate", type=float, default=1.5e-4, help="the top layer's; 8e-5 when going on from --start")
    parser.add_argument("--layers", type=int, default=6, help="fewer make a smaller checkpoint, as for a cascade")
    parser.add_argument("--leave-out", default="", help="train without the sources named so (civil, jigsaw, …)")
    parser.add_argument("--bundle", action="store_true", help="copy the result into the program when the checks pass")
    return parser.parse_args()


def prepare(folder: Path, args: argparse.Namespace) -> tuple[list[Row], list[Row], list[str]]:
    """Training rows, rows kept for calibration, and the emoji for the vocabulary."""
    clean = list(without(read_rows(folder / "train.jsonl.gz"), held_out_keys(folder)))
    emoji = body.frequent_emoji(row.text for row in read_rows(folder / "train.jsonl.gz"))
    kept = [row for row in clean if is_kept(row)]
    rest = [row for row in clean if not is_kept(row)]
    rows = balanced(rest, args.seed, args.scale, args.leave_out)
    if args.teachers:
        # Before the groups are swapped: a swapped copy takes over what was thought of its original.
        teachers.soften(rows, args.teachers, args.taught, args.out / "teachers.npy", args.large)
    rows += swaps.rows(rows, args.seed)
    matched = attach_spans(rows, folder)
    rows += written.rows(args.seed, args.scale * args.written)
    rows += disguised(rows, 0.05, args.seed)
    print(f"{len(rows)} rows to train on ({matched} with marked words), {len(kept)} kept for calibration", flush=True)
    return rows, kept, emoji


def fit(rows: list[Row], emoji: list[str], args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Train (or go on training) and write the averaged weights to `folder`; returns how it was done, for the card."""
    tokenizer = body.write_tokenizer(emoji, folder)
    with torch.random.fork_rng():
        # Whatever --seed is, the heads start alike: trainings from different heads average badly.
        torch.manual_seed(HEADS_SEED)
        model = body.fresh_model(tokenizer, emoji, args.layers)
        head = body.SpansHead(model.config.hidden_size)
    if args.start:
        torch.nn.ModuleDict({"model": model, "spans": head}).load_state_dict(read_folder(args.start))
    plan = Plan(
        seed=args.seed if args.order is None else args.order,
        epochs=args.epochs, minutes=args.minutes, workers=args.workers,
        rate=args.rate, head_rate=4 * args.rate, embedding_rate=args.rate / 4,
    )  # fmt: skip
    trainer = Trainer(model, head, plan)
    train(trainer, encode(rows, tokenizer, MAX_TOKENS), args.out / "state.pt")
    write_folder(model, trainer.averaged(), folder)
    taught = teachers.told(args.teachers, args.taught, args.large) if args.teachers else ""
    return {
        "what": f"{len(rows)} rows, {trainer.step} steps, {trainer.spent / 60:.0f} minutes{taught}",
        "plan": asdict(trainer.plan),
    }


def soup(emoji: list[str], args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Write the average of finished checkpoints to `folder`; returns how it was done, for the card."""
    for path in args.average:
        if not (path / "model.safetensors").is_file():
            raise ValueError(f"{path} holds no finished checkpoint: a training writes it to OUT/compact.")
    model = body.fresh_model(body.write_tokenizer(emoji, folder), emoji, args.layers)
    write_folder(model, average(args.average, args.shares), folder)
    made = [_made(path) for path in args.average]
    members = [f"{how['what']} (seed {how['plan']['seed']})" if how["plan"] else how["what"] for how in made]
    return {
        "what": f"The average of {len(members)} trainings{_shared(args.shares)}: {'; '.join(members)}",
        "plan": next((how["plan"] for how in reversed(made) if how["plan"]), {}),
    }


def _made(folder: Path) -> dict[str, Any]:
    """How a checkpoint was made: by the report beside it, or only which one it is where it came without."""
    report = folder.parent / "report.json"
    if report.is_file():
        how: dict[str, Any] = json.loads(report.read_text("utf-8"))["how"]
        return how
    return {"what": f"weights {teachers.weights(folder)}", "plan": {}}


def _shared(shares: Sequence[float]) -> str:
    return f" ({' : '.join(f'{share:g}' for share in shares)})" if shares else ""


def machine() -> str:
    """What the figures were measured on."""
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    wide = [name for name in ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16") if f" {name}" in flags]
    return f"{os.cpu_count()} cores, {platform.machine()}, {', '.join(wide) or 'no wide vectors'}"


def finish(folder: Path, kept: list[Row], args: argparse.Namespace, how: dict[str, Any]) -> dict[str, Any]:
    """Evaluate, calibrate, write the card; returns the report."""
    scorer = Scorer(folder)
    threshold = evaluate.spans(scorer, args.data / "spans_train.csv", limit=800)["threshold"]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["parley"]["span_threshold"] = threshold
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    report: dict[str, Any] = {
        "development": evaluate.development(scorer, args.data),
        "spans": evaluate.spans(scorer, args.data / "spans_dev.csv", threshold),
        "machine": machine(),
        "date": time.strftime("%Y-%m-%d"),
        "how": how,
        "data": fingerprint(args.data),
    }
    labels = evaluate.calibration(scorer, [row for row in kept if row.source in evaluate.CALIBRATION_SOURCES])
    provenance = {key: report[key] for key in ("date", "machine", "data")}
    evaluate.write_calibration(labels, provenance, folder / "calibration.json")
    (folder / "MODEL_CARD.md").write_text(card.text(report), encoding="utf-8")
    (args.out / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return report


def bundle(folder: Path, report: dict[str, Any]) -> None:
    """Copy `folder` into the program, unless a development set is below the floor."""
    for name in DEV_SETS:
        reached = report["development"][name]["toxicity"]["auc"]
        if reached < evaluate.FLOORS[name]:
            raise SystemExit(f"Not bundled: {name} reaches {reached:.4f}, the floor is {evaluate.FLOORS[name]}.")
    BUNDLED.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        shutil.copyfile(path, BUNDLED / path.name)
    print(f"bundled into {BUNDLED.name}")


def main() -> None:
    args = arguments()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    try:
        check_folder(args.data)
        folder = args.out / "compact"
        folder.mkdir(parents=True, exist_ok=True)
        rows, kept, emoji = prepare(args.data, args)
        how = soup(emoji, args, folder) if args.average else fit(rows, emoji, args, folder)
    except (DataMissingError, ModuleNotFoundError, ValueError) as error:
        sys.exit(str(error))
    report = finish(folder, kept, args, how)
    print(evaluate.table(report["development"]))
    print(f"spans_dev: character F1 {report['spans']['f1']:.3f} (target {evaluate.SPANS_TARGET})")
    if args.leave_out:
        print(json.dumps(evaluate.on_source(Scorer(folder), kept, args.leave_out), indent=1))
    if args.bundle:
        bundle(folder, report)


if __name__ == "__main__":
    main()
