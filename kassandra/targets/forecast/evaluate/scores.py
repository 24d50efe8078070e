"""The scores of forecasts: errors, quantiles and directions; and tests of equal forecasts."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import stdtrit

from kassandra.judging.dependence import number_of_cosines
from kassandra.judging.distributions import QUANTILES, covered, crps_of, quantile_losses
from kassandra.judging.intervals import TAIL, Estimate, percentiles, wilson
from kassandra.judging.judge import EqualityTest
from kassandra.judging.paired import in_order
from kassandra.judging.resampling import Dates
from kassandra.judging.score import Numbers, Score, per_row, ratio

KEYS = ["example", "step", "target"]
RESAMPLING = Dates()
SERIES = ["example", "series", "origin", "time", "step", "target"]  # columns that say what is forecast


def asked(table: pd.DataFrame) -> NDArray[Any]:
    """(rows,) what was observed, up to rounding."""
    return np.char.mod("%.9g", table["observed"].to_numpy(np.float64))


def _error(table: pd.DataFrame) -> Numbers:
    return (table["observed"] - table["point"]).to_numpy(np.float64)


def _squared(table: pd.DataFrame) -> Numbers:
    return np.asarray((_error(table) / table["scale"].to_numpy()) ** 2)


def _per_number(each: Callable[[pd.DataFrame], Any], *columns: str) -> Callable[[pd.DataFrame], Numbers | None]:
    """Sums of a mean over all numbers, of tables that have these columns."""
    return lambda table: per_row(each(table)) if set(columns) <= set(table) else None


def _percent(table: pd.DataFrame) -> Numbers | None:
    if "observed" not in table or table["observed"].min() <= 0:
        return None
    return per_row(200 * np.abs(_error(table)) / (table["observed"] + table["point"].abs()).to_numpy())


def _where_known(column: str, each: Callable[[pd.DataFrame], Numbers]) -> Callable[[pd.DataFrame], Numbers | None]:
    return lambda table: each(table) if column in table and table[column].notna().all() else None


def _against_history(table: pd.DataFrame) -> Numbers:
    """(rows, 2): squared errors, and those of the historical mean."""
    return np.stack([_squared(table), _squared(table.assign(point=table["historical_mean"]))], 1)


def directions(table: pd.DataFrame) -> Numbers:
    """(rows, 2): whether the sign of a change is right, and whether it counts."""
    changed, predicted = (np.sign((table[name] - table["last"]).to_numpy()) for name in ("observed", "point"))
    counted = (changed != 0) & (predicted != 0)
    return np.stack([(changed == predicted) & counted, counted], 1).astype(np.float64)


def _variances(table: pd.DataFrame) -> Numbers:
    log_ratio = 2 * _error(table)  # of variances
    return np.asarray(np.exp(log_ratio) - log_ratio - 1)


def _crps(table: pd.DataFrame) -> Numbers | None:
    each = crps_of(table)
    return per_row(each / table["scale"].to_numpy(np.float64)) if each is not None and "scale" in table else None


class Directions(Score):
    """Of one series and one step, where forecasts do not overlap, the interval is Wilson's."""

    def interval(self, table: pd.DataFrame, observed: Numbers, drawn: Numbers) -> Estimate:
        if table["series"].nunique() * int(table["step"].max()) * table["target"].nunique() > 1 or not observed[1]:
            return percentiles(self.value(observed), self.value(drawn))
        low, high = wilson(*observed.astype(np.int64)[:, None])
        return Estimate(float(self.value(observed)), float(low[0]), float(high[0]))


