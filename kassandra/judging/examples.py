"""What each test example adds to the headline score, read from data/predictions, so that models can be compared on the
very same examples."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.judging.intervals import block_length
from kassandra.targets.next.evaluate.report import BLOCKS


class Units(NamedTuple):
    """What a bootstrap draws: examples, stretches of a text, or dates, in the order of time.

    sums: (units,) what adds up to the score. counts: (units,) of how many numbers. power: the score is
    (sum of sums / sum of counts) ** power. block: units that are drawn together.
    """

    sums: NDArray[np.float64]
    counts: NDArray[np.float64]
    power: float
    block: int

    @property
    def score(self) -> float:
        return float((self.sums.sum() / self.counts.sum()) ** self.power)


def units(table: pd.DataFrame, headline: str) -> Units | None:
    """Of a table of predictions; None where this score is no mean of what its rows say."""
    columns = set(table.columns)
    if headline == "accuracy" and {"target", "predicted"} <= columns:
        hits = (table["target"] == table["predicted"]).to_numpy().astype(np.float64)
        return Units(hits, np.ones(len(hits)), 1.0, 1)
    if headline == "loss" and {"target", "log_probability"} <= columns:
        losses = np.array_split(-table["log_probability"].to_numpy(np.float64), min(BLOCKS, len(table)))
        return Units(np.array([each.sum() for each in losses]), np.array([float(len(each)) for each in losses]), 1.0, 1)
    if headline == "rmse" and {"series", "time", "step", "target", "truth", "point"} <= columns:
        squares = (table["truth"] - table["point"]).to_numpy(np.float64) ** 2
        horizon, targets = int(table["step"].max()), table["target"].nunique()
        told = squares.reshape(-1, horizon * targets).sum(1)  # (origins,)
        dates, date = np.unique(table["time"].to_numpy(str)[:: horizon * targets], return_inverse=True)
        sums, counts = np.zeros(len(dates)), np.zeros(len(dates))
        np.add.at(sums, date, told)
        np.add.at(counts, date, float(horizon * targets))
        return Units(sums, counts, 0.5, block_length(len(dates), horizon))
    return None
