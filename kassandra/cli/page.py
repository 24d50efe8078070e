"""The report of `kassandra check` as one HTML page with its picture, and the picture as a PNG."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from kassandra.contracts.artifacts import whole
from kassandra.detection.findings import Findings, Grid, Panel
from kassandra.judging.figures import BLUE, GREY, ORANGE, save
from kassandra.judging.figures import name as drawn
from kassandra.judging.highlight import escaped

COLOURS = {"train": GREY, "valid": ORANGE, "test": BLUE}
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: .5rem 0 1.5rem } th, td { text-align: left; padding: .15rem .8rem .15rem 0 }
th { border-bottom: 1px solid #999 } tr:nth-child(even) td { background: #f5f5f5 } td { overflow-wrap: anywhere }
.warning { border-left: 4px solid #d1661b; padding: .2rem .8rem; margin: .4rem 0; background: #fdf4ee }
img { max-width: 100% } h2 { font-size: 1.1rem; margin-bottom: .2rem }
"""


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
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{"".join(body)}</body></html>\n'


def _table(grid: Grid) -> str:
    head = "".join(f"<th>{escaped(key)}</th>" for key in grid.rows[0]) if any(map(str.strip, grid.rows[0])) else ""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in row.values()) + "</tr>" for row in grid.rows
    )
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{rows}</table>"


def draw(panels: list[Panel], path: Path) -> None:
    """One picture below the other; names are shown as they are, and are no formulas."""
    figure = Figure(figsize=(8, 2.6 * len(panels)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(len(panels), 1))
    for axis, panel in zip(axes, panels, strict=True):
        {"bars": _bars, "histogram": _histogram, "lines": _lines}[panel.kind](axis, panel.parts)
        axis.set_title(panel.title, loc="left")
        axis.set_xlabel(panel.x)
        if len(panel.parts) > 1:
            axis.legend(frameon=False)
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


def _lines(axis: Any, parts: Mapping[str, Any]) -> None:
    for part, (x, y) in parts.items():
        step = max(1, len(x) // 3000)
        axis.plot(x[::step], y[::step], color=COLOURS.get(part, GREY), label=part, linewidth=0.9)
