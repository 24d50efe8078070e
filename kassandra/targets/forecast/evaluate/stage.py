"""Evaluation on the test split of forecasts: errors beside baselines, directions, intervals, and the worst misses."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from kassandra.contracts.tables import write_table
from kassandra.contracts.windows import Split, ahead
from kassandra.judging import figures
from kassandra.judging.intervals import percentiles
from kassandra.judging.judge import Report, judge
from kassandra.judging.score import resample
from kassandra.targets.forecast.evaluate import figures as forecast_figures
from kassandra.targets.forecast.evaluate.equality import tests
from kassandra.targets.forecast.evaluate.ground import (
    HISTORICAL,
    Ground,
    Numbers,
    directions,
    ground,
    lags,
    points,
    with_quantiles,
)
from kassandra.targets.forecast.evaluate.predict import Forecast
from kassandra.targets.forecast.evaluate.scores import (
    BELOW,
    BY_STEP,
    INSIDE,
    QUANTILES,
    RESAMPLING,
    SCORES,
    SERIES,
    scores_for,
)

WORST = 100  # misses that are listed
FEW = 10  # blocks of dates; with fewer, resamples are too much alike


@dataclass(frozen=True)
class ForecastReport(Report):
    """The arrays end in value, low, high, for pictures.

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
) -> tuple[ForecastReport, pd.DataFrame]:  # fmt: skip
    """Writes pictures and tables into `plots`, the worst misses into `pages`; returns the scores, and one row per
    number that was forecast.

    Args:
        forecaster: the model; `outputs` of a split is a Forecast.
        show: not used: what a series looks like, its numbers say.
        baselines: the points of each, and its quantiles in columns `<name> @<level>`.
    """
    both, meta = forecaster.pair.read(test), forecaster.meta
    split: Split = both.inputs
    actual, forecast = ground(split, meta), forecaster.outputs(both)
    others = points(baselines, actual.observed.shape)
    report, table = judged(split, actual, forecast, others, meta, seed)
    report = replace(report, cautions=(*report.cautions, *_copies(split, meta, forecast, plots / "lag.png")))

    figures.learning_curves(history, SCORES, plots / "learning_curves.png", "Loss of the head")
    forecast_figures.fan(split, forecast, meta, plots / "fan.png")
    forecast_figures.error_by_step(report, plots / "error_by_step.png")
    if meta["predict"] != "volatility":
        beside = {HISTORICAL: others[HISTORICAL]} if HISTORICAL in others else {}
        shown = {"LSTM": forecast} | beside
        forecast_figures.cumulative_direction(split, actual, shown, meta, plots / "cumulative_direction.png")
    if forecast.quantiles is not None:
        forecast_figures.interval_calibration(report, plots / "interval_calibration.png")
    write_table(plots / "by_model.csv", _by_model(table, others, baselines, meta["predict"]))
    write_table(plots / "by_step.csv", _by_step(report, actual, forecast))
    models = {"rmse": forecast, **others}
    if len(meta["series"]) > 1:
        groups = {name: split.series == number for number, name in enumerate(meta["series"])}
        write_table(plots / "by_series.csv", _by_group("series", groups, actual, models, actual.scale))
    if len(meta["targets"]) > 1:
        own = np.ones_like(actual.scale)
        groups = {name: (slice(None), slice(None), number) for number, name in enumerate(meta["targets"])}
        write_table(plots / "by_target.csv", _by_group("target", groups, actual, models, own))
    write_table(pages / "worst.csv", _worst(table, actual))
    return report, table