ASKED = ("source", "prepare.predict", "prepare.horizon")
# rmse, mae: over all steps and targets, in the units of the target; of several targets, in deviations of each in train.
# mase: mean absolute error in units of the naive forecast's in train (Hyndman & Koehler 2006).
# smape: percent, in [0, 200] (Makridakis 1993), of values that all are above 0; around 0 it says nothing.
# r2: 1 - squared errors / those of the historical mean (Campbell & Thompson 2008); below 0 where it is worse.
# directional_accuracy: share of changes, from the last value known, whose sign is right. Where nothing changed, or no
#     change was forecast, there is no sign: those are left out.
# pinball: mean quantile loss over LEVELS (Koenker & Bassett 1978). crps: of distributions in closed form exactly, of
#     quantiles with exponential tails beyond LEVELS; see kassandra.judging.crps.
# coverage_90, coverage_50: share of what was observed inside of the central intervals.
# qlike: of volatility, s/v - log(s/v) - 1 of variances s observed and v forecast (Patton 2011).
SCORES = [
    Score("rmse", "lower", "of the target", depends_on=ASKED,
          sums=_per_number(_squared, "scale"), value=lambda sums: np.sqrt(ratio(sums))),
    Score("mae", "lower", "of the target", depends_on=ASKED,
          sums=_per_number(lambda table: np.abs(_error(table)) / table["scale"].to_numpy(), "scale")),
    Score("mase", "lower", "of the naive forecast", depends_on=ASKED,
          sums=_per_number(lambda table: np.abs(_error(table)) / table["naive"].to_numpy(), "naive")),
    Score("smape", "lower", "percent", sums=_percent, depends_on=ASKED),
    Score("r2", "higher", "share of the variance", sums=_where_known("historical_mean", _against_history),
          value=lambda sums: 1 - ratio(sums), depends_on=ASKED),
    Directions("directional_accuracy", "higher", "share of changes",
               sums=_where_known("last", directions), depends_on=ASKED),
    Score("pinball", "lower", "of the target", depends_on=ASKED,
          sums=_per_number(lambda table: quantile_losses(table, table["scale"]), "scale", *QUANTILES)),
    Score("crps", "lower", "of the target", sums=_crps, depends_on=ASKED),
    Score("coverage_90", None, "share of numbers", sums=covered(0.9), depends_on=ASKED),
    Score("coverage_50", None, "share of numbers", sums=covered(0.5), depends_on=ASKED),
    Score("qlike", "lower", "of variances", sums=_per_number(_variances, "point"), depends_on=ASKED),
]  # fmt: skip
# What says nothing of prices, of returns, of volatilities.
SENSELESS = {"value": {"qlike"}, "return": {"qlike", "smape"}, "volatility": {"smape", "directional_accuracy"}}


def scores_for(predict: str) -> list[Score]:
    return [score for score in SCORES if score.name not in SENSELESS[predict]]


def _by_step(table: pd.DataFrame) -> sparse.csr_array:
    """(rows, 2 * horizon): squared errors of each step, and how many there are."""
    rows, step, horizon = np.arange(len(table)), table["step"].to_numpy() - 1, int(table["step"].max())
    values = np.concatenate([_squared(table), np.ones(len(table))])
    places = np.tile(rows, 2), np.concatenate([step, horizon + step])
    return sparse.csr_array((values, places), shape=(len(table), 2 * horizon))


# For pictures: of each step.
BY_STEP = Score("rmse_by_step", "lower", sums=_by_step,
                value=lambda sums: np.sqrt(np.divide(*np.split(np.asarray(sums), 2, axis=-1))))  # fmt: skip


class Curves(NamedTuple):
    """Each ends in value, low, high.

    by_step: (1 + baselines, horizon, 3), rmse of the LSTM, then of each baseline. gains_by_step: (baselines,
        horizon, 3).
    inside: (NOMINAL, 3), share of what was observed inside of each central interval. below: (LEVELS, 3), share below
        each quantile. Both are None where only points are forecast.
    """

    by_step: Numbers
    gains_by_step: Numbers
    inside: Numbers | None
    below: Numbers | None


def tests(losses: Numbers, baselines: list[str]) -> tuple[EqualityTest, ...]:
    """Of (dates, models, horizon) mean losses: of all steps together, and of the first and the last alone."""
    horizon, made = losses.shape[2], []
    for number, name in enumerate(baselines, 1):
        differences = losses[:, number] - losses[:, 0]  # (dates, horizon); positive where the LSTM loses less
        cases: list[tuple[Any, Numbers, int]] = [("all", differences.mean(1), horizon)]
        if horizon > 1:
            cases += [(1, differences[:, 0], 1), (horizon, differences[:, -1], horizon)]
        results = [(steps, diebold_mariano(series, lasts)) for steps, series, lasts in cases]
        made += [EqualityTest(name, steps, *result) for steps, result in results if result]
    return tuple(made)


def diebold_mariano(differences: Numbers, horizon: int) -> tuple[float, float] | None:
    """Statistic and two-sided p of the test that two forecasts lose equally much (Diebold & Mariano 1995), as
    `kassandra compare` has it: see kassandra.judging.paired.in_order.

    `differences` (dates,) are losses of the one less those of the other, in the order of time. None where there are no
    more dates than steps. Differences that never vary are no evidence: p is 1.

    >>> [round(number, 4) for number in diebold_mariano(np.array([1.0, 2.0, 3.0]), 1) or ()]
    [2.4495, 0.2468]
    """
    if len(differences) <= horizon:
        return None
    tested = in_order(float(differences.mean()), differences, horizon, "")
    if tested.low == tested.high:
        return 0.0, 1.0
    critical = float(stdtrit(number_of_cosines(len(differences), horizon), 1 - TAIL))
    return critical * tested.value / (tested.high - tested.value), tested.p
