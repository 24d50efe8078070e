"""Pictures of filled gaps; each function writes one PNG, the same bytes for the same numbers."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure

from kassandra.contracts.clock import Clock
from kassandra.judging import figures
from kassandra.judging.distributions import QUANTILES

PANELS = 6
LEAST = 12  # rows to either side of a gap that are drawn
SHOWN = ((0, 0.2, "central 90%"), (4, 0.4, "central 50%"))  # of QUANTILES, from both ends
GREYS = [
    {"color": colour, "linestyle": style, "linewidth": 1.2}
    for style in ("--", ":")
    for colour in (figures.GREY, "#4c8c7a", "#8d6a9f", "#a08a2e")
]

matplotlib.rcParams["date.converter"] = "concise"


def stretches(
    answers: Any, table: pd.DataFrame, baseline: tuple[str, pd.DataFrame], meta: dict[str, Any], path: Path
) -> None:
    """Gaps of test of different lengths, evenly from the shorter to the longest: what was observed around and in them,
    what was filled in, with the central 50% and 90%, and the strongest baseline.

    Of each length it is the gap whose error is the median one, so that the picture is neither the best nor the worst.
    """
    shown = _typical(table)
    figure = Figure(figsize=(10, 0.6 + 2.3 * -(-len(shown) // 2)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(-(-len(shown) // 2), 2 if len(shown) > 1 else 1)).ravel()
    for axis, (name, target) in zip(axes, shown, strict=False):
        chosen = ((table["example"] == name) & (table["target"] == target)).to_numpy()
        _stretch(axis, answers, table[chosen], baseline[1][chosen], meta)
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    first = axes[0]
    first.plot([], [], color=figures.INK, label="observed")
    first.plot([], [], ":", color=figures.INK, label="removed")
    first.plot([], [], color=figures.BLUE, label="filled in by the LSTM")
    if QUANTILES[0] in table:
        for _, alpha, label in SHOWN:
            first.fill_between([], [], [], color=figures.BLUE, alpha=alpha, linewidth=0, label=label)
    first.plot([], [], "--", color=figures.ORANGE, linewidth=1, label=figures.name(baseline[0]))
    figure.legend(*first.get_legend_handles_labels(), frameon=False, ncols=6, fontsize=8, loc="outside lower center")
    figures.save(figure, path)


def _typical(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Gap and target, of PANELS lengths."""
    error = ((table["point"] - table["observed"]) / table["scale"]).abs()
    each = table.assign(error=error).groupby(["example", "target"], sort=False)
    gaps = each.agg(length=("length", "first"), error=("error", "mean")).reset_index().sort_values(
        ["length", "error"], kind="stable"
    )  # fmt: skip
    longer = gaps[gaps["length"] > min(5, int(gaps["length"].max()) - 1)]
    parts = np.array_split(np.arange(len(longer)), min(PANELS, len(longer)))
    chosen = []
    for part in parts:
        some = longer.iloc[part].sort_values("error", kind="stable")
        chosen.append(some.iloc[len(some) // 2])
    return [(str(one["example"]), str(one["target"])) for one in chosen]


def _stretch(axis: Axes, answers: Any, own: pd.DataFrame, other: pd.DataFrame, meta: dict[str, Any]) -> None:
    """`own`, `other`: the rows of a gap, of the LSTM and the baseline."""
    split, target = answers.split, meta["targets"].index(own["target"].iloc[0])
    texts = Clock.of(meta).texts(split.times)
    series = meta["series"].index(own["series"].iloc[0])
    begin, end = int(split.offsets[series]), int(split.offsets[series + 1])
    first = begin + int(np.flatnonzero(texts[begin:end] == own["time"].iloc[0])[0])
    last = first + len(own) - 1
    reach = max(LEAST, len(own))
    rows = np.arange(max(begin, first - reach), min(end, last + reach + 1))
    inside = np.arange(first, last + 1)
    dates = Clock.of(meta).to_draw(split.times)
    outside = np.where((rows < first) | (rows > last), split.values[rows, target], np.nan)
    axis.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=7))  # type: ignore[no-untyped-call]  # dates are long
    axis.plot(dates[rows], outside, color=figures.INK, linewidth=1.2, marker=".", markersize=3)
    beside = np.arange(max(begin, first - 1), min(end, last + 2))
    axis.plot(dates[beside], split.values[beside, target], ":", color=figures.INK, linewidth=1.2)
    mark = "." if len(own) == 1 else ""
    if QUANTILES[0] in own:
        for place, alpha, _ in SHOWN:
            low, high = (own[QUANTILES[end]].to_numpy() for end in (place, -1 - place))
            axis.fill_between(dates[inside], low, high, color=figures.BLUE, alpha=alpha, linewidth=0)
    axis.plot(dates[inside], other["point"].to_numpy(), "--", color=figures.ORANGE, linewidth=1, marker=mark)
    axis.plot(dates[inside], own["point"].to_numpy(), color=figures.BLUE, linewidth=1.4, marker=mark)
    where = [meta["series"][series]] * (len(meta["series"]) > 1) + [meta["targets"][target]]
    axis.set_title(f"{': '.join(map(figures.name, where))}, {len(own)} rows removed")


def error_by_length(compared: Any, headline: str, strongest: str, path: Path) -> None:
    """The headline by length of gap, with its 95% interval, beside that of each baseline; and by how much the LSTM is
    better than each, paired, with the interval of the strongest."""
    places, names = np.arange(len(compared.names)), list(compared.gains)
    styles = dict(zip([name for name in names if name != strongest], GREYS * len(names), strict=False))
    styles |= {strongest: {"color": figures.ORANGE, "linewidth": 1.6}}
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name in names:
        left.plot(places, compared.values[name][:, 0], label=figures.name(name), **styles[name])
        right.plot(places, compared.gains[name][:, 0], **styles[name])
    value, low, high = compared.values["LSTM"].T
    left.plot(places, value, "o-", color=figures.BLUE, linewidth=2, markersize=4, label="LSTM")
    left.fill_between(places, low, high, color=figures.BLUE, alpha=0.15, linewidth=0)
    right.fill_between(places, *compared.gains[strongest][:, 1:].T, color=figures.ORANGE, alpha=0.2, linewidth=0)
    right.axhline(0, color=figures.BLUE, linewidth=1.2)
    ticks = [f"{name}\n({count:,})" for name, count in zip(compared.names, compared.gaps, strict=True)]
    for axis in (left, right):
        axis.set_xticks(places, ticks, fontsize=8)
        axis.set_xlabel("rows of a gap (gaps of test)")
    left.set(ylabel=f"{headline} on test", ylim=(0, None))
    left.set_title("Error by length of gap; band: 95% interval")
    right.set(ylabel=f"{headline} less that of the LSTM (paired)")
    _, low, high = compared.gains[strongest].T
    right.set_ylim(min(1.3 * float(low.min()), 0.0), 3 * max(float(high.max()), 1e-12))  # others lie far above
    right.set_title("Above 0 the LSTM is better; band: 95% of the strongest")
    figure.legend(*left.get_legend_handles_labels(), frameon=False, ncols=4, fontsize=8, loc="outside lower center")
    figures.save(figure, path)
