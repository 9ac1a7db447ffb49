"""Which Detoxify output stands for which Perspective attribute, and which attributes nobody here can score."""

from __future__ import annotations

SERVED: dict[str, str] = {
    "TOXICITY": "toxicity",
    "TOXICITY_EXPERIMENTAL": "toxicity",
    "TOXICITY_FAST": "toxicity",
    "SEVERE_TOXICITY": "severe_toxicity",
    "SEVERE_TOXICITY_EXPERIMENTAL": "severe_toxicity",
    "IDENTITY_ATTACK": "identity_attack",
    "IDENTITY_ATTACK_EXPERIMENTAL": "identity_attack",
    "INSULT": "insult",
    "INSULT_EXPERIMENTAL": "insult",
    "THREAT": "threat",
    "THREAT_EXPERIMENTAL": "threat",
    "PROFANITY": "obscene",
    "PROFANITY_EXPERIMENTAL": "obscene",
    "OBSCENE": "obscene",
    "SEXUALLY_EXPLICIT": "sexual_explicit",  # only where the loaded checkpoint has that label
}
"""Attribute -> label of the checkpoint."""

_NEVER_SERVED = (
    "FLIRTATION SPAM ATTACK_ON_AUTHOR ATTACK_ON_COMMENTER INCOHERENT INFLAMMATORY LIKELY_TO_REJECT UNSUBSTANTIAL "
    "AFFINITY COMPASSION CURIOSITY NUANCE PERSONAL_STORY REASONING RESPECT "
    "ALIENATION FEARMONGERING GENERALIZATION MORAL_OUTRAGE POWER_APPEAL SCAPEGOATING"
)
UNSERVABLE = frozenset(name + suffix for name in _NEVER_SERVED.split() for suffix in ("", "_EXPERIMENTAL"))
"""Known to Perspective's callers; answering 0 for them would read as clean, so they are refused or left out."""


def is_known(name: str) -> bool:
    """Whether Perspective ever had an attribute of this name."""
    return name in SERVED or name in UNSERVABLE
