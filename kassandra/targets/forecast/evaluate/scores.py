"""Numbers of forecasts on the test split: errors, quantiles and directions, beside baselines, and tests of equality."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from kassandra.contracts.windows import LEVELS, Split, truth
from kassandra.inference import Forecast
from kassandra.judging.intervals import Score, block_bootstrap, block_length, wilson
from kassandra.judging.score_file import Comparison, Report

HISTORICAL = "historical mean"  # the baseline that `r2` is measured against
NOMINAL = [round(1 - 2 * level, 2) for level in LEVELS if level < 0.5]  # of central intervals: 0.9, 0.8, … 0.1
FEW = 10  # blocks of dates; with fewer, resamples are too much alike
REACH = 10  # rows to either side that a forecast is compared with

Numbers = NDArray[np.float64]


class Ground(NamedTuple):
    """What the test split asks. All series of one date belong together: what moves one, moves the others.

    truth: (origins, horizon, targets). last: (origins, 1, targets), what counts as no change: the last value known, for
        returns 0. date: (origins,) number of the date of each origin, from 0 on; `dates` there are.
    scale: (origins, 1, targets), what errors are divided by: 1 where there is one target; with several, which may be of
        any units, the deviation of each in train (of each series by itself).
    naive: (origins, 1, targets), error in train of the forecast that repeats the last value, or the last season's.
    """

    truth: Numbers
    last: Numbers
    date: NDArray[np.intp]
    dates: int
    scale: Numbers
    naive: Numbers

    def sums(self, values: Numbers) -> Numbers:
        """(dates, …) of (origins, …)."""
        sums = np.zeros((self.dates, *values.shape[1:]))
        np.add.at(sums, self.date, values)
        return sums


@dataclass(frozen=True)
class ForecastReport(Report):
    """The arrays end in value, low, high, for pictures.

    by_step: (1 + baselines, horizon, 3), rmse of the LSTM, then of each baseline. gains_by_step: (baselines,
        horizon, 3).
    inside: (NOMINAL, 3), share of what came inside of each central interval. below: (LEVELS, 3), share below each
        quantile. Both are None where only points are told.
    """

    by_step: Numbers
    gains_by_step: Numbers
    inside: Numbers | None
    below: Numbers | None


def ground(split: Split, meta: dict[str, Any]) -> Ground:
    came, (dates, date) = truth(split, meta), np.unique(split.times[split.origins], return_inverse=True)
    last = split.values[split.origins][:, None]  # (origins, 1, targets)
    scale = np.array(meta["value_std"], np.float64)[split.series][:, None]
    return Ground(
        came,
        np.zeros_like(last) if meta["predict"] == "return" else last,
        date,
        len(dates),
        scale if came.shape[2] > 1 else np.ones_like(scale),
        np.array(meta["mase_scale"], np.float64)[split.series][:, None],
    )


def points(table: pd.DataFrame, shape: tuple[int, ...]) -> dict[str, Forecast]:
    """What each baseline tells, from its column `<name>`, without quantiles; `shape` is (origins, horizon, targets)."""
    names = [str(name) for name in table if " @" not in str(name)]
    return {name: Forecast(table[name].to_numpy(np.float64).reshape(shape), None, None) for name in names}


def with_quantiles(table: pd.DataFrame, name: str, told: Forecast) -> Forecast:
    """Of one baseline at a time, as all together may be gigabytes: from its columns `<name> @<level>`."""
    levels = [table[f"{name} @{level}"].to_numpy(np.float64).reshape(told.point.shape) for level in LEVELS]
    return told._replace(quantiles=np.stack(levels))


def report(
    ground: Ground, model: Forecast, baselines: dict[str, Forecast], meta: dict[str, Any], seed: int
) -> ForecastReport:
    """All intervals are those of a bootstrap over blocks of dates, as forecasts of neighbouring dates overlap.

    rmse, mae: over all steps and targets, in the units of the target; of several targets, in deviations of each in
        train.
    mase: mean absolute error in units of the naive forecast's in train (Hyndman & Koehler 2006).
    smape: percent, in [0, 200] (Makridakis 1993), of values that all are above 0. Around 0, as returns are, it says
        nothing and is left out.
    r2: 1 - squared errors / those of the `historical mean` (Campbell & Thompson 2008); below 0 where it is worse.
    directional_accuracy: share of changes, from the last value known, whose sign is right; of values and returns.
        Where no change came, or none was told, there is no sign: those are left out. Of one series and one step, where
        forecasts do not overlap, the interval is Wilson's.
    pinball: mean quantile loss over LEVELS (Koenker & Bassett 1978). crps: twice that, which approximates the integral
        over all levels (Gneiting & Ranjan 2011), without the tails beyond LEVELS.
    coverage_90, coverage_50: share of what came inside of the central intervals.
    qlike: of volatility, s/v - log(s/v) - 1 of what came and was told as variances s and v (Patton 2011).
    """
    names = ["LSTM", *baselines]
    parts = {"origins": np.ones(len(ground.truth))} | parts_of(ground, model, meta["predict"])
    squares = [(ground.truth - told.point) ** 2 / ground.scale**2 for told in (model, *baselines.values())]
    parts["squared"] = np.stack([square.sum(2) for square in squares], 1)  # (origins, models, horizon)
    parts = {name: ground.sums(values) for name, values in parts.items()}  # (dates, …) each
    horizon, targets = ground.truth.shape[1:]
    length = block_length(ground.dates, horizon)

    def statistic(sums: dict[str, Numbers]) -> dict[str, Numbers]:
        """Of (resamples, …) each."""
        told = sums["origins"] * targets  # (resamples,): numbers of each step
        by_step = np.sqrt(sums["squared"] / told[:, None, None])
        rmse = np.sqrt(sums["squared"].mean(2) / told[:, None])  # (resamples, models)
        found = {"rmse": rmse, "gains": rmse[:, 1:] - rmse[:, :1]}
        found |= {"by_step": by_step, "gains_by_step": by_step[:, 1:] - by_step[:, :1]}
        if HISTORICAL in baselines:
            against = sums["squared"].sum(2)  # (resamples, models)
            found["r2"] = 1 - _ratio(against[:, 0], against[:, names.index(HISTORICAL)])
        if "right" in sums:
            found["directional_accuracy"] = _ratio(sums["right"], sums["counted"])
        means = sums.keys() - {"origins", "squared", "right", "counted"}
        return found | {
            name: sums[name] / (told * horizon).reshape(-1, *[1] * (sums[name].ndim - 1)) for name in sorted(means)
        }

    found = block_bootstrap(parts, statistic, length, seed)
    if "right" in parts and parts["counted"].any() and len(meta["series"]) * horizon * targets == 1:
        right, counted = (parts[name].sum(keepdims=True).astype(np.int64) for name in ("right", "counted"))
        found["directional_accuracy"][1:] = np.concatenate(wilson(right, counted))
    rmse, gains = ([Score(*map(float, score)) for score in found[name]] for name in ("rmse", "gains"))
    if "inside" in found:
        found |= {f"coverage_{round(100 * share)}": found["inside"][NOMINAL.index(share)] for share in (0.9, 0.5)}
    order = ("mae", "mase", "smape", "r2", "directional_accuracy", "pinball", "crps", "coverage_90", "coverage_50")
    others = {name: Score(*map(float, found[name])) for name in (*order, "qlike") if name in found}
    return ForecastReport(
        {"rmse": rmse[0]} | {name: score for name, score in others.items() if not math.isnan(score.value)},
        dict(zip(baselines, rmse[1:], strict=True)),
        dict(zip(baselines, gains, strict=True)),
        len(ground.truth),
        min,
        found["by_step"],
        found["gains_by_step"],
        found.get("inside"),
        found.get("below"),
        tests=_tests(parts["squared"] / (parts["origins"] * targets)[:, None, None], list(baselines)),
        cautions=_cautions(ground, length, meta),
    )


def diebold_mariano(differences: Numbers, horizon: int) -> tuple[float, float] | None:
    """Statistic and two-sided p of the test that two forecasts lose equally much (Diebold & Mariano 1995).

    Differences are taken to be uncorrelated beyond horizon - 1 dates, as those of optimal forecasts are. Their variance
    is that of the rectangular kernel; where that is not positive, of Bartlett's (Newey & West 1987). The statistic is
    corrected for small samples (Harvey, Leybourne & Newbold 1997, eq. 9) and compared with Student's t.

    Args:
        differences: (dates,) loss of the one less loss of the other, in the order of time.

    Returns:
        None where there are no more dates than steps. Differences that never vary are no evidence: p is 1.

    >>> [round(number, 4) for number in diebold_mariano(np.array([1.0, 2.0, 3.0]), 1)]  # Student's t of the mean
    [3.4641, 0.0742]
    """
    dates = len(differences)
    if dates <= horizon:
        return None
    mean = float(differences.mean())
    around = differences - mean
    covariances = np.array([around[lag:] @ around[: dates - lag] for lag in range(horizon)]) / dates  # (horizon,)
    weights = np.where(np.arange(horizon) == 0, 1.0, 2.0)
    variance = float(weights @ covariances)
    if variance <= 0:
        variance = float((weights * (1 - np.arange(horizon) / horizon)) @ covariances)
    if variance <= 1e-24 * mean**2:  # what never varies, up to rounding
        return 0.0, 1.0
    correction = (dates + 1 - 2 * horizon + horizon * (horizon - 1) / dates) / dates
    statistic = mean / math.sqrt(variance / dates) * math.sqrt(correction)
    return statistic, float(2 * stdtr(dates - 1, -abs(statistic)))


def shown(split: Split, meta: dict[str, Any]) -> NDArray[np.bool_]:
    """(rows,) whether a row stands in some window or horizon; of others, values may be missing."""
    ends = np.zeros(len(split.values) + 1, np.int64)
    np.add.at(ends, split.origins + 1 - meta["window"], 1)
    np.add.at(ends, split.origins + 1 + meta["horizon"], -1)
    return ends.cumsum()[:-1] > 0


def lags(split: Split, meta: dict[str, Any], point: Numbers) -> tuple[NDArray[np.int64], Numbers] | None:
    """How the forecast of the next row correlates with the rows around it: lags, and the mean over series and targets.

    Lag 0 is the row that is told, lag -1 the one before, which the model was shown: a forecast that merely repeats the
    last value has its best lag there. None where test is too short, or the forecast never varies.
    """
    values, seen = split.values, shown(split, meta)
    if meta["predict"] == "return":
        values = np.diff(values, axis=0, prepend=values[:1])  # between two series wrong, but never looked at
    reach, found = min(REACH, meta["window"] - 1), []
    near = split.origins[:, None] + 1 + np.arange(-reach, reach + 1)  # (origins, lags) rows
    whole = near[:, -1] < split.offsets[split.series + 1]
    whole[whole] = seen[near[whole]].all(1)
    for series, target in np.ndindex(len(split.offsets) - 1, values.shape[1]):
        of = whole & (split.series == series)
        told, around = point[of, 0, target], values[near[of], target]  # (origins,), (origins, lags)
        if len(told) > reach and min(np.ptp(told), np.ptp(around, axis=0).min()) > 0:
            found.append([np.corrcoef(told, column)[0, 1] for column in around.T])
    return (np.arange(-reach, reach + 1), np.mean(found, axis=0)) if found else None


def directions(ground: Ground, point: Numbers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the sign of each change is right, and whether it counts; (origins, horizon, targets) each."""
    came, told = np.sign(ground.truth - ground.last), np.sign(point - ground.last)
    counted = (came != 0) & (told != 0)
    return (came == told) & counted, counted


