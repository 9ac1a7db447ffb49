"""manage.py explain COMMENT_ID: everything that is known of one comment, as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from discussions.models import Comment
from moderation.explanation import explain


class Command(BaseCommand):
    help = "Print a comment's state, revisions, scores with provenance, policy version, reasons and decisions as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("comment_id", type=int)

    def handle(self, *_args: Any, comment_id: int, **_options: Any) -> None:
        comment = Comment.objects.select_related("article", "reader").filter(pk=comment_id).first()
        if comment is None:
            raise CommandError(f"There is no comment {comment_id}.")
        self.stdout.write(json.dumps(explain(comment), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
