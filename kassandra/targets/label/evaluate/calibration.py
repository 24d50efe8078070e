"""The reliability plot: whether a classifier is right as often as it is sure."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kassandra.judging import figures
from kassandra.judging.bins import equal_mass
from kassandra.judging.intervals import Estimate, wilson
from kassandra.targets.label.evaluate.scores import BINS


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_], error: Estimate, path: Path) -> None:
    """Accuracy against mean confidence in each bin, on the diagonal if calibrated; beneath, how many are how sure."""
    bin_of = equal_mass(confidence, BINS)
    counts, hits = np.bincount(bin_of), np.bincount(bin_of, right).astype(np.int64)  # (bins,) each
    accuracy, sure = hits / counts, np.bincount(bin_of, confidence) / counts
    low, high = wilson(hits, counts)
    start = float(np.floor(min(low.min(), confidence.min(), 0.9) * 10) / 10)
    figure = Figure(figsize=(4.6, 5.2))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1], gridspec_kw={"hspace": 0.08})
    upper.plot([start, 1], [start, 1], ":", color=figures.GREY, label="calibrated")
    upper.errorbar(
        sure, accuracy, [accuracy - low, high - accuracy], fmt="o-", color=figures.BLUE, ecolor=figures.BLUE,
        linewidth=0.8, elinewidth=1.2, markersize=4, label=f"bins of about {len(right) // len(counts):,} examples",
    )  # fmt: skip
    lower.hist(confidence, bins=np.linspace(start, 1, 31).tolist(), color=figures.GREY)
    for mean, colour, what in (
        (confidence.mean(), figures.INK, "mean confidence"),
        (right.mean(), figures.ORANGE, "accuracy"),
    ):
        lower.axvline(float(mean), color=colour, linewidth=1.2)
        upper.plot([], [], color=colour, label=f"{what} {mean:.4f} (below)")
    margin = 0.02 * (1 - start)
    upper.set(xlim=(start - margin, 1 + margin), ylim=(start - margin, 1 + margin))
    upper.legend(frameon=False, fontsize=8, loc="upper left" if confidence.mean() > right.mean() else "lower right")
    upper.set(title=f"Expected calibration error {error} on test", ylabel="accuracy, with its 95% interval")
    lower.set(xlabel="confidence: the probability of the class that the model predicts", ylabel="examples")
    figures.save(figure, path)
