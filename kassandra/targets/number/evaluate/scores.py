"""The scores of predicted numbers: errors, distributions, and how well the order is right."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.judging.distributions import NOMINAL, QUANTILES, covered, crps_of, quantile_losses
from kassandra.judging.resampling import Rows
from kassandra.judging.score import Numbers, Score, Times, Unsummed, per_row, ratio

KEYS = ["example"]
RESAMPLING = Rows()
ASKED = ("source",)


def asked(table: pd.DataFrame) -> NDArray[Any]:
    """(rows,) the number of each example, up to rounding."""
    return np.char.mod("%.9g", table["observed"].to_numpy(np.float64))


def errors(table: pd.DataFrame) -> Numbers:
    """(rows,) what was observed less what was predicted."""
    return (table["observed"] - table["point"]).to_numpy(np.float64)


def _of_variance(table: pd.DataFrame) -> Numbers:
    """(rows, 4): squared error, number, its square, and 1. Numbers are less the mean of all, which changes nothing but
    rounding."""
    centred = (table["observed"] - table["observed"].mean()).to_numpy(np.float64)
    return np.stack([errors(table) ** 2, centred, centred**2, np.ones(len(table))], 1)


def _explained(sums: Any) -> Any:
    """(…,) of (…, 4): 1 - squared errors / squared distances from the mean; not a number where all are equal."""
    error, total, squares, rows = (np.asarray(sums[..., place], np.float64) for place in range(4))
    spread = squares - total**2 / np.maximum(rows, 1)
    explained = np.divide(error, spread, out=np.full_like(error, np.nan), where=spread > 1e-12 * np.abs(squares))
    return 1 - explained


def _crps(table: pd.DataFrame) -> Numbers | None:
    each = crps_of(table)
    return None if each is None else per_row(each)


def _width(share: float) -> Callable[[pd.DataFrame], Numbers | None]:
    low, high = QUANTILES[place := NOMINAL.index(share)], QUANTILES[-1 - place]
    return lambda table: per_row((table[high] - table[low]).to_numpy()) if set(QUANTILES) <= set(table) else None


class Spearman(Unsummed):
    """The correlation of ranks (Spearman 1904), equal numbers having their mean rank; not defined where all predictions
    are equal."""

    def of(self, table: pd.DataFrame) -> Callable[[Times], Any] | None:
        ranked = [_Ranked(table[name].to_numpy(np.float64)) for name in ("observed", "point")]

        def correlation(times: Times) -> float:
            weights = np.asarray(times, np.float64)
            centred = [(each := ranks.of(weights)) - weights @ each / weights.sum() for ranks in ranked]
            squares = [weights @ each**2 for each in centred]
            if min(squares) <= 0:
                return float("nan")
            return float(weights @ (centred[0] * centred[1]) / np.sqrt(squares[0] * squares[1]))

        return correlation if len(table) > 1 and not np.isnan(correlation(np.ones(len(table), np.int64))) else None

    def work(self, table: pd.DataFrame) -> int:
        return 4 * len(table)


class _Ranked:
    """Values whose ranks are asked for again and again, as they were drawn so many times each."""

    def __init__(self, values: Numbers) -> None:
        self.run = np.unique(values, return_inverse=True)[1]  # (values,) the place of each among different ones

    def of(self, weights: Numbers) -> Numbers:
        """(values,) ranks from 1 on."""
        counts = np.bincount(self.run, weights)
        last = counts.cumsum()
        return np.asarray((last - (counts - 1) / 2)[self.run])


def _where_quantiles(each: Callable[[pd.DataFrame], Any]) -> Callable[[pd.DataFrame], Numbers | None]:
    return lambda table: per_row(each(table)) if set(QUANTILES) <= set(table) else None


UNPAIRED = "it is no mean over examples, and how often its paired bootstrap errs has not been simulated"
# r2: 1 - squared errors / squared distances from the mean of test; below 0 where that mean is nearer.
# rmse, mae: in the unit of the number. crps: of distributions in closed form exactly, of quantiles with exponential
#     tails beyond LEVELS; see kassandra.judging.crps. pinball: mean quantile loss over LEVELS (Koenker & Bassett 1978).
# coverage_90, coverage_50: share of the numbers inside of the central intervals; width_90: the mean width of these.
SCORES = [
    Score("r2", "higher", "share of the variance", largest=1, signed=True, depends_on=ASKED,
          sums=_of_variance, value=_explained),
    Score("rmse", "lower", "of the number", depends_on=ASKED,
          sums=lambda table: per_row(errors(table) ** 2), value=lambda sums: np.sqrt(ratio(sums))),
    Score("mae", "lower", "of the number", depends_on=ASKED, sums=lambda table: per_row(np.abs(errors(table)))),
    Score("crps", "lower", "of the number", sums=_crps, depends_on=ASKED),
    Score("pinball", "lower", "of the number", sums=_where_quantiles(quantile_losses), depends_on=ASKED),
    Spearman("spearman", "higher", "correlation of ranks", largest=1, signed=True, unpaired=UNPAIRED, depends_on=ASKED),
    Score("coverage_90", None, "share of numbers", sums=covered(0.9), depends_on=ASKED),
    Score("coverage_50", None, "share of numbers", sums=covered(0.5), depends_on=ASKED),
    Score("width_90", None, "of the number", sums=_width(0.9), depends_on=ASKED),
]  # fmt: skip
