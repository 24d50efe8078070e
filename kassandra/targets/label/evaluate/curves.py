"""How well a classifier's probabilities order examples (ROC, precision and recall)."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kassandra.judging import figures
from kassandra.judging.highlight import drawable
from kassandra.targets.label.evaluate.rankings import Labels, rankings

DRAWN = 10  # classes; more lines cannot be told apart
GRID = np.linspace(0.001, 1, 1000)  # where curves are averaged; at 0 itself a curve may have several values


def roc_and_precision_recall(
    targets: Labels, log_probabilities: NDArray[np.float64], classes: list[str], path: Path
) -> None:
    """Both curves side by side: of the second of two classes; of more, each against the rest, and the mean of all.

    Of many classes the ten with the smallest areas under the ROC curve are drawn. Dotted is what guessing has.
    """
    ranked = rankings(targets, np.exp(log_probabilities))
    once = np.ones(len(targets), np.int64)
    found = np.array([ranking.areas(once) for ranking in ranked]).reshape(-1, 2)  # (curves, 2)
    drawn = np.sort(np.argsort(found[:, 0], kind="stable")[:DRAWN])
    figure = Figure(figsize=(9, 4.8 + 0.09 * len(drawn)), layout="constrained")
    roc, precision = figure.subplots(1, 2)
    for colour, place in enumerate(drawn):
        style: dict[str, Any] = {"color": figures.BLUE if len(ranked) == 1 else f"C{colour}", "linewidth": 1.2}
        ranking = ranked[place]
        roc.plot(*ranking.roc(), label=_label(classes[ranking.label], *found[place]), **style)
        precision.step(*ranking.precision_recall(), where="pre", **style)
    if len(ranked) > 1:
        rates = np.mean([np.interp(GRID, *ranking.roc()) for ranking in ranked], axis=0)
        levels = np.mean([_stepped(GRID, *ranking.precision_recall()) for ranking in ranked], axis=0)
        name = _label(f"mean of {len(ranked)} classes", *found.mean(0))
        for axis, mean in ((roc, rates), (precision, levels)):
            axis.plot(GRID, mean, color=figures.INK, linewidth=2, label=name)
    if ranked:
        guess = float(np.mean([ranking.positive.mean() for ranking in ranked]))
        roc.plot([0, 1], [0, 1], ":", color=figures.GREY, label=_label("guessing", 0.5, guess))
        precision.plot([0, 1], [guess, guess], ":", color=figures.GREY)
        legend = figure.legend(
            *roc.get_legend_handles_labels(), title="area under ROC; average precision", ncols=2, frameon=False,
            fontsize=8, title_fontsize=8, loc="outside lower center",
        )  # fmt: skip
        for text in legend.get_texts():
            text.set_parse_math(False)  # a class may be called $5
    title = "each class against the rest" if len(classes) > 2 else f"“{_short(classes[-1])}” or not"
    if len(drawn) < len(ranked):
        title += f"; the {len(drawn)} of {len(ranked)} with the smallest areas under ROC"
    figure.suptitle(title if ranked else "no curves: all examples are of one class", fontsize=10, parse_math=False)
    roc.set(
        title="ROC", xlabel="false positives, as a share of the rest", ylabel="true positives, as a share of the class"
    )
    precision.set(title="Precision", xlabel="recall", ylabel="precision")
    for axis in (roc, precision):
        axis.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    figures.save(figure, path)


def _stepped(grid: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The step function through (x, y), x rising, whose value between two x is that of the latter."""
    return y[np.searchsorted(x, grid)]


def _label(name: str, area: float, precision: float) -> str:
    return f"{_short(name)}: {area:.4f}; {precision:.4f}"


def _short(name: str) -> str:
    name = drawable(name)
    return name if len(name) <= 32 else name[:31] + "…"
