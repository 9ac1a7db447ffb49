"""manage.py seed_thread --comments N: a generated thread, for load and for looking at."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, OperationalError
from django.utils import timezone

from discussions.models import Article
from moderation.seeding import load

MOST = 2_000_000
SLUG = "seeded-thread"


class Command(BaseCommand):
    help = (
        "Add a generated thread to an article: nested, scored and decided as policy would have, loaded in bulk. The "
        "article is made where it does not exist. Running it again adds another thread to the same article."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--comments", type=int, required=True, metavar="N", help=f"how many, up to {MOST:,}")
        parser.add_argument("--article", default=SLUG, metavar="SLUG", help=f"under which article (default {SLUG})")
        parser.add_argument(
            "--states",
            choices=["published", "mixed", "held"],
            default="published",
            help="mixed: 90 %% published, 8 %% held, 2 %% rejected (default published)",
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed gives another thread (default 1)")

    def handle(self, *_args: Any, comments: int, article: str, states: Any, seed: int, **_options: Any) -> None:
        if not 1 <= comments <= MOST:
            raise CommandError(f"--comments takes a number from 1 to {MOST:,}.")
        begun = time.monotonic()
        try:
            under = found_or_made(article)
            before = under.comments.count()
            load.thread(under, comments, states, seed=seed + before, progress=self.progress(comments, begun))
        except OperationalError:  # no answer at all: manage.py says what to do then
            raise
        except DatabaseError as error:
            raise CommandError(
                f"Nothing was seeded: {str(error).strip().splitlines()[0]}\n"
                "If a table is missing, run 'manage.py migrate' first."
            ) from error
        seconds = time.monotonic() - begun
        self.stdout.write(f"{comments:,} comments ({states}) in {seconds:.0f} s at {under.get_absolute_url()}")

    def progress(self, total: int, begun: float) -> Any:
        def tell(done: int) -> None:
            self.stdout.write(f"{done:,} of {total:,} ({time.monotonic() - begun:.0f} s)")
            sys.stdout.flush()

        return tell


def found_or_made(slug: str) -> Article:
    """The article with this address, made where there is none."""
    if len(slug) > 120 or not slug.replace("-", "").replace("_", "").isalnum() or not slug.isascii():
        raise CommandError(f"{slug!r} is no article's address: use letters, digits and hyphens, at most 120.")
    return Article.objects.get_or_create(
        slug=slug,
        defaults={
            "title": "A thread made by machine" if slug == SLUG else slug.replace("-", " ").capitalize(),
            "standfirst": "Everything below was generated, so that a long discussion can be looked at and measured.",
            "body": "Nobody wrote these comments, and no model has read them.",
            "published_at": timezone.now() - timedelta(days=30),
        },
    )[0]
