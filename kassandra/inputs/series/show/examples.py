"""Pictures of labelled series: some of each class with what a model predicts, and where it looked."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.examples import example_ids
from kassandra.inputs.series.train.scaling import Scaling
from kassandra.judging import figures
from kassandra.judging.figures import drawable
from kassandra.judging.shown import some_of_each

SHOWN = 12  # series that are drawn
LINES = 6  # columns of a series; more lines cannot be followed
ACROSS = 4
POINTS = 1000  # steps that are drawn of a longer series, evenly

Series = NDArray[np.float64]  # (steps, columns)


def pictures(
    test: Path, meta: dict[str, Any], targets: NDArray[np.int64], log_probabilities: NDArray[np.float64],
    attention: list[NDArray[np.float32]] | None, plots: Path, pages: Path,
) -> None:  # fmt: skip
    """Of the series of a test split, whose targets and predictions are classes of `meta`; see targets/label."""
    classes, predicted = meta["classes"], log_probabilities.argmax(1)
    confidence = np.exp(log_probabilities.max(1))
    shown = some_of_each(targets, predicted == targets, SHOWN)
    shown = shown[np.argsort(targets[shown], kind="stable")]
    titles = [f"{classes[targets[row]]}, read as {classes[predicted[row]]} ({confidence[row]:.2f})" for row in shown]
    wrong = [bool(predicted[row] != targets[row]) for row in shown]
    series = series_of(test, meta, shown)
    drawn = Drawing(series, titles, wrong, meta)
    drawn.save(plots / "series.png", "Series of test, their class, and the one that is predicted (orange: wrong)")
    if attention is not None:
        title = "Attention: the share of each step in the summary that the answer is read from"
        drawn.save(plots / "attention.png", title, [attention[row] for row in shown])


def in_words(test: Path, rows: NDArray[np.intp]) -> list[str]:
    """Where some series of a split come from, and how long they are, for a table of mistakes."""
    arrays = map_arrays(test)
    ids, lengths = example_ids(arrays, len(arrays["offsets"]) - 1), np.diff(arrays["offsets"])
    return [f"{ids[row]}, {lengths[row]} steps" for row in rows]


def series_of(test: Path, meta: dict[str, Any], rows: NDArray[np.intp]) -> list[Series]:
    """Some series of a split, in the units of their columns where these are known."""
    arrays, scaling = map_arrays(test), Scaling.of(meta)
    bounds = arrays["offsets"]
    return [scaling.measured(np.array(arrays["values"][bounds[row] : bounds[row + 1]])) for row in rows]


class Drawing:
    """Series side by side. Columns of one unit alike share an axis; those of different ones are drawn with deviation 1.

    titles: of each; wrong: which are in another colour.
    """

    def __init__(self, series: list[Series], titles: list[str], wrong: list[bool], meta: dict[str, Any]) -> None:
        self.titles, self.wrong = titles, wrong
        spread = np.array(meta["std"], np.float64)
        self.in_units = bool(spread.max() <= 10 * spread.min()) or len(spread) == 1
        self.series = series if self.in_units else [(one - np.array(meta["mean"])) / spread for one in series]
        self.names = [str(name) for name in meta["columns"]]
        self.pool = int(meta["pool"])

    def save(self, path: Path, title: str, weights: list[NDArray[np.float32]] | None = None) -> None:
        """weights: of each series (steps,), shares of its steps, drawn above it and as light behind it."""
        rows = -(-len(self.series) // ACROSS)
        figure = Figure(figsize=(10, 1.9 * rows + 0.9), layout="constrained")
        figure.suptitle(title, fontsize=11)
        handles: list[Any] = []
        for place, one in enumerate(self.series):
            axis = figure.add_subplot(rows, ACROSS, place + 1)
            steps = np.unique(np.linspace(0, len(one) - 1, min(len(one), POINTS)).astype(int))
            columns = range(min(one.shape[1], LINES))
            colours = [figures.BLUE] if one.shape[1] == 1 else [f"C{column}" for column in columns]
            at = (steps + 0.5) * self.pool
            drawn = [
                axis.plot(at, one[steps, column], color=colour, linewidth=1, marker="." if len(one) == 1 else "")[0]
                for column, colour in zip(columns, colours, strict=True)
            ]
            handles = handles or drawn
            if weights is not None:
                self._weights(axis, weights[place])
            axis.set_title(drawable(self.titles[place]), fontsize=8, parse_math=False)
            axis.title.set_color(figures.ORANGE if self.wrong[place] else figures.INK)
            axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            axis.tick_params(labelsize=7)
            if place >= len(self.series) - ACROSS:
                axis.set_xlabel("step", fontsize=8)
        if len(self.names) > 1:
            names = [drawable(name) for name in self.names[: len(handles)]]
            more = len(self.names) - len(handles)
            legend_title = f"and {more} more columns" if more else None
            legend = figure.legend(
                handles, names, ncols=6, frameon=False, fontsize=7, loc="outside lower center", title=legend_title,
                title_fontsize=7,
            )  # fmt: skip
            for text in legend.get_texts():
                text.set_parse_math(False)
        figure.supylabel("value" if self.in_units else "value, in deviations of its column", fontsize=8)
        figures.save(figure, path)

    def _weights(self, axis: Any, shares: NDArray[np.float32]) -> None:
        low, high = axis.get_ylim()
        top, edges = high + 0.35 * (high - low), np.arange(len(shares) + 1) * self.pool
        heights = high + (top - high) * shares / max(float(shares.max()), 1e-12)
        axis.stairs(heights, edges, baseline=high, fill=True, color=figures.ORANGE, linewidth=0)
        axis.imshow(
            shares[None], extent=(0, edges[-1], low, high), aspect="auto", cmap="Oranges", alpha=0.5, zorder=0,
            vmin=0, vmax=max(2 * float(shares.max()), 1e-12), interpolation="nearest",
        )  # fmt: skip
        axis.set(ylim=(low, top), xlim=(0, edges[-1]))
