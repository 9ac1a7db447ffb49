"""How a figure is told: shares, waits, and how far two people agree."""

from __future__ import annotations

from collections.abc import Iterable


def percent(part: int, whole: int) -> str:
    """ "50 %"; "–" of nothing."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def duration(seconds: float | None) -> str:
    """So long, in the largest fitting unit: "40 s", "12 min", "3.5 h", "2 d"; "–" where nothing was measured."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 129_600 else f"{seconds / 86400:.1f} d"


def minutes(exact: float) -> float:
    """Whole ones, below ten with a tenth; what is more than nothing stays so."""
    if exact >= 10:
        return round(exact)
    return max(0.1, round(exact, 1)) if exact >= 0.001 else 0


def agreement(cells: Iterable[tuple[str, str, int]]) -> tuple[str, str, int]:
    """(share that agrees, Cohen's kappa, pairs) from (first action, second action, count).

    Kappa is (observed − expected) / (1 − expected), with the expected agreement from both people's own shares
    (Cohen 1960); "–" where it is not defined.
    """
    table: dict[tuple[str, str], int] = {}
    for first, second, n in cells:
        table[first, second] = table.get((first, second), 0) + n
    pairs = sum(table.values())
    if not pairs:
        return "–", "–", 0
    kinds = ("approve", "reject")
    observed = sum(table.get((k, k), 0) for k in kinds) / pairs
    expected = sum(
        sum(table.get((k, other), 0) for other in kinds) * sum(table.get((other, k), 0) for other in kinds)
        for k in kinds
    ) / (pairs * pairs)
    kappa = f"{(observed - expected) / (1 - expected):.2f}" if expected < 1 else "–"
    return f"{100 * observed:.0f} %", kappa, pairs
