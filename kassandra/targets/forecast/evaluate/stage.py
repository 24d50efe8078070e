"""Evaluation on the test split of forecasts: errors beside baselines, directions, intervals, and the worst misses."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from kassandra.contracts.clock import Clock
from kassandra.contracts.spec import LEVELS
from kassandra.contracts.tables import Columns, write_table
from kassandra.contracts.windows import SMALLEST, Split, ahead, observed, shown
from kassandra.judging import coverage, distributions, figures, interval_figures
from kassandra.judging.intervals import percentiles
from kassandra.judging.judge import Report, judge
from kassandra.judging.resampling import Units
from kassandra.judging.score import Numbers, per_row, ratio, resample
from kassandra.targets.forecast.evaluate import figures as forecast_figures
from kassandra.targets.forecast.evaluate import scores
from kassandra.targets.forecast.evaluate.predict import Forecast, together

HISTORICAL = "historical mean"  # the baseline that `r2` is measured against
REACH = 10  # rows to either side that a forecast is compared with
WORST = 100  # misses that are listed
FEW = 10  # blocks of dates; with fewer, resamples are too much alike


def evaluate(
    forecaster: Any, test: Path, show: ModuleType | None, baselines: Columns, history: pd.DataFrame, plots: Path,
    pages: Path, how: Any, seed: int,
) -> tuple[Report, list[pd.DataFrame], pd.DataFrame]:  # fmt: skip
    """Writes pictures into `plots`, tables and the worst misses into `pages`, of what all members forecast together;
    returns the scores, and one row per number that was forecast: of each member, and together.

    `of_members` of a split, of the forecaster, are Forecasts; `baselines` are the points of each, and how far its
    quantiles lie above them in columns `<name> @<level>`. `show` is not used: numbers say what a series looks like.
    """
    both, meta = forecaster.pair.read(test), forecaster.meta
    split: Split = both.inputs
    each = forecaster.of_members(both)
    forecast = together(each)
    of_split = partial(predictions, split, historical=baselines.get(HISTORICAL), meta=meta)
    members = [of_split(one) for one in each]
    table = members[0] if len(members) == 1 else of_split(forecast)
    others = of_baselines(table, baselines)
    report, curves = judged(members, table, others, meta["predict"], seed)
    report = replace(report, cautions=(*report.cautions, *_of_flat_windows(split, meta)))
    if correlations := lags(split, meta, forecast.point):
        forecast_figures.lag(*correlations, plots / "lag.png")
        report = replace(report, cautions=(*report.cautions, *_of_copies(*correlations, meta["predict"])))

    figures.learning_curves(history, scores.SCORES, plots / "learning_curves.png", "Loss of the head")
    strongest = min(report.baselines, key=lambda name: report.baselines[name].value)
    of_strongest = (strongest, baselines[strongest].to_numpy())
    forecast_figures.fan(split, forecast, meta, plots / "fan.png", of_strongest)
    forecast_figures.error_by_step(report, curves, plots / "error_by_step.png")
    write_table(plots / "error_by_step.csv", _differences(report, curves))
    models = {"LSTM": table, **others}
    if meta["predict"] != "volatility":
        drawn = {name: models[name] for name in ("LSTM", HISTORICAL) if name in models}
        forecast_figures.cumulative_direction(drawn, plots / "cumulative_direction.png")
    if curves.inside is not None and curves.below is not None:
        interval_figures.interval_calibration(curves.inside, curves.below, plots / "interval_calibration.png")
    write_table(pages / "by_model.csv", _by_model(models, baselines, meta["predict"]))
    write_table(pages / "by_step.csv", _by_step(report, curves, table))
    if len(meta["series"]) > 1:
        write_table(pages / "by_series.csv", _by_group("series", models))
    if len(meta["targets"]) > 1:  # each in its own unit
        write_table(
            pages / "by_target.csv", _by_group("target", {name: each.assign(scale=1) for name, each in models.items()})
        )
    write_table(pages / "worst.csv", _worst(table))
    return report, members, table


def judged(
    members: list[pd.DataFrame], table: pd.DataFrame, others: dict[str, pd.DataFrame], predict: str, seed: int
) -> tuple[Report, scores.Curves]:
    """Of the predictions of each member, of all together, and of `others`, those of each baseline."""
    units, tables = scores.RESAMPLING.units(table), [table, *others.values()]
    report = judge(scores.scores_for(predict), members, table, others, scores.RESAMPLING, seed)
    every = [*((scores.BY_STEP, each) for each in tables), (distributions.INSIDE, table), (distributions.BELOW, table)]
    *steps, inside, below = resample(every, units, seed)
    values = [each.values for each in steps if each]
    gains = [percentiles(value - values[0][0], drawn - values[0][1]) for value, drawn in values[1:]]
    curves = scores.Curves(
        by_step=np.stack([np.stack(each.estimate, -1) for each in steps if each]),
        gains_by_step=np.array([np.stack(gain, -1) for gain in gains]),
        inside=np.stack(inside.estimate, -1) if inside else None,
        below=np.stack(below.estimate, -1) if below else None,
    )
    # Of the recipe: the mean over its members.
    losses = np.stack([np.mean([_by_date(units, each) for each in members], axis=0)]
                      + [_by_date(units, each) for each in others.values()], 1)  # (dates, models, horizon)  # fmt: skip
    missed = np.mean([(each["observed"] - each["point"]) / each["scale"] for each in members], axis=0)
    errors = ratio(units.sums(per_row(missed)))  # (dates,) in the order of time
    covered = coverage.caution(report.headline.name, coverage.of_errors(errors), len(errors))
    cautions = [*_cautions(units, predict), *([covered] if covered else [])]
    return replace(report, tests=scores.tests(losses, list(others)), cautions=tuple(cautions)), curves


def _by_date(units: Units, table: pd.DataFrame) -> Numbers:
    """(dates, horizon) mean squared errors."""
    squares, counts = np.split(units.sums(scores.BY_STEP.sums(table)).toarray(), 2, axis=1)
    return np.asarray(squares / counts)


def _of_copies(places: Any, correlations: Numbers, predict: str) -> list[str]:
    """A forecast that repeats what it was shown looks good beside what was observed; its lag gives it away."""
    best = int(places[correlations.argmax()])
    if predict != "value" or best >= 0:
        return []
    return [
        f"The forecast of the next row follows the series best at lag {best}, a row that was shown: drawn beside the "
        "series it looks better than it is, so judge it by what it adds to the last value."
    ]


def _of_flat_windows(split: Split, meta: dict[str, Any]) -> list[str]:
    """Of windows, as of a stuck sensor, whose deviation is nothing that could be divided by."""
    moves = np.ptp(sliding_window_view(split.values, meta["window"], axis=0), axis=-1)  # (rows - window + 1, targets)
    least = SMALLEST * np.array(meta["value_std"])[split.series]  # (origins, targets)
    flat = int((moves[split.origins + 1 - meta["window"]] < least).any(1).sum())
    if not flat:
        return []
    return [
        f"In {flat:,} of {len(split.origins):,} windows of test a target does not move (by less than {SMALLEST:g} of "
        "its deviation in train): see whether they are measured, or a sensor is stuck."
    ]


def _worst(table: pd.DataFrame) -> pd.DataFrame:
    """The largest errors (of several targets, each in its own deviations), one of each number: of the step that was
    furthest off."""
    error = table["point"] - table["observed"]
    order = (-(error / table["scale"]).abs()).argsort(kind="stable")
    table = table[[*scores.SERIES, "observed", "point"]].assign(error=error).iloc[order]
    return table.drop_duplicates(["series", "time", "target"])[:WORST]


def _by_model(models: dict[str, pd.DataFrame], baselines: Columns, predict: str) -> pd.DataFrame:
    """The scores of every model alike, rmse last; an LSTM without quantiles is compared by its points."""
    rows, quantiles = [], distributions.QUANTILES[0] in models["LSTM"]
    for name, table in models.items():
        of_model = with_quantiles(table, name, baselines) if quantiles and name != "LSTM" else table
        sums = {score: score.sums(of_model) for score in scores.scores_for(predict)}
        row = {score.name: float(score.value(each.sum(0))) for score, each in sums.items() if each is not None}
        rmse = row.pop("rmse")
        rows.append({"model": name, **row, "rmse": rmse})
    return pd.DataFrame(rows)


def _by_step(report: Report, curves: scores.Curves, table: pd.DataFrame) -> pd.DataFrame:
    """rmse of each baseline and, last, of the LSTM; and how many directions were right of how many."""
    value, low, high = curves.by_step[0].T
    columns: dict[str, Any] = {"step": np.arange(1, len(value) + 1)}
    if "directional_accuracy" in report.scores:
        right, counted = (np.bincount(table["step"], each)[1:].astype(int) for each in scores.directions(table).T)
        columns |= {"directions": counted, "right_directions": right}
    columns |= dict(zip(report.baselines, curves.by_step[1:, :, 0], strict=True))
    return pd.DataFrame(columns | {"rmse_low": low, "rmse_high": high, "rmse": value})


def _differences(report: Report, curves: scores.Curves) -> pd.DataFrame:
    """By how much the rmse of each baseline is larger at each step, with the ends of the interval: what DVC draws by
    .dvc/plots/forecast.json."""
    rows = [
        {"model": name, "step": step, "difference": value, "low": low, "high": high}
        for name, gains in zip(report.baselines, curves.gains_by_step, strict=True)
        for step, (value, low, high) in enumerate(gains.tolist(), 1)
    ]
    return pd.DataFrame(rows)


def _by_group(column: str, models: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """rmse of each baseline and, last, of the LSTM, in each group of numbers; `r2` against the historical mean."""
    rows, score = [], scores.SCORES[0]
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


def predictions(split: Split, forecast: Forecast, historical: Any, meta: dict[str, Any]) -> pd.DataFrame:
    """One row per number that was forecast: of which series and time, how many steps ahead, of which target.

    scale: what errors are divided by: 1 where there is one target; with several, which may be of any units, the
        deviation of each in train (of each series by itself). naive: error in train of the forecast that repeats the
        last value, or the last season's. last: what counts as no change: the last value known, for returns 0.
        historical_mean: `historical` (numbers,), where there is one.
    """
    actual = observed(split, meta)  # (origins, horizon, targets)

    def spread(values: Any) -> Any:
        return np.broadcast_to(values, actual.shape).ravel()

    def of_series(key: str) -> Numbers:
        return np.array(meta[key], np.float64)[split.series][:, None]  # (origins, 1, targets)

    series = np.array(meta["series"], object)[split.series]  # (origins,)
    at = split.times[np.column_stack([split.origins, ahead(split, meta["horizon"])])]  # (origins, 1 + horizon)
    times = Clock.of(meta).texts(at)
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
    table = of_model(pd.DataFrame(columns), forecast.point, forecast.quantiles)
    return table.assign(**{name: values.ravel() for name, values in forecast.distribution.items()})


def of_model(table: pd.DataFrame, point: Any, quantiles: Any = None) -> pd.DataFrame:
    """The table with the forecasts of another model: arrays of as many numbers, `quantiles` with LEVELS before them."""
    columns = {"point": np.ravel(point)}
    if quantiles is not None:
        columns |= {name: np.ravel(each) for name, each in zip(distributions.QUANTILES, quantiles, strict=True)}
    of_another = ["point", *distributions.QUANTILES, *distributions.DISTRIBUTION]
    return pd.concat([table.drop(columns=of_another, errors="ignore"), pd.DataFrame(columns, copy=False)], axis=1)


def of_baselines(table: pd.DataFrame, baselines: Columns) -> dict[str, pd.DataFrame]:
    """The points of each, from its column `<name>`."""
    names = [str(name) for name in baselines if " @" not in str(name)]
    return {name: of_model(table, baselines[name]) for name in names}


def with_quantiles(table: pd.DataFrame, name: str, baselines: Columns) -> pd.DataFrame:
    """Of one baseline at a time, as all together may be gigabytes: from its columns `<name> @<level>`, which are added
    to its points."""
    point = baselines[name].to_numpy(np.float64)
    quantiles = [point + baselines[f"{name} @{level}"].to_numpy(np.float64) for level in LEVELS]
    return of_model(table, point, quantiles)


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
