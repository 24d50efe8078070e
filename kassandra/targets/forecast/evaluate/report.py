"""Evaluation of forecasts on the test split: errors beside baselines, directions, intervals, and the worst misses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kassandra.contracts.tables import write_table
from kassandra.contracts.windows import LEVELS, Split, ahead
from kassandra.inference import Forecast, Forecaster
from kassandra.judging import figures
from kassandra.targets.forecast.evaluate import figures as forecast_figures
from kassandra.targets.forecast.evaluate import scores as forecast_scores
from kassandra.targets.forecast.evaluate.scores import HISTORICAL, NOMINAL, ForecastReport, Ground, Numbers

WORST = 100  # misses that are listed


def evaluate(
    forecaster: Forecaster, test: Path, baselines: pd.DataFrame, history: pd.DataFrame, plots: Path, pages: Path,
    seed: int,
) -> tuple[ForecastReport, pd.DataFrame]:  # fmt: skip
    """Writes pictures and tables into `plots`, the worst misses into `pages`; returns the scores, and one row per
    number that was told."""
    split, meta = forecaster.task.read(test), forecaster.meta
    ground, told = forecast_scores.ground(split, meta), forecaster.outputs(split)
    others = forecast_scores.points(baselines, ground.truth.shape)
    report = forecast_scores.report(ground, told, others, meta, seed)
    report = replace(report, cautions=(*report.cautions, *_copies(split, meta, told, plots / "lag.png")))
    table = _table(split, ground, told, meta)

    figures.learning_curves(history, plots / "learning_curves.png", "Loss of the head")
    forecast_figures.fan(split, told, meta, plots / "fan.png")
    forecast_figures.error_by_step(report, plots / "error_by_step.png")
    if meta["predict"] != "volatility":
        beside = {HISTORICAL: others[HISTORICAL]} if HISTORICAL in others else {}
        shown = {"LSTM": told} | beside
        forecast_figures.cumulative_direction(split, ground, shown, meta, plots / "cumulative_direction.png")
    if told.quantiles is not None:
        forecast_figures.interval_calibration(report, plots / "interval_calibration.png")
    write_table(plots / "by_model.csv", _by_model(ground, told, others, baselines, meta["predict"]))
    write_table(plots / "by_step.csv", _by_step(report, ground, told))
    models = {"rmse": told, **others}
    if len(meta["series"]) > 1:
        groups = {name: split.series == number for number, name in enumerate(meta["series"])}
        write_table(plots / "by_series.csv", _by_group("series", groups, ground, models, ground.scale))
    if len(meta["targets"]) > 1:
        own = np.ones_like(ground.scale)
        groups = {name: (slice(None), slice(None), number) for number, name in enumerate(meta["targets"])}
        write_table(plots / "by_target.csv", _by_group("target", groups, ground, models, own))
    write_table(pages / "worst.csv", _worst(table, ground))
    return report, table


def _copies(split: Split, meta: dict[str, Any], told: Forecast, path: Path) -> list[str]:
    """A forecast that repeats what it was shown looks good when drawn beside what came; its lag gives it away."""
    found = forecast_scores.lags(split, meta, told.point)
    if found is None:
        return []
    forecast_figures.lag(*found, path)
    best = int(found[0][found[1].argmax()])
    if meta["predict"] != "value" or best >= 0:
        return []
    return [
        f"What is told of the next row follows the series best at lag {best}, a row that was shown: drawn beside the "
        "series it looks better than it is, so judge it by what it adds to the last value."
    ]


def _table(split: Split, ground: Ground, told: Forecast, meta: dict[str, Any]) -> pd.DataFrame:
    """One row per number that was told: of which series and time, how many steps ahead, of which target."""
    shape = ground.truth.shape  # (origins, horizon, targets)

    def spread(values: Any) -> Any:
        return np.broadcast_to(values, shape).ravel()

    columns = {
        "series": spread(np.array(meta["series"], object)[split.series][:, None, None]),
        "time": spread(_iso(split.times[ahead(split, meta["horizon"])])[:, :, None]),
        "step": spread(np.arange(1, shape[1] + 1)[:, None]),
        "target": spread(np.array(meta["targets"], object)),
        "truth": ground.truth.ravel(),
        "point": told.point.ravel(),
    }
    if told.quantiles is not None:
        columns |= {f"quantile_{level}": each.ravel() for level, each in zip(LEVELS, told.quantiles, strict=True)}
    return pd.DataFrame(columns)


def _iso(times: Any) -> Any:
    """Dates where all are days, else with the time of day."""
    unit: Any = "D" if (times % 86_400 == 0).all() else "s"
    return np.datetime_as_string(times.astype("datetime64[s]"), unit=unit).astype(object)


def _worst(table: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """The largest errors (of several targets, each in its own deviations), one of each number: of the step that was
    furthest off."""
    error = (table["point"] - table["truth"]).to_numpy()
    table = table[["series", "time", "step", "target", "truth", "point"]].assign(error=error)
    size = np.abs(error) / np.broadcast_to(ground.scale, ground.truth.shape).ravel()
    table = table.iloc[np.argsort(-size, kind="stable")]
    return table.drop_duplicates(["series", "time", "target"])[:WORST]


def _by_model(
    ground: Ground, told: Forecast, others: dict[str, Forecast], baselines: pd.DataFrame, predict: str
) -> pd.DataFrame:
    """What can be said of every model alike; an LSTM without quantiles is compared by its points."""
    rows = []
    for name, model in {"LSTM": told, **others}.items():
        if told.quantiles is not None and name in others:
            model = forecast_scores.with_quantiles(baselines, name, model)
        sums = {part: each.sum(0) for part, each in forecast_scores.parts_of(ground, model, predict).items()}
        row: dict[str, Any] = {"model": name}
        if "right" in sums:
            row["directions"] = int(sums["counted"])
            row["directional_accuracy"] = sums["right"] / sums["counted"] if sums["counted"] else np.nan
        named = [part for part in ("mae", "mase", "smape", "qlike", "crps") if part in sums]
        row |= {str(part): sums[part] / ground.truth.size for part in named}
        if "inside" in sums:
            shares = sums["inside"] / ground.truth.size  # (NOMINAL,)
            row |= {f"coverage_{round(100 * share)}": shares[NOMINAL.index(share)] for share in (0.9, 0.5)}
        row["rmse"] = np.sqrt((((ground.truth - model.point) / ground.scale) ** 2).mean())
        rows.append(row)
    return pd.DataFrame(rows)


def _by_step(report: ForecastReport, ground: Ground, told: Forecast) -> pd.DataFrame:
    """rmse of each baseline and, last, of the LSTM; and how many directions were right of how many."""
    horizon = ground.truth.shape[1]
    value, low, high = report.by_step[0].T
    right, counted = (each.sum((0, 2)) for each in forecast_scores.directions(ground, told.point))
    columns: dict[str, Any] = {"step": np.arange(1, horizon + 1)}
    if "directional_accuracy" in report.scores:
        columns |= {"directions": counted, "right_directions": right}
    columns |= dict(zip(report.baselines, report.by_step[1:, :, 0], strict=True))
    return pd.DataFrame(columns | {"rmse_low": low, "rmse_high": high, "rmse": value})


def _by_group(
    what: str, groups: dict[str, Any], ground: Ground, models: dict[str, Forecast], scale: Numbers
) -> pd.DataFrame:
    """rmse of each baseline and, last, of the LSTM, in each group of numbers; `r2` against the historical mean."""
    rows = []
    for name, chosen in groups.items():
        errors = {model: ((ground.truth - told.point) / scale)[chosen] for model, told in models.items()}
        if not errors["rmse"].size:
            continue
        rmse = {model: float(np.sqrt((error**2).mean())) for model, error in errors.items()}
        against = rmse.get(HISTORICAL, 0.0)
        r2 = {"r2": 1 - (rmse["rmse"] / against) ** 2} if against else {}
        last = rmse.pop("rmse")
        rows.append({what: name, "numbers": errors["rmse"].size, **rmse, **r2, "rmse": last})
    return pd.DataFrame(rows)