def parts_of(ground: Ground, told: Forecast, predict: str) -> dict[str, Numbers]:
    """What each origin adds to the scores of `report`, summed over its steps and targets: (origins, …) each."""
    size = np.abs(ground.truth - told.point)  # (origins, horizon, targets)
    parts = {"mae": size / ground.scale, "mase": size / ground.naive}
    if predict == "value" and ground.truth.min() > 0:
        parts["smape"] = 200 * size / (ground.truth + np.abs(told.point))
    if predict != "volatility":
        right, counted = directions(ground, told.point)
        parts |= {"right": right.astype(float), "counted": counted.astype(float)}
    else:
        ratio = 2 * (ground.truth - told.point)  # logarithm of that of variances
        parts["qlike"] = np.exp(ratio) - ratio - 1
    if told.quantiles is not None:
        losses = np.zeros_like(size)
        for level, quantile in zip(LEVELS, told.quantiles, strict=True):
            over = (ground.truth - quantile) / ground.scale
            losses += np.maximum(level * over, (level - 1) * over) / len(LEVELS)
        parts |= {"pinball": losses, "crps": 2 * losses}
    summed = {name: values.sum((1, 2)) for name, values in parts.items()}
    if told.quantiles is not None:
        low, high = told.quantiles[: len(NOMINAL)], told.quantiles[::-1][: len(NOMINAL)]
        inside = (low <= ground.truth) & (ground.truth <= high)  # (NOMINAL, origins, horizon, targets)
        summed["inside"] = inside.sum((2, 3)).T.astype(float)
        summed["below"] = (ground.truth <= told.quantiles).sum((2, 3)).T.astype(float)
    return summed


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Not a number where `whole` is 0."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole != 0)


