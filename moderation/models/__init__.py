"""What stands on top of the discussion: scores, policy, the queue, decisions and who may take them."""

from moderation.models.api_key import ApiKey, ApiKeyUsage, Suggestion, ThresholdTable
from moderation.models.appeal import Appeal
from moderation.models.decision import Action, Decision
from moderation.models.desk import Escalation, Note, Preset, Review, Tally, Undoable
from moderation.models.likeness import Likeness
from moderation.models.policy import Policy
from moderation.models.queue import QueueItem
from moderation.models.sanction import Sanction
from moderation.models.score import Score, Worker
from moderation.models.seal import Seal
from moderation.models.staff import Staff
from moderation.models.trust import Trust

__all__ = [
    "Action",
    "ApiKey",
    "ApiKeyUsage",
    "Appeal",
    "Decision",
    "Escalation",
    "Likeness",
    "Note",
    "Policy",
    "Preset",
    "QueueItem",
    "Review",
    "Sanction",
    "Score",
    "Seal",
    "Staff",
    "Suggestion",
    "Tally",
    "ThresholdTable",
    "Trust",
    "Undoable",
    "Worker",
]
