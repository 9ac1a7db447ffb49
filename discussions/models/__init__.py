"""The ground floor's data: articles, readers, comments with their revisions, the outbox, feedback, mail."""

from discussions.models.article import Article, Section
from discussions.models.comment import Comment, Revision, State
from discussions.models.feedback import Follow, Judged, Mute, Notice, Report, Vote
from discussions.models.highlight import Highlight
from discussions.models.mail import Mail
from discussions.models.outbox import OutboxEntry
from discussions.models.reader import Reader, User
from discussions.models.trace import Trace

__all__ = [
    "Article",
    "Comment",
    "Follow",
    "Highlight",
    "Judged",
    "Mail",
    "Mute",
    "Notice",
    "OutboxEntry",
    "Reader",
    "Report",
    "Revision",
    "Section",
    "State",
    "Trace",
    "User",
    "Vote",
]
