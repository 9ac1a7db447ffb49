"""The audit's findings as one self-contained HTML page: no script, no outside file, plots as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2327; --paper: #fff; --line: #c9ced3;
  --good: #2a7f62; --bad: #b3392f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --paper: #16191c; --line: #444b52; --good: #5cc39c; --bad: #ee7d72; }
}
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
.good { color: var(--good); } .bad { color: var(--bad); }
svg .good { fill: var(--good); } svg .bad { fill: var(--bad); }
svg .mark { stroke: var(--ink); stroke-dasharray: 4 3; } svg .axis { stroke: var(--line); }
"""
_LEFT, _WIDTH, _ROW = 250, 470, 22


def page(findings: Mapping[str, Any]) -> str:
    """The whole page. ``findings`` is what ``audit.run`` returns."""
    name = escape(findings["name"] or "checkpoint")
    verdict = _word(findings["passed"], "passed", "not passed")
    body = [
        f"<h1>Audit of {name}</h1>",
        f"<p>Flagged means: raw toxicity of {findings['threshold']:.2f} or more. Result: <strong>{verdict}</strong> "
        f"(no group's false-positive rate may exceed the overall one by more than 5 points; the widest gap is "
        f"{100 * findings['widest_gap']:.1f} points).</p>",
        "<h2>Kind and neutral sentences that are flagged, by group</h2>",
        _group_plot(findings),
        "<h2>Scores of the same sentences with different people in them</h2>",
        _histogram(findings["overall"], findings["threshold"]),
        "<h2>By kind</h2>",
        _kind_plot(findings["kinds"]),
        _group_table(findings),
        _named(findings["named"]),
        _worst(findings["worst"]),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Audit of {name}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _word(good: bool, yes: str, no: str) -> str:
    return f'<span class="{"good" if good else "bad"}">{yes if good else no}</span>'


def _bars(rows: Sequence[tuple[str, float, bool]], title: str, mark: float | None = None) -> str:
    """Horizontal bars of shares 0..1, each (name, share, good); ``mark`` draws a line at a share."""
    height = _ROW * len(rows) + 24
    parts = [f'<svg viewBox="0 0 {_LEFT + _WIDTH + 70} {height}" role="img" aria-label="{escape(title)}">']
    for at, (name, share, good) in enumerate(rows):
        y = _ROW * at + 4
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
        tone, wide = ("good" if good else "bad"), max(1.0, share * _WIDTH)
        parts.append(f'<rect class="{tone}" x="{_LEFT}" y="{y}" width="{wide:.1f}" height="15"/>')
        parts.append(f'<text x="{_LEFT + share * _WIDTH + 6:.1f}" y="{y + 13}">{100 * share:.1f} %</text>')
    if mark is not None:
        x = _LEFT + mark * _WIDTH
        parts.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - 20}"/>')
    return "".join(parts) + "</svg>"


def _group_plot(findings: Mapping[str, Any]) -> str:
    limit = findings["overall"]["false_positives"] + 0.05
    rows = [(name, entry["false_positives"], entry["gap"] <= 0.05) for name, entry in findings["groups"].items()]
    return (
        _bars(rows, "False-positive rate by group", limit) + "<p>The dashed line is the overall rate plus 5 points.</p>"
    )


def _kind_plot(kinds: Mapping[str, Any]) -> str:
    rows = [(name.replace("_", " "), entry["right"], entry["right"] >= 0.8) for name, entry in kinds.items()]
    notes = "".join(
        f"<li>{escape(entry['asks'])}: {100 * entry['right']:.0f} % of {entry['sentences']}</li>"
        for entry in kinds.values()
    )
    return f"{_bars(rows, 'Share handled rightly, by kind')}<ul>{notes}</ul>"


def _histogram(overall: Mapping[str, Any], threshold: float) -> str:
    """Kind and neutral sentences upwards, hostile ones downwards, in twenty bins of the score."""
    parts = ['<svg viewBox="0 0 720 250" role="img" aria-label="Histogram of scores: fine above, hostile below">']
    for scores, class_, up in ((overall["fine_scores"], "good", True), (overall["abuse_scores"], "bad", False)):
        counts = [0] * 20
        for value in scores:
            counts[min(19, int(value * 20))] += 1
        for at, count in enumerate(counts):
            tall = 100 * (count / max(1, *counts)) ** 0.5
            y = 115 - tall if up else 115
            parts.append(
                f'<rect class="{class_}" x="{40 + at * 32}" y="{y:.1f}" width="29" height="{tall:.1f}">'
                f"<title>{at / 20:.2f}–{(at + 1) / 20:.2f}: {count}</title></rect>"
            )
    x = 40 + threshold * 640
    parts.append('<line class="axis" x1="40" x2="680" y1="115" y2="115"/>')
    parts.append(f'<line class="mark" x1="{x}" x2="{x}" y1="10" y2="220"/>')
    parts += [f'<text x="{40 + at * 160}" y="240" text-anchor="middle">{at / 4:.2f}</text>' for at in range(5)]
    return "".join(parts) + "</svg><p>Above: kind and neutral. Below: hostile. Heights are square roots of counts.</p>"


def _group_table(findings: Mapping[str, Any]) -> str:
    groups = {"all groups": {**findings["overall"], "gap": 0.0}, **findings["groups"]}
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{100 * entry["false_positives"]:.1f} %</td>'
        f'<td class="n">{_word(entry["gap"] <= 0.05, _points(entry), _points(entry))}</td>'
        f'<td class="n">{100 * entry["false_negatives"]:.1f} %</td><td class="n">{entry["sentences"]}</td></tr>'
        for name, entry in groups.items()
    )
    return (
        "<h2>Groups in figures</h2><table><thead><tr><th>group</th><th>fine, but flagged</th>"
        "<th>points above overall</th>"
        f"<th>hostile, but missed</th><th>sentences</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _named(named: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(_sentence_row(entry) for entry in named)
    return f"<h2>Known pitfalls</h2><table><tbody>{rows}</tbody></table>"


def _worst(worst: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(_sentence_row(entry) for entry in worst)
    return f"<h2>Gravest mistakes</h2><table><tbody>{rows or '<tr><td>None.</td></tr>'}</tbody></table>"


def _sentence_row(entry: Mapping[str, Any]) -> str:
    kind = "abuse" if entry["abuse"] else "fine"
    return (
        f'<tr><td>{escape(entry["text"])}</td><td>{kind}</td><td class="n">{entry["score"]:.2f}</td>'
        f"<td>{_word(entry['right'], 'right', 'wrong')}</td></tr>"
    )


def _points(entry: Mapping[str, Any]) -> str:
    return f"{100 * entry['gap']:+.1f}"