def _tests(losses: Numbers, baselines: list[str]) -> tuple[Comparison, ...]:
    """Of (dates, models, horizon) mean losses: of all steps together, and of the first and the last alone."""
    horizon, made = losses.shape[2], []
    for number, name in enumerate(baselines, 1):
        differences = losses[:, number] - losses[:, 0]  # (dates, horizon); positive where the LSTM loses less
        cases: list[tuple[Any, Numbers, int]] = [("all", differences.mean(1), horizon)]
        if horizon > 1:
            cases += [(1, differences[:, 0], 1), (horizon, differences[:, -1], horizon)]
        results = [(steps, diebold_mariano(series, lasts)) for steps, series, lasts in cases]
        made += [Comparison(name, steps, *result) for steps, result in results if result]
    return tuple(made)


def _cautions(ground: Ground, length: int, meta: dict[str, Any]) -> tuple[str, ...]:
    """What the numbers cannot say by themselves."""
    told = []
    if meta["predict"] == "return":
        told.append("None of this is a claim of profit: costs, slippage and what a trade moves are not counted.")
    if meta["predict"] == "volatility":
        told.append("What came is itself an estimate, from each day's open, high, low and close.")
    needed = FEW * max(length, 2 * meta["horizon"])
    if ground.dates < needed:
        told.append(
            f"Test has {ground.dates:,} dates, and intervals and tests of forecasts {meta['horizon']} ahead want "
            f"{needed:,}: take them for too narrow and too sure."
        )
    return tuple(told)
