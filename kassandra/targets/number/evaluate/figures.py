"""Pictures of models that predict a number per example; each writes one PNG, the same bytes for the same numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kassandra.judging import figures
from kassandra.judging.bins import equal_mass
from kassandra.judging.distributions import QUANTILES
from kassandra.judging.intervals import Z
from kassandra.judging.judge import Report
from kassandra.judging.score import Numbers

FEW = 300  # examples, up to which each has its interval drawn
BINS = 10  # of about equally many examples
SIZE_BINS = 8


def scatter(table: pd.DataFrame, report: Report, path: Path) -> None:
    """What was observed against what was predicted. Of few examples each has its interval of 90%; of many, bins of
    predictions show the mean of what was observed, and the middle half and 90% of it."""
    point, observed = (table[name].to_numpy(np.float64) for name in ("point", "observed"))
    figure = Figure(figsize=(5.6, 5.2), layout="constrained")
    axis = figure.subplots()
    low, high = float(min(observed.min(), point.min())), float(max(observed.max(), point.max()))
    axis.plot([low, high], [low, high], ":", color=figures.GREY, label="predicted = observed")
    few = len(table) <= FEW
    if few and QUANTILES[0] in table:
        ends = table[[QUANTILES[0], QUANTILES[-1]]].to_numpy(np.float64)  # (examples, 2)
        axis.hlines(observed, *ends.T, color=figures.BLUE, alpha=0.25, linewidth=1, label="interval of 90%")
    size, alpha = (14, 0.8) if few else (5, max(0.06, min(0.6, 600 / len(table))))
    axis.scatter(point, observed, s=size, alpha=alpha, color=figures.BLUE, linewidth=0)
    axis.scatter([], [], s=14, color=figures.BLUE, linewidth=0, label="a test example")
    if not few:
        bin_of = equal_mass(point, BINS)
        inside = [observed[bin_of == number] for number in range(bin_of.max() + 1)]
        at = [float(point[bin_of == number].mean()) for number in range(bin_of.max() + 1)]
        for share, width in ((0.9, 1.2), (0.5, 3.5)):
            ends = np.array([np.quantile(each, [(1 - share) / 2, (1 + share) / 2]) for each in inside])
            axis.vlines(at, *ends.T, color=figures.ORANGE, linewidth=width)
        axis.plot(
            at, [each.mean() for each in inside], "o", color=figures.ORANGE, markersize=5,
            label=f"mean, 50% and 90% of {BINS} bins of predictions",
        )  # fmt: skip
    axis.set(xlabel="predicted", ylabel="observed")
    values = ", ".join(
        f"{name} {report.together[name].value:.3f}" for name in ("r2", "spearman") if name in report.together
    )
    axis.set_title(f"{len(table):,} test examples; {values}" if values else f"{len(table):,} test examples")
    axis.legend(frameon=False, fontsize=8, loc="best")
    figures.save(figure, path)


def errors_by_size(table: pd.DataFrame, others: dict[str, pd.DataFrame], report: Report, path: Path) -> None:
    """The mean absolute error, with its 95% interval, in bins of the observed number; that of the strongest baseline
    beside it; and the mean error, which shows how far the ends are drawn towards the middle."""
    best = max if report.headline.sign > 0 else min
    strongest = best(report.baselines, key=lambda name: report.baselines[name].value)
    observed = table["observed"].to_numpy(np.float64)
    bin_of = equal_mass(observed, SIZE_BINS)
    count = bin_of.max() + 1
    at = np.array([observed[bin_of == number].mean() for number in range(count)])
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    drawn = (("LSTM", table, figures.BLUE), (strongest, others[strongest], figures.ORANGE))
    for name, each, colour in drawn:
        error = (each["point"] - each["observed"]).to_numpy(np.float64)
        for axis, values in ((left, np.abs(error)), (right, error)):
            means, reach = _means([values[bin_of == number] for number in range(count)])
            axis.errorbar(at, means, reach, fmt="o-", color=colour, linewidth=1, markersize=4, label=name)
    right.axhline(0, color=figures.GREY, linewidth=0.8)
    left.set(xlabel="observed (mean of a bin)", ylabel="mean absolute error", ylim=(0, None))
    right.set(xlabel="observed (mean of a bin)", ylabel="mean of predicted less observed")
    left.set_title("Error by size, with 95% intervals")
    right.set_title("Above 0 too high, beneath too low")
    figure.legend(*left.get_legend_handles_labels(), frameon=False, ncols=2, fontsize=8, loc="outside lower center")
    figures.save(figure, path)


def _means(bins: list[Numbers]) -> tuple[Numbers, Numbers]:
    """(bins,) the mean of each, and how far its 95% interval reaches (normal approximation)."""
    means = np.array([each.mean() for each in bins])
    return means, np.array([Z * each.std() / np.sqrt(len(each)) for each in bins])
