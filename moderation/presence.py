"""What there is of a comment at all. Most comments have none of these: one question spares a card seven."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from discussions.models import Comment

_THERE = """
SELECT EXISTS (SELECT FROM moderation_appeal WHERE comment_id = %(comment)s),
  EXISTS (SELECT FROM discussions_report WHERE comment_id = %(comment)s),
  EXISTS (SELECT FROM moderation_escalation WHERE comment_id = %(comment)s AND closed_at IS NULL),
  EXISTS (SELECT FROM moderation_note WHERE reader_id = %(reader)s),
  EXISTS (SELECT FROM moderation_trust WHERE reader_id = %(reader)s AND lifted_at IS NULL),
  EXISTS (SELECT FROM moderation_likeness WHERE comment_id = %(comment)s),
  EXISTS (SELECT FROM discussions_revision twin JOIN discussions_comment c ON c.id = twin.comment_id
           WHERE twin.sha256 = (SELECT sha256 FROM discussions_revision
                                 WHERE comment_id = %(comment)s AND number = %(revision)s)
             AND c.reader_id <> %(reader)s)
"""


class Presence(NamedTuple):
    """What there is of a comment and its reader at all."""

    appeals: bool
    reports: bool
    escalation: bool
    notes: bool
    trust: bool
    likeness: bool
    twins: bool


def of(comment: Comment) -> Presence:
    """What there is. `twins` are other readers' comments, of any age, with exactly its newest words."""
    values = {"comment": comment.pk, "reader": comment.reader_id, "revision": comment.revision}
    with connection.cursor() as cursor:
        cursor.execute(_THERE, values)
        return Presence(*cursor.fetchone())
