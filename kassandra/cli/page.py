"""The report of `kassandra check` as one HTML page with its picture, and the picture as a PNG."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from kassandra.contracts.artifacts import whole
from kassandra.detection.findings import Findings, Grid, Panel
from kassandra.judging.figures import BLUE, GREY, ORANGE, save
from kassandra.judging.figures import name as drawn
from kassandra.judging.highlight import escaped

COLOURS = {"train": GREY, "valid": ORANGE, "test": BLUE}
STYLE = """
:root { color-scheme: light dark; --text: #222; --page: #fff; --line: #999; --stripe: #f5f5f5; --warn: #fdf4ee }
@media (prefers-color-scheme: dark) {
  :root { --text: #ddd; --page: #181a1b; --line: #666; --stripe: #232627; --warn: #3a2a1e }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: var(--text);
  background: var(--page) }
.wide { overflow-x: auto; margin: .5rem 0 1.5rem } table { border-collapse: collapse }
th, td { text-align: left; vertical-align: top; padding: .15rem 1rem .15rem .4rem }
td { overflow-wrap: break-word; max-width: 42rem } th { border-bottom: 1px solid var(--line); white-space: nowrap }
tr:nth-child(even) td { background: var(--stripe) } td.number, th.number { text-align: right; white-space: nowrap }
.warning { border-left: 4px solid #d1661b; padding: .2rem .8rem; margin: .4rem 0; background: var(--warn);
  overflow-wrap: anywhere }
img { max-width: 100%; background: #fff; border-radius: 4px } h1 { font-size: 1.5rem; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; margin-bottom: .2rem }
"""
NUMBER = re.compile(r"-?[\d,]+(\.\d+)?(e[+-]?\d+)?%?")


def write_page(folder: Path, name: str, findings: Findings) -> Path:
    """Writes <name>.png and <name>.html; returns the path of the latter.

    Raises:
        KassandraError: they cannot be written there.
    """
    picture, page = folder / f"{name}.png", folder / f"{name}.html"
    drawn = [panel for panel in findings.panels if panel.parts]
    if drawn:
        draw(drawn, picture)
    image = base64.b64encode(picture.read_bytes()).decode() if drawn else ""
    with whole(page) as partial:
        partial.write_text(html_of(name, findings, image), encoding="utf-8")
    return page


def html_of(name: str, findings: Findings, image: str) -> str:
    """The page; whatever comes from the data is escaped."""
    title = escaped(f"kassandra check {name}")
    body = [f"<h1>{title}</h1>"]
    body += [f'<p class="warning">{escaped(one)}</p>' for one in findings.warnings]
    body.append(_table(Grid("", [{"": key, " ": value} for key, value in findings.facts.items()])))
    body += [f"<h2>{escaped(grid.title)}</h2>{_table(grid)}" for grid in findings.tables if grid.rows]
    body += [f'<img alt="pictures of the data" src="data:image/png;base64,{image}">'] if image else []
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head += f"<title>{title}</title><style>{STYLE}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{"".join(body)}</body></html>\n'


def _table(grid: Grid) -> str:
    """Columns of numbers stand to the right; what is too wide for the page is scrolled by itself."""
    right = {key for key in grid.rows[0] if all(NUMBER.fullmatch(row[key]) for row in grid.rows)}

    def cell(tag: str, key: str, text: str) -> str:
        kind = ' class="number"' if key in right else ""
        return f"<{tag}{kind}>{escaped(text)}</{tag}>"

    named = any(map(str.strip, grid.rows[0]))
    head = "".join(cell("th", key, key) for key in grid.rows[0]) if named else ""
    rows = "".join(f"<tr>{''.join(cell('td', key, text) for key, text in row.items())}</tr>" for row in grid.rows)
    return f'<div class="wide"><table>{f"<tr>{head}</tr>" if head else ""}{rows}</table></div>'


def draw(panels: list[Panel], path: Path) -> None:
    """One picture below the other; names are shown as they are, and are no formulas."""
    figure = Figure(figsize=(8, 2.6 * len(panels)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(len(panels), 1))
    for axis, panel in zip(axes, panels, strict=True):
        {"bars": _bars, "histogram": _histogram, "lines": _lines}[panel.kind](axis, panel.parts)
        axis.set_title(panel.title, loc="left")
        axis.set_xlabel(panel.x)
        if len(panel.parts) > 1:
            axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    save(figure, path)


def _bars(axis: Any, parts: Mapping[str, Any]) -> None:
    names = list(next(iter(parts.values())))
    below = np.zeros(len(names))
    for part, heights in parts.items():
        values = np.array([heights[name] for name in names], float)
        axis.bar(range(len(names)), values, bottom=below, color=COLOURS.get(part, GREY), label=part)
        below += values
    axis.set_xticks(range(len(names)), [drawn(name) for name in names], rotation=45, ha="right")


def _histogram(axis: Any, parts: Mapping[str, Any]) -> None:
    values = [np.asarray(some, float) for some in parts.values()]
    edges = np.histogram_bin_edges(np.concatenate(values), 30)
    for part, some in zip(parts, values, strict=True):
        axis.hist(some, edges, histtype="step", color=COLOURS.get(part, GREY), label=part, linewidth=1.5)
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.yaxis.set_minor_formatter(NullFormatter())


def _lines(axis: Any, parts: Mapping[str, Any]) -> None:
    for part, (x, y) in parts.items():
        step = max(1, len(x) // 3000)
        axis.plot(x[::step], y[::step], color=COLOURS.get(part, GREY), label=part, linewidth=0.9)
