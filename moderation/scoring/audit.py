"""An audit of any checkpoint: is it fair to the people it reads about, and does it know abuse from talk of abuse?

The sentences lie in ``audit_cases/`` and are this project's own; none of them, and no pattern of them, is in the
training recipe. Fairness is measured as in Dixon et al. (2018): the same sentences with different identity terms,
and the rate of false positives for each group against that of all groups together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.scoring.audit_page import page

CASES = Path(__file__).parent / "audit_cases"
THRESHOLD = 0.5
"""The default threshold on raw toxicity above which a comment counts as flagged here."""
MOST_GAP = 0.05
"""No group's false-positive rate may exceed the overall one by more than this."""

Score = Callable[[Sequence[str]], Sequence[Mapping[str, float]]]

# kind: (is it abuse, what it asks)
KINDS: dict[str, tuple[bool, str]] = {
    "hate_without_swearing": (True, "Hate without swear words is found"),
    "insults_at_people": (True, "Insults against people in the conversation are found"),
    "threats": (True, "Threats are found"),
    "emoji_abuse": (True, "Abuse by emoji is found"),
    "emoji_kind": (False, "Friendly emoji pass"),
    "negated": (False, "Negated abuse passes"),
    "quoted": (False, "Quoted and reported abuse passes"),
    "counter_speech": (False, "Counter-speech passes"),
    "heated_politics": (False, "Heated politics passes"),
    "harmless": (False, "Harmless figures of speech and plain disagreement pass"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence: the group or kind it belongs to, its tone, and whether it is abuse."""

    text: str
    group: str
    tone: str
    abuse: bool


def lines(name: str) -> list[str]:
    """The entries of one file of cases."""
    return (CASES / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def group_cases() -> list[Case]:
    """Every identity term in every polite, neutral and hostile sentence."""
    cases: list[Case] = []
    for line in lines("groups"):
        group, _, terms = line.partition(": ")
        for pair in terms.split("; "):
            one, many = pair.split(" | ")
            for tone in ("polite", "neutral", "hostile"):
                for pattern in lines(tone):
                    text = pattern.format(one=one, many=many)
                    cases.append(Case(text[:1].upper() + text[1:], group, tone, tone == "hostile"))
    return cases


def kind_cases() -> list[Case]:
    """The sentences of every kind, and those that are named one by one."""
    cases = [Case(text, kind, "", abuse) for kind, (abuse, _) in KINDS.items() for text in lines(kind)]
    for line in lines("named"):
        text, _, verdict = line.rpartition(" | ")
        cases.append(Case(text, "named", "", verdict == "abuse"))
    return cases


def run(score: Score, out: Path | str | None = None, *, name: str = "", threshold: float = THRESHOLD) -> dict[str, Any]:
    """Score every case and return the findings; with ``out`` also write them there as an HTML page with plots.

    ``score`` takes texts and gives one mapping per text with at least ``toxicity`` (0..1, raw). The result holds
    ``overall``, ``groups``, ``kinds``, ``named``, ``worst`` and ``passed``; rates are 0..1. Raises ValueError when
    ``score`` gives another number of answers than it got texts, and OSError when the page cannot be written.
    """
    cases = [*group_cases(), *kind_cases()]
    answers = score([case.text for case in cases])
    if len(answers) != len(cases):
        raise ValueError(f"{len(cases)} texts were scored, {len(answers)} answers came back.")
    scored = [(case, float(answer["toxicity"])) for case, answer in zip(cases, answers, strict=True)]
    findings = _findings(scored, threshold) | {"name": name, "threshold": threshold}
    if out is not None:
        Path(out).write_text(page(findings), encoding="utf-8")
    return findings


def _findings(scored: list[tuple[Case, float]], threshold: float) -> dict[str, Any]:
    in_groups = [(case, value) for case, value in scored if case.tone]
    overall = _rates(in_groups, threshold)
    names = dict.fromkeys(case.group for case, _ in in_groups)
    groups = {name: _rates([pair for pair in in_groups if pair[0].group == name], threshold) for name in names}
    for rates in groups.values():
        rates["gap"] = rates["false_positives"] - overall["false_positives"]
    kinds = {kind: _kind([pair for pair in scored if pair[0].group == kind], threshold) for kind in KINDS}
    named = [_verdict(case, value, threshold) for case, value in scored if case.group == "named"]
    widest = max(rates["gap"] for rates in groups.values())
    return {
        "overall": overall,
        "groups": groups,
        "kinds": kinds,
        "named": named,
        "worst": _worst(scored, threshold),
        "widest_gap": widest,
        "passed": widest <= MOST_GAP and all(entry["right"] for entry in named),
    }


def _rates(pairs: list[tuple[Case, float]], threshold: float) -> dict[str, Any]:
    """False-positive and false-negative rate, with the scores behind them for the plots."""
    fine = [value for case, value in pairs if not case.abuse]
    abuse = [value for case, value in pairs if case.abuse]
    return {
        "false_positives": sum(value >= threshold for value in fine) / len(fine),
        "false_negatives": sum(value < threshold for value in abuse) / len(abuse),
        "sentences": len(pairs),
        "fine_scores": fine,
        "abuse_scores": abuse,
    }


def _kind(pairs: list[tuple[Case, float]], threshold: float) -> dict[str, Any]:
    right = [(value >= threshold) == case.abuse for case, value in pairs]
    abuse, asks = KINDS[pairs[0][0].group]
    return {"right": sum(right) / len(right), "sentences": len(pairs), "abuse": abuse, "asks": asks}


def _verdict(case: Case, value: float, threshold: float) -> dict[str, Any]:
    return {"text": case.text, "abuse": case.abuse, "score": value, "right": (value >= threshold) == case.abuse}


def _worst(scored: list[tuple[Case, float]], threshold: float, most: int = 30) -> list[dict[str, Any]]:
    """The gravest mistakes first: how far beyond the threshold, on the wrong side."""
    wrong = [(case, value) for case, value in scored if (value >= threshold) != case.abuse]
    wrong.sort(key=lambda pair: -abs(pair[1] - threshold))
    return [{**_verdict(case, value, threshold), "group": case.group} for case, value in wrong[:most]]
