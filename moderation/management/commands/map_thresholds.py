"""From a CSV of texts and the scores they used to get: the thresholds on our scores that hold the same share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation import scoring
from moderation.models.api_key import ThresholdTable
from moderation.perspective import thresholds
from moderation.perspective.attributes import SERVED

AT_ONCE = 256


class Command(BaseCommand):
    help = "Proposes new thresholds with their 95 % intervals (docs/perspective.md)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("csv", type=Path, help="a CSV with a header, a column of texts and one of old scores")
        parser.add_argument("--attribute", default="TOXICITY", choices=sorted(SERVED), metavar="NAME")
        parser.add_argument("--thresholds", default=",".join(map(str, thresholds.USUAL)), metavar="0.7,0.8")
        parser.add_argument("--text-column", metavar="NAME")
        parser.add_argument("--score-column", metavar="NAME")
        parser.add_argument("--save", action="store_true", help="show the table at the desk (needs the database)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            limits = thresholds.parse_thresholds(options["thresholds"])
            with options["csv"].open(encoding="utf-8-sig", newline="") as stream:
                texts, old = thresholds.read_csv(stream, text=options["text_column"], score=options["score_column"])
            ours, checkpoint = self.score(texts, SERVED[options["attribute"]])
        except (thresholds.CsvProblem, scoring.CheckpointError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{options['csv']} cannot be read: {error.strerror}.") from None
        rows = thresholds.table(old, ours, limits)
        self.show(options["attribute"], rows, len(texts), checkpoint)
        if options["save"]:
            ThresholdTable.objects.create(
                attribute=options["attribute"],
                rows=[row.as_json() for row in rows],
                texts=len(texts),
                checkpoint=checkpoint,
                source=options["csv"].name[:200],
            )
            self.stdout.write("Saved: the desk shows it under Scoring for others.")

    def score(self, texts: list[str], label: str) -> tuple[list[float], str]:
        """(our scores, the checkpoint's name), with progress for a long file."""
        ours: list[float] = []
        checkpoint = ""
        for start in range(0, len(texts), AT_ONCE):
            for one in scoring.score(texts[start : start + AT_ONCE]):
                if label not in one.labels:
                    raise scoring.CheckpointError(f"The checkpoint {one.checkpoint!r} does not score {label}.")
                ours.append(one.labels[label])
                checkpoint = one.checkpoint
            if len(texts) > AT_ONCE:
                self.stderr.write(f"{len(ours)} of {len(texts)} texts scored")
        return ours, checkpoint

    def show(self, attribute: str, rows: list[thresholds.Row], count: int, checkpoint: str) -> None:
        self.stdout.write(f"{attribute}, {count} texts, checkpoint {checkpoint}")
        self.stdout.write(f"{'old':>6}{'share':>9}{'new':>8}{'95 % interval':>17}{'same side':>12}")
        for row in rows:
            self.stdout.write(
                f"{row.old:>6.2f}{row.share:>9.1%}{row.new:>8.3f}{f'{row.low:.3f} to {row.high:.3f}':>17}"
                f"{row.agreement or 0:>12.1%}"
            )
        if count < 500:
            self.stdout.write("Fewer than 500 texts: the intervals are wide. Take more where you can.")
