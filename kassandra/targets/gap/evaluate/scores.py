"""The scores of filled gaps: errors, distributions, and how many values lie inside of their intervals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.judging.distributions import NOMINAL, QUANTILES, covered, crps_of, quantile_losses
from kassandra.judging.intervals import block_length
from kassandra.judging.resampling import Resampling, Units
from kassandra.judging.score import Numbers, Score, per_row, ratio

KEYS = ["example", "step", "target"]
ASKED = ("source", "prepare.longest", "prepare.window")


class Whole(Resampling):
    """A gap is drawn whole, as the errors within it hang together; and those near it in time with it: what makes one
    gap hard makes its neighbours hard."""

    test = "t-test of gaps in the order of time, long-run variance"

    def units(self, table: pd.DataFrame) -> Units:
        names, first, of = np.unique(table["example"].to_numpy(str), return_index=True, return_inverse=True)
        rank = np.empty(len(names), np.intp)
        rank[np.argsort(first, kind="stable")] = np.arange(len(names))  # tables are in the order of time
        return Units(len(names), rank[of], block_length(len(names), 1))


RESAMPLING = Whole()


def asked(table: pd.DataFrame) -> NDArray[Any]:
    """(rows,) what was observed, up to rounding."""
    return np.char.mod("%.9g", table["observed"].to_numpy(np.float64))


def errors(table: pd.DataFrame) -> Numbers:
    """(rows,) what was observed less what was filled in, in the unit of the target; of several targets, in deviations
    of each in train."""
    return ((table["observed"] - table["point"]) / table["scale"]).to_numpy(np.float64)


def _crps(table: pd.DataFrame) -> Numbers | None:
    each = crps_of(table)
    return None if each is None else per_row(each / table["scale"].to_numpy(np.float64))


def _width(table: pd.DataFrame) -> Numbers:
    low, high = QUANTILES[place := NOMINAL.index(0.9)], QUANTILES[-1 - place]
    return per_row(((table[high] - table[low]) / table["scale"]).to_numpy(np.float64))


def _root(sums: Numbers) -> Numbers:
    """Of mean squares. Where few gaps vary much, intervals ask for sums that lie below 0, as 0 is not far away."""
    return np.asarray(np.sqrt(np.maximum(ratio(sums), 0)))


def _where_quantiles(each: Callable[[pd.DataFrame], Numbers]) -> Callable[[pd.DataFrame], Numbers | None]:
    return lambda table: each(table) if set(QUANTILES) <= set(table) else None


# Of several targets errors are in deviations of each in train. crps: of distributions in closed form exactly, of
# quantiles with exponential tails beyond LEVELS; see kassandra.judging.crps. pinball: mean quantile loss over LEVELS
# (Koenker & Bassett 1978). coverage_90, coverage_50: share of the values inside of the central intervals; width_90: the
# mean width of these.
SCORES = [
    Score("rmse", "lower", "of the target", depends_on=ASKED,
          sums=lambda table: per_row(errors(table) ** 2), value=_root),
    Score("mae", "lower", "of the target", depends_on=ASKED, sums=lambda table: per_row(np.abs(errors(table)))),
    Score("crps", "lower", "of the target", sums=_crps, depends_on=ASKED),
    Score("pinball", "lower", "of the target", depends_on=ASKED,
          sums=_where_quantiles(lambda table: per_row(quantile_losses(table, table["scale"])))),
    Score("coverage_90", None, "share of values", sums=covered(0.9), depends_on=ASKED),
    Score("coverage_50", None, "share of values", sums=covered(0.5), depends_on=ASKED),
    Score("width_90", None, "of the target", sums=_where_quantiles(_width), depends_on=ASKED),
]  # fmt: skip
