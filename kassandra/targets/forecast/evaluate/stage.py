"""Evaluation on the test split of forecasts: errors beside baselines, directions, intervals, and the worst misses."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kassandra.contracts.tables import write_table
from kassandra.contracts.windows import Split
from kassandra.judging import figures
from kassandra.judging.intervals import percentiles
from kassandra.judging.judge import Report, judge
from kassandra.judging.resampling import Units
from kassandra.judging.score import Numbers, resample
from kassandra.targets.forecast.evaluate import figures as forecast_figures
from kassandra.targets.forecast.evaluate.equality import tests
from kassandra.targets.forecast.evaluate.scores import (
    BELOW,
    BY_STEP,
    INSIDE,
    QUANTILES,
    RESAMPLING,
    SCORES,
    SERIES,
    directions,
    scores_for,
)
from kassandra.targets.forecast.evaluate.tables import HISTORICAL, lags, of_baselines, predictions, with_quantiles

WORST = 100  # misses that are listed
FEW = 10  # blocks of dates; with fewer, resamples are too much alike


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


def evaluate(
    forecaster: Any, test: Path, show: ModuleType | None, baselines: pd.DataFrame, history: pd.DataFrame, plots: Path,
    pages: Path, seed: int,
) -> tuple[Report, pd.DataFrame]:  # fmt: skip
    """Writes pictures and tables into `plots`, the worst misses into `pages`; returns the scores, and one row per
    number that was forecast.

    Args:
        forecaster: the model; `outputs` of a split is a Forecast.
        show: not used: what a series looks like, its numbers say.
        baselines: the points of each, and its quantiles in columns `<name> @<level>`.
    """
    both, meta = forecaster.pair.read(test), forecaster.meta
    split: Split = both.inputs
    forecast = forecaster.outputs(both)
    table = predictions(split, forecast, baselines.get(HISTORICAL), meta)
    others = of_baselines(table, baselines)
    report, curves = judged(table, others, meta["predict"], seed)
    if correlations := lags(split, meta, forecast.point):
        forecast_figures.lag(*correlations, plots / "lag.png")
        report = replace(report, cautions=(*report.cautions, *_of_copies(*correlations, meta["predict"])))

    figures.learning_curves(history, SCORES, plots / "learning_curves.png", "Loss of the head")
    forecast_figures.fan(split, forecast, meta, plots / "fan.png")
    forecast_figures.error_by_step(report, curves, plots / "error_by_step.png")
    models = {"LSTM": table, **others}
    if meta["predict"] != "volatility":
        drawn = {name: models[name] for name in ("LSTM", HISTORICAL) if name in models}
        forecast_figures.cumulative_direction(drawn, plots / "cumulative_direction.png")
    if curves.inside is not None and curves.below is not None:
        forecast_figures.interval_calibration(curves.inside, curves.below, plots / "interval_calibration.png")
    write_table(plots / "by_model.csv", _by_model(models, baselines, meta["predict"]))
    write_table(plots / "by_step.csv", _by_step(report, curves, table))
    if len(meta["series"]) > 1:
        write_table(plots / "by_series.csv", _by_group("series", models))
    if len(meta["targets"]) > 1:  # each in its own unit
        write_table(
            plots / "by_target.csv", _by_group("target", {name: each.assign(scale=1) for name, each in models.items()})
        )
    write_table(pages / "worst.csv", _worst(table))
    return report, table


def judged(table: pd.DataFrame, others: dict[str, pd.DataFrame], predict: str, seed: int) -> tuple[Report, Curves]:
    """
    Args:
        table: the predictions of the model; others: those of each baseline.
    """
    units, tables = RESAMPLING.units(table), [table, *others.values()]
    report = judge(scores_for(predict), table, others, RESAMPLING, seed)
    every = [*((BY_STEP, each) for each in tables), (INSIDE, table), (BELOW, table)]
    *steps, inside, below = resample(every, units, seed)
    values = [each.values for each in steps if each]
    gains = [percentiles(value - values[0][0], drawn - values[0][1]) for value, drawn in values[1:]]
    curves = Curves(
        by_step=np.stack([np.stack(each.estimate, -1) for each in steps if each]),
        gains_by_step=np.array([np.stack(gain, -1) for gain in gains]),
        inside=np.stack(inside.estimate, -1) if inside else None,
        below=np.stack(below.estimate, -1) if below else None,
    )
    sums = [np.split(units.sums(BY_STEP.sums(each)).toarray(), 2, axis=1) for each in tables]
    losses = np.stack([squares / counts for squares, counts in sums], 1)  # (dates, models, horizon)
    return replace(report, tests=tests(losses, list(others)), cautions=_cautions(units, predict)), curves


def _of_copies(places: Any, correlations: Numbers, predict: str) -> list[str]:
    """A forecast that repeats what it was shown looks good beside what was observed; its lag gives it away."""
    best = int(places[correlations.argmax()])
    if predict != "value" or best >= 0:
        return []
    return [
        f"The forecast of the next row follows the series best at lag {best}, a row that was shown: drawn beside the "
        "series it looks better than it is, so judge it by what it adds to the last value."
    ]


def _worst(table: pd.DataFrame) -> pd.DataFrame:
    """The largest errors (of several targets, each in its own deviations), one of each number: of the step that was
    furthest off."""
    error = table["point"] - table["observed"]
    order = (-(error / table["scale"]).abs()).argsort(kind="stable")
    table = table[[*SERIES, "observed", "point"]].assign(error=error).iloc[order]
    return table.drop_duplicates(["series", "time", "target"])[:WORST]


def _by_model(models: dict[str, pd.DataFrame], baselines: pd.DataFrame, predict: str) -> pd.DataFrame:
    """The scores of every model alike, rmse last; an LSTM without quantiles is compared by its points."""
    rows, quantiles = [], QUANTILES[0] in models["LSTM"]
    for name, table in models.items():
        of_model = with_quantiles(table, name, baselines) if quantiles and name != "LSTM" else table
        sums = {score: score.sums(of_model) for score in scores_for(predict)}
        row = {score.name: float(score.value(each.sum(0))) for score, each in sums.items() if each is not None}
        rmse = row.pop("rmse")
        rows.append({"model": name, **row, "rmse": rmse})
    return pd.DataFrame(rows)


def _by_step(report: Report, curves: Curves, table: pd.DataFrame) -> pd.DataFrame:
    """rmse of each baseline and, last, of the LSTM; and how many directions were right of how many."""
    value, low, high = curves.by_step[0].T
    columns: dict[str, Any] = {"step": np.arange(1, len(value) + 1)}
    if "directional_accuracy" in report.scores:
        right, counted = (np.bincount(table["step"], each)[1:].astype(int) for each in directions(table).T)
        columns |= {"directions": counted, "right_directions": right}
    columns |= dict(zip(report.baselines, curves.by_step[1:, :, 0], strict=True))
    return pd.DataFrame(columns | {"rmse_low": low, "rmse_high": high, "rmse": value})


def _by_group(column: str, models: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """rmse of each baseline and, last, of the LSTM, in each group of numbers; `r2` against the historical mean."""
    rows, score = [], SCORES[0]
    for name, places in models["LSTM"].groupby(column, sort=False).indices.items():
        sums: dict[str, Any] = {model: score.sums(table.iloc[places]) for model, table in models.items()}
        rmse = {model: float(score.value(np.sum(each, 0))) for model, each in sums.items()}
        last, against = rmse.pop("LSTM"), rmse.get(HISTORICAL)
        r2 = {"r2": 1 - (last / against) ** 2} if against else {}
        rows.append({column: name, "numbers": len(places), **rmse, **r2, "rmse": last})
    return pd.DataFrame(rows)


def _cautions(units: Units, predict: str) -> tuple[str, ...]:
    """What the numbers cannot say by themselves."""
    warnings = []
    if predict == "return":
        warnings.append("None of this is a claim of profit: costs, slippage and what a trade moves are not counted.")
    if predict == "volatility":
        warnings.append("What was observed is itself an estimate, from each day's open, high, low and close.")
    needed = FEW * max(units.block or 1, 2 * units.horizon)
    if units.count < needed:
        warnings.append(
            f"Test has {units.count:,} dates, and intervals and tests of forecasts {units.horizon} ahead want "
            f"{needed:,}: take them for too narrow and too sure."
        )
    return tuple(warnings)