def judged(
    split: Split, actual: Ground, forecast: Forecast, others: dict[str, Forecast], meta: dict[str, Any], seed: int
) -> tuple[ForecastReport, pd.DataFrame]:
    """The scores, and the table that they are of."""
    table = predictions(split, actual, forecast, others.get(HISTORICAL), meta)
    tables = {name: _of_model(table, each) for name, each in others.items()}
    report = judge(scores_for(meta["predict"]), table, tables, RESAMPLING, seed)
    every = [(BY_STEP, table), *((BY_STEP, each) for each in tables.values()), (INSIDE, table), (BELOW, table)]
    *steps, inside, below = resample(every, RESAMPLING.units(table), seed)
    values = [each.values for each in steps if each]
    gains = [percentiles(value - values[0][0], drawn - values[0][1]) for value, drawn in values[1:]]
    squares = [((actual.observed - each.point) / actual.scale) ** 2 for each in (forecast, *others.values())]
    losses = actual.sums(np.stack([square.mean(2) for square in squares], 1))  # (dates, models, horizon)
    more = ForecastReport(
        **{field.name: getattr(report, field.name) for field in fields(report)},
        by_step=np.stack([np.stack(each.estimate, -1) for each in steps if each]),
        gains_by_step=np.array([np.stack(gain, -1) for gain in gains]),
        inside=np.stack(inside.estimate, -1) if inside else None,
        below=np.stack(below.estimate, -1) if below else None,
    )
    per_date = actual.sums(np.ones(len(actual.observed)))[:, None, None]
    warnings = _cautions(actual, RESAMPLING.units(table).block or 1, meta)
    return replace(more, tests=tests(losses / per_date, list(others)), cautions=warnings), table


def predictions(
    split: Split, actual: Ground, forecast: Forecast, historical: Forecast | None, meta: dict[str, Any]
) -> pd.DataFrame:
    """One row per number that was forecast: of which series and time, how many steps ahead, of which target.

    scale: what errors are divided by. naive: the scale of MASE. last: what counts as no change. historical_mean: not a
    number where there is none.
    """
    shape = actual.observed.shape  # (origins, horizon, targets)

    def spread(values: Any) -> Any:
        return np.broadcast_to(values, shape).ravel()

    series = np.array(meta["series"], object)[split.series]  # (origins,)
    times = _iso(split.times[np.column_stack([split.origins, ahead(split, meta["horizon"])])])  # (origins, 1 + horizon)
    columns = {
        "example": spread((series + " " + times[:, 0])[:, None, None]),
        "series": spread(series[:, None, None]),
        "origin": spread(times[:, :1, None]),
        "time": spread(times[:, 1:, None]),
        "step": spread(np.arange(1, shape[1] + 1)[:, None]),
        "target": spread(np.array(meta["targets"], object)),
        "observed": actual.observed.ravel(),
        "point": forecast.point.ravel(),
        "scale": spread(actual.scale),
        "naive": spread(actual.naive),
        "last": spread(actual.last),
        "historical_mean": spread(np.nan if historical is None else historical.point),
    }
    return _of_model(pd.DataFrame(columns), forecast)


def _of_model(table: pd.DataFrame, forecast: Forecast) -> pd.DataFrame:
    """The table with the forecasts of another model."""
    columns = {"point": forecast.point.ravel()}
    if forecast.quantiles is not None:
        columns |= {name: each.ravel() for name, each in zip(QUANTILES, forecast.quantiles, strict=True)}
    return pd.concat([table.drop(columns=["point", *QUANTILES], errors="ignore"), pd.DataFrame(columns)], axis=1)


def _copies(split: Split, meta: dict[str, Any], forecast: Forecast, path: Path) -> list[str]:
    """A forecast that repeats what it was shown looks good beside what was observed; its lag gives it away."""
    found = lags(split, meta, forecast.point)
    if found is None:
        return []
    forecast_figures.lag(*found, path)
    best = int(found[0][found[1].argmax()])
    if meta["predict"] != "value" or best >= 0:
        return []
    return [
        f"The forecast of the next row follows the series best at lag {best}, a row that was shown: drawn beside the "
        "series it looks better than it is, so judge it by what it adds to the last value."
    ]


