"""Forecasts of a test split as tables of predictions, a row per number that is forecast."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.contracts.spec import LEVELS
from kassandra.contracts.windows import Split, ahead, observed, shown
from kassandra.judging.score import Numbers
from kassandra.targets.forecast.evaluate.predict import Forecast
from kassandra.targets.forecast.evaluate.scores import QUANTILES

HISTORICAL = "historical mean"  # the baseline that `r2` is measured against
REACH = 10  # rows to either side that a forecast is compared with


def predictions(split: Split, forecast: Forecast, historical: Any, meta: dict[str, Any]) -> pd.DataFrame:
    """One row per number that was forecast: of which series and time, how many steps ahead, of which target.

    scale: what errors are divided by: 1 where there is one target; with several, which may be of any units, the
        deviation of each in train (of each series by itself). naive: error in train of the forecast that repeats the
        last value, or the last season's. last: what counts as no change: the last value known, for returns 0.

    Args:
        historical: (numbers,) of the historical mean; None where there is none.
    """
    actual = observed(split, meta)  # (origins, horizon, targets)

    def spread(values: Any) -> Any:
        return np.broadcast_to(values, actual.shape).ravel()

    def of_series(key: str) -> Numbers:
        return np.array(meta[key], np.float64)[split.series][:, None]  # (origins, 1, targets)

    series = np.array(meta["series"], object)[split.series]  # (origins,)
    times = _iso(split.times[np.column_stack([split.origins, ahead(split, meta["horizon"])])])  # (origins, 1 + horizon)
    columns = {
        "example": spread((series + " " + times[:, 0])[:, None, None]),
        "series": spread(series[:, None, None]),
        "origin": spread(times[:, :1, None]),
        "time": spread(times[:, 1:, None]),
        "step": spread(np.arange(1, actual.shape[1] + 1)[:, None]),
        "target": spread(np.array(meta["targets"], object)),
        "observed": actual.ravel(),
        "scale": spread(of_series("value_std") if actual.shape[2] > 1 else 1.0),
        "naive": spread(of_series("mase_scale")),
        "last": spread(0.0 if meta["predict"] == "return" else split.values[split.origins][:, None]),
        "historical_mean": np.nan if historical is None else historical,
    }
    return of_model(pd.DataFrame(columns), forecast.point, forecast.quantiles)


def of_model(table: pd.DataFrame, point: Any, quantiles: Any = None) -> pd.DataFrame:
    """The table with the forecasts of another model: arrays of as many numbers, `quantiles` with LEVELS before them."""
    columns = {"point": np.ravel(point)}
    if quantiles is not None:
        columns |= {name: np.ravel(each) for name, each in zip(QUANTILES, quantiles, strict=True)}
    return pd.concat([table.drop(columns=["point", *QUANTILES], errors="ignore"), pd.DataFrame(columns)], axis=1)


def of_baselines(table: pd.DataFrame, baselines: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The points of each, from its column `<name>`."""
    names = [str(name) for name in baselines if " @" not in str(name)]
    return {name: of_model(table, baselines[name]) for name in names}


def with_quantiles(table: pd.DataFrame, name: str, baselines: pd.DataFrame) -> pd.DataFrame:
    """Of one baseline at a time, as all together may be gigabytes: from its columns `<name> @<level>`."""
    return of_model(table, baselines[name], [baselines[f"{name} @{level}"] for level in LEVELS])


def lags(split: Split, meta: dict[str, Any], point: Numbers) -> tuple[NDArray[np.int64], Numbers] | None:
    """How the forecast of the next row correlates with the rows around it: lags, and the mean over series and targets.

    Lag 0 is the row that is forecast, lag -1 the one before, which the model was shown: a forecast that merely repeats
    the last value has its best lag there. None where test is too short, or the forecast never varies.
    """
    values, known = split.values, shown(split, meta)
    if meta["predict"] == "return":
        values = np.diff(values, axis=0, prepend=values[:1])  # between two series wrong, but never looked at
    reach, correlations = min(REACH, meta["window"] - 1), []
    near = split.origins[:, None] + 1 + np.arange(-reach, reach + 1)  # (origins, lags) rows
    whole = near[:, -1] < split.offsets[split.series + 1]
    whole[whole] = known[near[whole]].all(1)
    for series, target in np.ndindex(len(split.offsets) - 1, values.shape[1]):
        of = whole & (split.series == series)
        forecasts, around = point[of, 0, target], values[near[of], target]  # (origins,), (origins, lags)
        if len(forecasts) > reach and min(np.ptp(forecasts), np.ptp(around, axis=0).min()) > 0:
            correlations.append([np.corrcoef(forecasts, column)[0, 1] for column in around.T])
    return (np.arange(-reach, reach + 1), np.mean(correlations, axis=0)) if correlations else None


def _iso(times: Any) -> Any:
    """Dates where all are days, else with the time of day."""
    unit: Any = "D" if (times % 86_400 == 0).all() else "s"
    return np.datetime_as_string(times.astype("datetime64[s]"), unit=unit).astype(object)
