"""A picture of whether the intervals of a model hold what they promise."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kassandra.contracts.spec import LEVELS
from kassandra.judging import figures
from kassandra.judging.distributions import BELOW, INSIDE, NOMINAL
from kassandra.judging.resampling import Resampling
from kassandra.judging.score import Numbers, resample


def calibration_of(table: pd.DataFrame, resampling: Resampling, seed: int, path: Path) -> None:
    """The picture of a table of predictions with quantiles."""
    inside, below = resample([(INSIDE, table), (BELOW, table)], resampling.units(table), seed)
    assert inside
    assert below
    interval_calibration(np.stack(inside.estimate, -1), np.stack(below.estimate, -1), path)


def interval_calibration(inside: Numbers, below: Numbers, path: Path) -> None:
    """The share of observations inside each central interval, and below each quantile; on the diagonal if
    calibrated."""
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axis, promised, observed in ((left, NOMINAL, inside), (right, LEVELS, below)):
        value, low, high = observed.T
        axis.plot([0, 1], [0, 1], ":", color=figures.GREY, label="calibrated")
        axis.errorbar(
            promised, value, [(value - low).clip(0), (high - value).clip(0)], fmt="o-", color=figures.BLUE,
            linewidth=0.8, elinewidth=1.2, markersize=3.5, label="LSTM, with its 95% intervals",
        )  # fmt: skip
        axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    left.set(xlabel="what a central interval promises", ylabel="share of test inside of it")
    right.set(xlabel="level of the quantile", ylabel="share of test below it")
    left.set_title("Central intervals: above the line too wide, beneath too narrow")
    right.set_title("Quantiles: above the line too high, beneath too low")
    left.legend(frameon=False, fontsize=8, loc="upper left")
    figures.save(figure, path)
