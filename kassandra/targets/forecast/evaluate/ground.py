"""What a test split of series asks, and what models forecast of it, as arrays: for pictures, tables and tests."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.contracts.windows import LEVELS, Split, observations
from kassandra.targets.forecast.evaluate.predict import Forecast

HISTORICAL = "historical mean"  # the baseline that `r2` is measured against
REACH = 10  # rows to either side that a forecast is compared with

Numbers = NDArray[np.float64]


class Ground(NamedTuple):
    """What the test split asks. All series of one date belong together: what moves one, moves the others.

    observed: (origins, horizon, targets). last: (origins, 1, targets), what counts as no change: the last value known,
        for returns 0. date: (origins,) number of the date of each origin, from 0 on; `dates` there are.
    scale: (origins, 1, targets), what errors are divided by: 1 where there is one target; with several, which may be of
        any units, the deviation of each in train (of each series by itself).
    naive: (origins, 1, targets), error in train of the forecast that repeats the last value, or the last season's.
    """

    observed: Numbers
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


def ground(split: Split, meta: dict[str, Any]) -> Ground:
    observed, (dates, date) = observations(split, meta), np.unique(split.times[split.origins], return_inverse=True)
    last = split.values[split.origins][:, None]  # (origins, 1, targets)
    scale = np.array(meta["value_std"], np.float64)[split.series][:, None]
    return Ground(
        observed,
        np.zeros_like(last) if meta["predict"] == "return" else last,
        date,
        len(dates),
        scale if observed.shape[2] > 1 else np.ones_like(scale),
        np.array(meta["mase_scale"], np.float64)[split.series][:, None],
    )


def points(table: pd.DataFrame, shape: tuple[int, ...]) -> dict[str, Forecast]:
    """The points of each baseline, from its column `<name>`; `shape` is (origins, horizon, targets)."""
    names = [str(name) for name in table if " @" not in str(name)]
    return {name: Forecast(table[name].to_numpy(np.float64).reshape(shape), None, None) for name in names}


def with_quantiles(table: pd.DataFrame, name: str, forecast: Forecast) -> Forecast:
    """Of one baseline at a time, as all together may be gigabytes: from its columns `<name> @<level>`."""
    levels = [table[f"{name} @{level}"].to_numpy(np.float64).reshape(forecast.point.shape) for level in LEVELS]
    return forecast._replace(quantiles=np.stack(levels))


def shown(split: Split, meta: dict[str, Any]) -> NDArray[np.bool_]:
    """(rows,) whether a row stands in some window or horizon; of others, values may be missing."""
    ends = np.zeros(len(split.values) + 1, np.int64)
    np.add.at(ends, split.origins + 1 - meta["window"], 1)
    np.add.at(ends, split.origins + 1 + meta["horizon"], -1)
    return ends.cumsum()[:-1] > 0


def lags(split: Split, meta: dict[str, Any], point: Numbers) -> tuple[NDArray[np.int64], Numbers] | None:
    """How the forecast of the next row correlates with the rows around it: lags, and the mean over series and targets.

    Lag 0 is the row that is forecast, lag -1 the one before, which the model was shown: a forecast that merely repeats
    the last value has its best lag there. None where test is too short, or the forecast never varies.
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
        forecasts, around = point[of, 0, target], values[near[of], target]  # (origins,), (origins, lags)
        if len(forecasts) > reach and min(np.ptp(forecasts), np.ptp(around, axis=0).min()) > 0:
            found.append([np.corrcoef(forecasts, column)[0, 1] for column in around.T])
    return (np.arange(-reach, reach + 1), np.mean(found, axis=0)) if found else None


def directions(ground: Ground, point: Numbers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the sign of each change is right, and whether it counts; (origins, horizon, targets) each."""
    changed, predicted = np.sign(ground.observed - ground.last), np.sign(point - ground.last)
    counted = (changed != 0) & (predicted != 0)
    return (changed == predicted) & counted, counted