def _iso(times: Any) -> Any:
    """Dates where all are days, else with the time of day."""
    unit: Any = "D" if (times % 86_400 == 0).all() else "s"
    return np.datetime_as_string(times.astype("datetime64[s]"), unit=unit).astype(object)


def _worst(table: pd.DataFrame, actual: Ground) -> pd.DataFrame:
    """The largest errors (of several targets, each in its own deviations), one of each number: of the step that was
    furthest off."""
    error = (table["point"] - table["observed"]).to_numpy()
    table = table[[*SERIES, "observed", "point"]].assign(error=error)
    size = np.abs(error) / np.broadcast_to(actual.scale, actual.observed.shape).ravel()
    table = table.iloc[np.argsort(-size, kind="stable")]
    return table.drop_duplicates(["series", "time", "target"])[:WORST]


def _by_model(table: pd.DataFrame, others: dict[str, Forecast], baselines: pd.DataFrame, predict: str) -> pd.DataFrame:
    """The scores of every model alike, rmse last; an LSTM without quantiles is compared by its points."""
    rows = []
    for name, model in {"LSTM": None, **others}.items():
        of_model = table
        if model is not None:
            quantiles = QUANTILES[0] in table
            of_model = _of_model(table, with_quantiles(baselines, name, model) if quantiles else model)
        row: dict[str, Any] = {"model": name}
        for score in scores_for(predict):
            if (sums := score.sums(of_model)) is not None:
                row[score.name] = float(score.value(sums.sum(0)))
        rows.append(row | {"rmse": row.pop("rmse")})
    return pd.DataFrame(rows)


def _by_step(report: ForecastReport, actual: Ground, forecast: Forecast) -> pd.DataFrame:
    """rmse of each baseline and, last, of the LSTM; and how many directions were right of how many."""
    horizon = actual.observed.shape[1]
    value, low, high = report.by_step[0].T
    right, counted = (each.sum((0, 2)) for each in directions(actual, forecast.point))
    columns: dict[str, Any] = {"step": np.arange(1, horizon + 1)}
    if "directional_accuracy" in report.scores:
        columns |= {"directions": counted, "right_directions": right}
    columns |= dict(zip(report.baselines, report.by_step[1:, :, 0], strict=True))
    return pd.DataFrame(columns | {"rmse_low": low, "rmse_high": high, "rmse": value})


def _by_group(
    what: str, groups: dict[str, Any], actual: Ground, models: dict[str, Forecast], scale: Numbers
) -> pd.DataFrame:
    """rmse of each baseline and, last, of the LSTM, in each group of numbers; `r2` against the historical mean."""
    rows = []
    for name, chosen in groups.items():
        errors = {model: ((actual.observed - each.point) / scale)[chosen] for model, each in models.items()}
        if not errors["rmse"].size:
            continue
        rmse = {model: float(np.sqrt((error**2).mean())) for model, error in errors.items()}
        against = rmse.get(HISTORICAL, 0.0)
        r2 = {"r2": 1 - (rmse["rmse"] / against) ** 2} if against else {}
        last = rmse.pop("rmse")
        rows.append({what: name, "numbers": errors["rmse"].size, **rmse, **r2, "rmse": last})
    return pd.DataFrame(rows)


def _cautions(actual: Ground, length: int, meta: dict[str, Any]) -> tuple[str, ...]:
    """What the numbers cannot say by themselves."""
    warnings = []
    if meta["predict"] == "return":
        warnings.append("None of this is a claim of profit: costs, slippage and what a trade moves are not counted.")
    if meta["predict"] == "volatility":
        warnings.append("What was observed is itself an estimate, from each day's open, high, low and close.")
    needed = FEW * max(length, 2 * meta["horizon"])
    if actual.dates < needed:
        warnings.append(
            f"Test has {actual.dates:,} dates, and intervals and tests of forecasts {meta['horizon']} ahead want "
            f"{needed:,}: take them for too narrow and too sure."
        )
    return tuple(warnings)
