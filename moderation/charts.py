"""Charts as SVG geometry: one idea each, direct labels, colours by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from moderation.insight import Series

WIDTH, HEIGHT, BASE, TOP = 720, 200, 172, 20
ROW = 30
LABEL_WIDTH = 190


@dataclass(frozen=True, slots=True)
class Box:
    """One rectangle; `kind` is its class, `title` what a pointer resting on it is told."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Word:
    """One label; `anchor` is SVG's text-anchor."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(slots=True)
class Chart:
    """Everything a template draws."""

    width: int
    height: int
    boxes: list[Box] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    lines: list[tuple[float, float, float]] = field(default_factory=list)  # y, from x, to x
    legend: list[tuple[str, str]] = field(default_factory=list)  # class, words


def columns(series: Series, kinds: Sequence[str]) -> Chart:
    """Stacked columns over time: one per row, one part per further column."""
    chart = Chart(WIDTH, HEIGHT, legend=list(zip(kinds, series.columns[1:], strict=True)))
    most = max((sum(value or 0 for value in row[1:]) for row in series.rows), default=0) or 1
    left = max(40, 12 + 7 * len(f"{most:,.0f}"))  # room for the figures on the axis
    step = (WIDTH - left) / max(1, len(series.rows))
    for index, row in enumerate(series.rows):
        y = float(BASE)
        for kind, name, value in zip(kinds, series.columns[1:], row[1:], strict=True):
            height = (BASE - TOP) * (value or 0) / most
            y -= height
            if height:
                x = left + index * step + step * 0.12
                chart.boxes.append(_box(x, y, step * 0.76, height, kind=kind, title=f"{row[0]}: {value:,} {name}"))
        if index % max(1, round(len(series.rows) / 7)) == 0:
            chart.words.append(Word(round(left + (index + 0.5) * step, 1), HEIGHT - 8, row[0], "middle"))
    for share in (0, 0.5, 1):
        y = BASE - (BASE - TOP) * share
        chart.lines.append((round(y, 1), left - 4, WIDTH))
        chart.words.append(Word(left - 8, round(y + 4, 1), _figure(most * share, most), "end"))
    return chart


def _figure(value: float, most: float) -> str:
    """A figure on the axis, with a tenth or a hundredth where the largest is small."""
    if most >= 10:
        return f"{value:,.0f}"
    return f"{value:.{1 if most >= 1 else 2}f}".rstrip("0").rstrip(".") or "0"


def bars(series: Series, kinds: Sequence[str]) -> Chart:
    """Stacked horizontal bars with the numbers written at their ends: one per row."""
    chart = Chart(WIDTH, ROW * len(series.rows) + 4, legend=list(zip(kinds, series.columns[1:], strict=True)))
    most = max((sum(row[1:]) for row in series.rows), default=0) or 1
    room = WIDTH - LABEL_WIDTH - 80
    for index, row in enumerate(series.rows):
        x, y = float(LABEL_WIDTH), index * ROW + 4
        chart.words.append(Word(LABEL_WIDTH - 10, y + 16, row[0], "end"))
        for kind, name, value in zip(kinds, series.columns[1:], row[1:], strict=True):
            width = room * value / most
            if width:
                chart.boxes.append(_box(x, y, width, ROW - 8, kind=kind, title=f"{row[0]}: {value:,} {name}"))
            x += width
        chart.words.append(Word(round(x + 8, 1), y + 16, " / ".join(f"{value:,}" for value in row[1:])))
    return chart


def _box(*sides: float, kind: str, title: str) -> Box:
    x, y, width, height = (round(side, 1) for side in sides)
    return Box(x, y, width, height, kind, title)
