"""Baselines of forecasts: no change, the mean, the season, a linear map, and classical models of the series."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.windows import LEVELS, SMALLEST, Split, read_split
from kassandra.targets.forecast.baseline import series_models, volatility_models
from kassandra.targets.forecast.baseline.history import History, history
from kassandra.targets.forecast.train.linear_map import linear_map

Numbers = NDArray[np.float64]
# From a series to (origins, horizon, targets) of all its origins: those of train and valid, then those of test.
Baseline = Callable[[History, dict[str, Any]], Numbers]

DIGITS = 8  # after the first of a series' own deviation; where arrays lie in memory decides the last bits of sums


def predictions(seen: object, prepared: Path, seed: int) -> pd.DataFrame:
    """For each baseline a column `<name>`, its points, and one `<name> @<level>` for each of LEVELS: by how much that
    quantile lies above the point, categories, as they are few (of each series, step and target).

    One row per number that is forecast, in the order of np.ndindex(origins, horizon, targets) of test. Each is fitted
    on train and valid, and each but the linear map, which chooses its form on valid, on every series by itself. What it
    chose, and how many windows are flat, is printed. An origin of test knows the rows up to it. Quantiles are its
    points and the quantiles of its own errors at this step on train and valid, which it was fitted on: they are
    somewhat too narrow where much was fitted. Nothing is drawn, so `seed` is not used.

    Raises:
        KassandraError: a file of `prepared` is missing or damaged.
    """
    meta = read_json(prepared / "meta.json")
    splits = [read_split(prepared / f"{name}.npz") for name in ("train", "valid", "test")]
    test = splits[-1]
    shape = (len(test.origins), meta["horizon"], len(meta["targets"]))
    alone = chosen(meta)
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        mapped = linear_map(splits, meta)
    print("\n".join(filter(None, [mapped.message, _of_flat_windows(splits, meta)])), flush=True)
    names = [*alone, mapped.name]
    columns = {name: np.empty(shape) for name in names}
    # (levels, series, horizon, targets) of each; of series that test lacks unused
    added = {name: np.zeros((len(LEVELS), len(meta["series"]), *shape[1:])) for name in names}
    with threadpool_limits(1):
        for series in np.unique(test.series):
            past, rows = history(splits, int(series), meta), test.series == series
            parts = [points[split.whole.series == series] for points, split in zip(mapped.points, splits, strict=True)]
            for name in names:
                points = alone[name](past, meta) if name in alone else np.concatenate(parts)
                errors = past.observed - points[: past.learned]
                columns[name][rows] = points[past.learned :]
                added[name][:, series] = np.quantile(errors, LEVELS, axis=0)
    for (number, target), deviation in np.ndenumerate(np.array(meta["value_std"])):  # (series, targets)
        place, decimals = (test.series == number, slice(None), target), DIGITS - math.floor(math.log10(deviation))
        for name in names:
            columns[name][place] = columns[name][place].round(decimals)
            added[name][:, number, :, target] = added[name][:, number, :, target].round(decimals)
    group = np.arange(math.prod(added[names[0]].shape[1:])).reshape(added[names[0]].shape[1:])[test.series].ravel()
    table = dict[str, Any]()
    for name in names:
        table[name] = columns.pop(name).ravel()
        table |= {f"{name} @{level}": _few(each, group) for level, each in zip(LEVELS, added[name], strict=True)}
    return pd.DataFrame(table, copy=False)


def _few(values: Numbers, places: NDArray[np.int64]) -> "pd.Categorical[float]":
    """values.ravel()[places], with each value once: a byte or two a number instead of eight."""
    each, codes = np.unique(values, return_inverse=True)
    return pd.Categorical.from_codes(codes.ravel()[places], pd.Index(each))


def chosen(meta: dict[str, Any]) -> dict[str, Baseline]:
    """The baselines of one series that there are for what is predicted."""
    baselines: dict[str, Baseline] = {"last value": last_value, "historical mean": historical_mean}
    if meta["season"]:
        baselines["seasonal naive"] = seasonal_naive
    if meta["predict"] == "value":
        baselines["exponential smoothing"] = series_models.smoothing
        if meta["season"]:
            baselines["Theta"] = series_models.theta
            baselines["seasonal ARIMA"] = series_models.seasonal_arima
    elif meta["predict"] == "return":
        baselines["AR(1)"] = series_models.autoregression
    else:
        baselines["ARIMA(1,0,1)"] = series_models.arma
        baselines["EWMA (RiskMetrics, 0.94)"] = volatility_models.ewma
        baselines["GARCH(1,1)"] = volatility_models.garch
        baselines["HAR"] = volatility_models.har
    return baselines


def _of_flat_windows(splits: Sequence[Split], meta: dict[str, Any]) -> str:
    """How many windows of each split have a target that moves by less than SMALLEST of its deviation in train."""
    counts = []
    for split in splits:
        moves = np.ptp(
            sliding_window_view(split.values, meta["window"], axis=0), axis=-1
        )  # (rows - window + 1, targets)
        least = SMALLEST * np.array(meta["value_std"])[split.series]  # (origins, targets)
        counts.append(int((moves[split.origins + 1 - meta["window"]] < least).any(1).sum()))
    each = ", ".join(f"{count:,} of {name}" for count, name in zip(counts, ("train", "valid", "test"), strict=True))
    return f"flat windows, in which a target does not move: {each}" if any(counts) else ""


def last_value(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, targets): no change; of returns 0."""
    last = past.values[past.origins][:, None]  # (origins, 1, targets)
    return np.repeat(np.zeros_like(last) if meta["predict"] == "return" else last, meta["horizon"], axis=1)


def historical_mean(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, targets): the mean in train and valid; of returns the drift."""
    return np.repeat(past.observed.mean(0, keepdims=True), len(past.origins), axis=0)


def seasonal_naive(past: History, meta: dict[str, Any]) -> Numbers:
    """(origins, horizon, targets): the value of a season before, or two; of returns the sum of those of such days.

    Where that is not known there is no change.
    """
    ahead, season = np.arange(1, meta["horizon"] + 1), meta["season"]
    before = past.origins[:, None] + (ahead - 1) % season + 1 - season  # (origins, horizon)
    known = before >= 0
    if meta["predict"] == "return":
        assert past.returns is not None  # prepare writes them for prices
        days = np.where(known, past.returns[np.maximum(before, 0)], np.nan)
        return np.cumsum(np.nan_to_num(days), axis=1)[:, :, None]
    values = np.where(known[:, :, None], past.values[np.maximum(before, 0)], np.nan)
    return np.where(np.isnan(values), last_value(past, meta), values)
