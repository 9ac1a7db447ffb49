"""``manage.py model``: list, install, choose, remove, prepare and audit checkpoints."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.scoring import CheckpointError


class Command(BaseCommand):
    help = "Checkpoints: the models that score comments."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listing = actions.add_parser("list", help="what is installed, what is in use, what can be had")
        listing.add_argument("--json", action="store_true", help="as JSON")
        install = actions.add_parser("install", help="fetch one of Detoxify's checkpoints, or install a file")
        install.add_argument("what", metavar="NAME|FILE", help="a published name, or a .safetensors, .ckpt, .zip, .tar")
        install.add_argument("--name", help="call it this (default: the published name, or the file's)")
        install.add_argument("--sha256", help="the SHA-256 that the file of weights must have")
        install.add_argument("--mirror", help="fetch from this address instead of the publishers'")
        install.add_argument("--replace", action="store_true", help="install it anew if it is there already")
        for action, text in (("use", "score with this one from now on"), ("remove", "delete an installed one")):
            actions.add_parser(action, help=text).add_argument("name", metavar="NAME")
        prepare = actions.add_parser("prepare", help="make the files the fast backends run on")
        prepare.add_argument("name", metavar="NAME", nargs="?", help="default: the one in use")
        audit = actions.add_parser("audit", help="measure fairness and the hard kinds; writes an HTML page")
        audit.add_argument("name", metavar="NAME", nargs="?", help="default: the one in use")
        audit.add_argument("--out", type=Path, help="the page (default: audit-NAME.html in the models folder)")
        audit.add_argument(
            "--threshold", type=probability, default=0.5, help="toxicity from which a comment is flagged"
        )

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"do_{action}")(options)
        except CheckpointError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or 'A file'}: {error.strerror or error}") from error

    def do_list(self, options: dict[str, Any]) -> None:
        rows = listing()
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=1))
            return
        for row in rows:
            mark = "*" if row["in_use"] else " "
            self.stdout.write(f"{mark} {row['name']:<16} {row['state']}")
        self.stdout.write("\n* is in use. Another: manage.py model install NAME, then manage.py model use NAME")

    def do_install(self, options: dict[str, Any]) -> None:
        from moderation.scoring import installing

        opened = installing.install(
            options["what"],
            name=options["name"],
            digest=options["sha256"],
            mirror=options["mirror"],
            replace=options["replace"],
            progress=Bar(),
        )
        self.stdout.write(f"{opened.name} is installed: {', '.join(opened.labels)}. SHA-256 {opened.weights}")
        self.stdout.write(f"Score with it: manage.py model use {opened.name}")

    def do_use(self, options: dict[str, Any]) -> None:
        from moderation.scoring import checkpoints, exports, installing

        opened = installing.use(options["name"])
        exports.prepare(opened)
        self.stdout.write(f"{opened.name} is in use. Scores carry its hash: {opened.weights[:12]}")
        if checkpoints.LABELS[0] not in opened.labels:
            self.stderr.write(
                f"But it has no label {checkpoints.LABELS[0]!r}, so every comment will be held, as if it had not been "
                "scored. Name its labels so in id2label of its config.json and install it again."
            )
        if checkpoints.chosen() != opened.name:
            self.stderr.write(f"But PARLEY_CHECKPOINT is {checkpoints.chosen()!r} here and wins. Change or remove it.")

    def do_remove(self, options: dict[str, Any]) -> None:
        from moderation.scoring import installing

        installing.remove(options["name"])
        self.stdout.write(f"{options['name']} is removed.")

    def do_prepare(self, options: dict[str, Any]) -> None:
        from moderation.scoring import check_settings, checkpoints, exports

        start = time.perf_counter()
        if options["name"] is None:
            check_settings()
        opened = checkpoints.open_checkpoint(options["name"])
        for path in exports.prepare(opened):
            self.stdout.write(f"{path.name}  {path.stat().st_size / 1e6:.1f} MB")
        self.stdout.write(f"{opened.name} is ready ({time.perf_counter() - start:.1f} s).")

    def do_audit(self, options: dict[str, Any]) -> None:
        from moderation.scoring import audit, checkpoints, score

        opened = checkpoints.open_checkpoint(options["name"])
        out = options["out"] or checkpoints.models_dir() / f"audit-{Path(opened.name).name}.html"
        out.parent.mkdir(parents=True, exist_ok=True)
        findings = audit.run(
            lambda texts: [scores.labels for scores in score(texts, checkpoint=opened.name)],
            out,
            name=opened.name,
            threshold=options["threshold"],
        )
        summary = {key: value for key, value in findings.items() if isinstance(value, int | float | str | bool)}
        self.stdout.write("\n".join(f"{key}: {value}" for key, value in summary.items()))
        self.stdout.write(f"The page: {out}")


def probability(words: str) -> float:
    """Above 0, below 1. Raises ArgumentTypeError."""
    try:
        found = float(words)
    except ValueError:
        found = 0.0
    if not 0 < found < 1:
        raise ArgumentTypeError(f"{words!r} is no number between 0 and 1.")
    return found


def listing() -> list[dict[str, Any]]:
    """Every checkpoint that is installed or published, with its state in words."""
    from moderation.scoring import checkpoints, installing

    chosen, rows = checkpoints.chosen(), []
    present = installing.installed()
    for name in [*present, *(name for name in installing.PUBLISHED if name not in present)]:
        row: dict[str, Any] = {"name": name, "in_use": name == chosen, "installed": name in present}
        if name not in present:
            row["state"] = "not installed (published by Detoxify)"
        else:
            try:
                opened = checkpoints.open_checkpoint(name)
            except CheckpointError as error:
                row |= {"state": f"cannot be used: {error}"}
            else:
                size = sum(file.stat().st_size for file in opened.folder.iterdir()) / 1e6
                row |= {"labels": opened.labels, "weights": opened.weights, "languages": sorted(opened.languages)}
                row["state"] = f"{size:.0f} MB, {len(opened.labels)} labels, SHA-256 {opened.weights[:12]}"
        rows.append(row)
    if not any(row["in_use"] for row in rows):
        rows.append({"name": chosen, "in_use": True, "installed": False, "state": "in use, but not to be found"})
    return rows


class Bar:
    """Download progress on the error stream: one line that is rewritten on a terminal, every tenth otherwise."""

    def __init__(self) -> None:
        self.last = -1

    def __call__(self, have: int, total: int | None) -> None:
        step = 1 if sys.stderr.isatty() else 10
        share = int(100 * have / total) // step * step if total else have // 10_000_000
        if share != self.last:
            self.last = share
            known = f" of {total / 1e6:.0f} MB ({share} %)" if total else " MB"
            sys.stderr.write(f"{have / 1e6:.0f}{known}" + ("\r" if sys.stderr.isatty() else "\n"))
            if have == total:
                sys.stderr.write("\n")
            sys.stderr.flush()
