"""Forecasts: the scores of two models on the same dates."""

import math

import numpy as np
import pandas as pd

from kassandra.comparison.revisions import Absent, Predicted, Unpaired
from kassandra.contracts.windows import LEVELS
from kassandra.inference import Forecast
from kassandra.judging.paired import Difference, Numbers
from kassandra.judging.sums import Ratio, difference
from kassandra.targets.forecast.evaluate import scores as forecast_scores
from kassandra.targets.forecast.evaluate.scores import HISTORICAL, NOMINAL, Ground

TEST = "Diebold-Mariano test, long-run variance"
PER_NUMBER = ("mae", "mase", "smape", "pinball", "crps", "qlike")
KEYS = ["series", "time", "step", "target"]
COLUMNS = [*KEYS, "truth", "point"]


def differ(a: pd.DataFrame, b: pd.DataFrame) -> str:
    """Why two tables are not of the same forecasts; empty if they are."""
    if len(a) != len(b):
        return f"{len(a):,} test numbers are told at A, {len(b):,} at B"
    if not (a[KEYS].to_numpy() == b[KEYS].to_numpy()).all():
        return "other dates, series or targets"
    return "" if np.allclose(a["truth"], b["truth"], rtol=1e-9, atol=0) else "other numbers came at A than at B"


def compared(a: Predicted, b: Predicted) -> dict[str, tuple[float, float, Difference]]:
    """A's and B's scores, those of kassandra.targets.forecast.evaluate.scores that both have, and the difference.

    All that is told at one date, of all series, steps and targets, counts as one.

    Raises:
        Absent: data/prepared is neither in the cache nor in the remote.
        Unpaired: test has a single date.
    """
    horizon = int(a.table["step"].max())
    one, other = _ratios(a), _ratios(b)
    return {name: difference(one[name], other[name], horizon, TEST) for name in one if name in other}


def _ratios(told: Predicted) -> dict[str, Ratio]:
    split, meta = told.side.test_split(told.name)
    ground = forecast_scores.ground(split, meta)
    if ground.dates < 2:
        raise Unpaired("the test split has a single date")
    shape = ground.truth.shape  # (origins, horizon, targets)
    quantiles = None
    if f"quantile_{LEVELS[0]}" in told.table:
        quantiles = np.stack([told.table[f"quantile_{level}"].to_numpy(np.float64).reshape(shape) for level in LEVELS])
    forecast = Forecast(told.table["point"].to_numpy(np.float64).reshape(shape), quantiles, None)
    parts = forecast_scores.parts_of(ground, forecast, meta["predict"])
    parts = {name: ground.sums(values) for name, values in parts.items()}  # (dates, …) each
    numbers = ground.sums(np.full(len(ground.truth), shape[1] * shape[2], np.float64))  # (dates,) of them told
    squared = _squared(ground, forecast.point)
    found = {"rmse": Ratio(squared, numbers, math.sqrt)}
    found |= {name: Ratio(parts[name], numbers) for name in PER_NUMBER if name in parts}
    if "right" in parts and parts["counted"].any():
        found["directional_accuracy"] = Ratio(parts["right"], parts["counted"])
    if "inside" in parts:
        for share in (0.9, 0.5):
            found[f"coverage_{round(100 * share)}"] = Ratio(parts["inside"][:, NOMINAL.index(share)], numbers)
    try:
        historical = told.side.baselines(told.name, [HISTORICAL])
    except Absent:  # only `r2` is measured against it
        historical = pd.DataFrame()
    if HISTORICAL in historical:
        against = _squared(ground, historical[HISTORICAL].to_numpy(np.float64).reshape(shape))
        found["r2"] = Ratio(squared, against, lambda ratio: 1 - ratio)
    return found


def _squared(ground: Ground, point: Numbers) -> Numbers:
    """(dates,) sums of squared errors."""
    return ground.sums((((ground.truth - point) / ground.scale) ** 2).sum((1, 2)))
