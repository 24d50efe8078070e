"""Pictures of forecasts; each function writes one PNG, the same bytes for the same numbers."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kassandra.contracts.clock import Clock
from kassandra.contracts.windows import LEVELS, Split, shown
from kassandra.judging import figures
from kassandra.judging.intervals import Z
from kassandra.judging.judge import Report
from kassandra.judging.score import Numbers
from kassandra.targets.forecast.evaluate.predict import Forecast
from kassandra.targets.forecast.evaluate.scores import Curves, directions

ROWS = 120  # of what was observed, at the end of test
FANS = 10
PANELS = 4  # series and targets that are drawn
LINES = 4  # series whose directions are drawn one by one
SHOWN = [LEVELS.index(level) for level in (0.05, 0.25, 0.75, 0.95)]  # the ends of the central 90% and 50%
BASELINE: dict[str, Any] = {"color": figures.ORANGE, "linewidth": 1.2, "linestyle": "--"}
UNIT = {"value": "", "return": ", as prices", "volatility": ", volatility per day"}
OTHERS = [
    {"color": colour, "linestyle": style, "linewidth": 1.2}
    for style in ("--", ":")
    for colour in (figures.GREY, "#4c8c7a", "#8d6a9f", "#a08a2e")
]

matplotlib.rcParams["date.converter"] = "concise"


def fan(
    split: Split, forecast: Forecast, meta: dict[str, Any], path: Path, baseline: tuple[str, Numbers] | None = None
) -> None:
    """The last rows of test, and what was forecast at some of them: the point, and the central 50% and 90%; and the
    points of a baseline, an array as `forecast.point`, with its name.

    Of returns prices are drawn, of volatility itself and not its logarithm. One step ahead is forecast at every row.
    """
    horizon, of, known = meta["horizon"], split.series, shown(split, meta)
    panels = [place for place in np.ndindex(len(meta["series"]), len(meta["targets"])) if (of == place[0]).any()]
    left_out, panels = len(panels[PANELS:]), panels[:PANELS]
    points = None if baseline is None else np.reshape(baseline[1], forecast.point.shape)
    figure = Figure(figsize=(9, 0.7 + 2.5 * len(panels)), layout="constrained")
    for axis, (series, target) in zip(np.ravel(figure.subplots(len(panels), 1)), panels, strict=True):
        origins = np.flatnonzero(of == series)[::-1]  # places in `forecast`, the last in time first
        width = max(ROWS, 3 * horizon)
        last = int(split.origins[origins[0]]) + horizon
        rows = np.arange(max(int(split.offsets[series]), last - width), last + 1)
        observed = np.where(known[rows], split.values[rows, target], np.nan)
        axis.plot(_dates(split, rows, meta), _shown(observed, meta), color=figures.INK, linewidth=1.2)
        if horizon == 1:
            kept = origins[split.origins[origins] >= rows[0]][::-1]
            _band(axis, split, forecast, split.origins[kept] + 1, (kept, 0, target), meta, points)
        else:
            places = origins[:: max(horizon + 1, width // FANS)]
            for place in places[split.origins[places] >= rows[0]]:
                rows = int(split.origins[place]) + np.arange(1, horizon + 1)
                _band(axis, split, forecast, rows, (place, slice(None), target), meta, points)
        axis.set_title(_name(meta, series, target) + UNIT[meta["predict"]])
    first = figure.axes[0]
    first.plot([], [], color=figures.INK, label="observed")
    steps = "1 step" if horizon == 1 else f"1 to {horizon} steps"
    first.plot([], [], color=figures.BLUE, label=f"forecast {steps} ahead")
    if forecast.quantiles is not None:
        for alpha, label in ((0.4, "central 50%"), (0.2, "central 90%")):
            first.fill_between([], [], [], color=figures.BLUE, alpha=alpha, linewidth=0, label=label)
    if baseline is not None:
        first.plot([], [], **BASELINE, label=figures.name(baseline[0]))
    figure.legend(*first.get_legend_handles_labels(), frameon=False, ncols=5, fontsize=8, loc="outside lower center")
    if left_out:
        shown_of = f"{len(panels)} of {len(panels) + left_out} series and targets; the others are not drawn"
        figure.suptitle(shown_of, fontsize=8)
    figures.save(figure, path)


def error_by_step(report: Report, curves: Curves, path: Path) -> None:
    """The rmse of each step, and by how much that of each baseline is larger."""
    names, horizon = list(report.baselines), curves.by_step.shape[1]
    strongest = min(names, key=lambda name: report.baselines[name].value)
    styles = dict(zip([name for name in names if name != strongest], OTHERS * len(names), strict=False))
    styles |= {strongest: {"color": figures.ORANGE, "linewidth": 1.6}, "LSTM": {"color": figures.BLUE, "linewidth": 2}}
    rmse = dict(zip(["LSTM", *names], curves.by_step, strict=True))  # (horizon, 3) each
    gains = dict(zip(names, curves.gains_by_step, strict=True))
    # Baselines of no use, such as the mean of a series that grows, would leave no room to see the others in.
    limit = 2 * float(max(rmse["LSTM"].max(), rmse[strongest].max()))
    far = {name: report.baselines[name].value for name in names if rmse[name][:, 0].min() > limit}
    rmse = {name: each for name, each in rmse.items() if name not in far}
    figure = Figure(figsize=(10, 3.6 if horizon > 1 else 1.4 + 0.3 * len(rmse)), layout="constrained")
    left, right = figure.subplots(1, 2)
    if horizon == 1:
        drawn = [name for name in styles if name not in far]
        _dots(left, {name: rmse[name][0] for name in drawn}, {"LSTM": figures.BLUE, strongest: figures.ORANGE})
        _dots(right, {name: gains[name][0] for name in drawn[:-1]}, {strongest: figures.ORANGE})
        left.set(xlabel="rmse on test, with its 95% interval", title="Error one step ahead")
        right.set(xlabel="rmse of each less that of the LSTM (paired)", title="What the LSTM adds")
        right.axvline(0, color=figures.GREY, linewidth=0.8)
    else:
        steps = np.arange(1, horizon + 1)
        left.plot(steps, rmse["LSTM"][:, 0], label="LSTM", **styles["LSTM"])
        left.fill_between(steps, *rmse["LSTM"][:, 1:].T, color=figures.BLUE, alpha=0.15, linewidth=0)
        for name in (name for name in rmse if name != "LSTM"):  # their rmse itself would lie on that of the LSTM
            right.plot(steps, gains[name][:, 0], label=name, zorder=2 + (name == strongest), **styles[name])
        right.fill_between(steps, *gains[strongest][:, 1:].T, color=figures.ORANGE, alpha=0.2, linewidth=0)
        right.axhline(0, color=figures.BLUE, linewidth=1.2)
        left.set(ylabel="rmse on test", title="Error of the LSTM by step; the band is its 95% interval")
        right.set(ylabel="rmse less that of the LSTM (paired)")
        right.set_title("Baselines: above 0 the LSTM is better; band: 95% interval of the strongest")
        figure.legend(frameon=False, fontsize=8, ncols=4, loc="outside lower center")
        for axis in (left, right):
            axis.set_xlabel("steps ahead")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if far:
        beyond = ", ".join(f"{name} ({value:.4g})" for name, value in far.items())
        figure.suptitle(f"Not drawn, with more than twice the error: {beyond}", fontsize=8)
    figures.save(figure, path)


def cumulative_direction(models: dict[str, pd.DataFrame], path: Path) -> None:
    """The share of right signs of the first step up to each date, and where 95% of coins lie at any one date.

    Of each series by itself; of many, of all together, but with the coins of one. The second of `models`, tables of
    predictions, is dotted.
    """
    first = {name: table[table["step"] == 1] for name, table in models.items()}
    rows = next(iter(first.values()))
    dates, of = np.unique(rows["origin"].to_numpy(str), return_inverse=True)
    times, names = dates.astype("datetime64[s]"), list(rows["series"].unique())
    groups = [(figures.name(name), (rows["series"] == name).to_numpy()) for name in names]
    if len(names) > LINES:
        groups = [(f"{len(names)} series", np.full(len(of), True))]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axis = figure.subplots()
    half = (Z / 2 / np.sqrt(np.arange(1, len(dates) + 1))).clip(None, 0.5)  # (dates,)
    settled = min(max(20, len(dates) // 10), len(dates) - 1)  # the first few dates would take all of the picture
    reach = float(half[settled])
    for place, (group, chosen) in enumerate(groups):
        for (who, table), style in zip(first.items(), ("-", ":"), strict=False):
            signs = directions(table)[chosen].T  # (2, rows): right, counted
            right, counted = (np.bincount(of[chosen], each, len(dates)).cumsum() for each in signs)  # (dates,) each
            begun = counted > 0
            share = right[begun] / counted[begun]
            reach = max(reach, float(np.abs(share[settled:] - 0.5).max(initial=0)))
            label = ", ".join([who, *([group] if len(names) > 1 else [])])
            label += f": {share[-1]:.4f} of {int(counted[-1]):,}" if len(share) else ": no direction"
            axis.plot(times[begun], share, style, color=f"C{place}", linewidth=1.4, label=label)
    axis.fill_between(times, 0.5 - half, 0.5 + half, color=figures.GREY, alpha=0.2, linewidth=0, label="95% of coins")
    axis.axhline(0.5, color=figures.GREY, linewidth=0.8)
    reach = min(1.15 * reach, 0.52)
    axis.set(ylim=(0.5 - reach, 0.5 + reach), ylabel="share of right signs so far")
    axis.set_title("Direction of the first step, from the first date of test on")
    axis.legend(frameon=False, fontsize=8, ncols=2)
    figures.save(figure, path)


def lag(places: NDArray[np.int64], correlations: Numbers, path: Path) -> None:
    """What the forecast of the next row follows, from `lags`."""
    best = int(places[correlations.argmax()])
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axis = figure.subplots()
    foot = 0.0 if correlations.min() < 0.5 else float(correlations.min())
    axis.vlines(places, foot, correlations, color=figures.GREY, linewidth=1)
    axis.plot(places, correlations, "o", color=figures.GREY, markersize=4)
    for which, colour, size, label in (
        (best, figures.ORANGE, 9, f"best: lag {best}"),
        (0, figures.BLUE, 5, "lag 0: the row that is forecast"),
    ):
        axis.plot(which, correlations[places == which][0], "o", color=colour, markersize=size, label=label)
    axis.set(xlabel="rows after the one that is forecast; those below 0 were shown to the model", ylabel="correlation")
    axis.set_title("Which row the forecast of the next one follows")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.legend(frameon=False, fontsize=8, loc="best")
    figures.save(figure, path)


def _band(
    axis: Axes, split: Split, forecast: Forecast, rows: NDArray[np.int64], place: tuple[Any, ...], meta: dict[str, Any],
    baseline: Numbers | None,
) -> None:  # fmt: skip
    """The forecast of `rows`: `place` is where it stands in `forecast.point`. A fan opens at the last value known."""
    origin, _, target = place
    known = split.values[split.origins[origin], target]
    point, quantiles = forecast.point[place], forecast.quantiles
    other = np.full(len(rows), np.nan) if baseline is None else baseline[place]
    bands = np.empty((0, len(rows))) if quantiles is None else quantiles[SHOWN][(slice(None), *place)]  # (shown, rows)
    if meta["predict"] == "return":
        point, bands, other = point + known, bands + known, other + known
    if meta["predict"] != "volatility" and np.ndim(origin) == 0:
        rows, point = np.insert(rows, 0, split.origins[origin]), np.insert(point, 0, known)
        bands, other = np.insert(bands, 0, known, axis=1), np.insert(other, 0, known)
        axis.plot(_dates(split, rows[:1], meta), _shown(point[:1], meta), ".", color=figures.BLUE)
    dates, bands = _dates(split, rows, meta), _shown(bands, meta)
    axis.plot(dates, _shown(point, meta), color=figures.BLUE, linewidth=1.2)
    for low, high, alpha in zip(bands, bands[::-1], (0.2, 0.25), strict=False):  # the inner on top of the outer
        axis.fill_between(dates, low, high, color=figures.BLUE, alpha=alpha, linewidth=0)
    if baseline is not None:
        axis.plot(dates, _shown(other, meta), **BASELINE)


def _dots(axis: Axes, scores: dict[str, Numbers], colours: dict[str, str]) -> None:
    """A row for each, with its interval; the last on top."""
    for row, (name, (value, low, high)) in enumerate(scores.items()):
        colour = colours.get(name, figures.GREY)
        axis.hlines(row, low, high, color=colour, linewidth=2, alpha=0.5)
        axis.plot(value, row, "o", color=colour)
    axis.set_yticks(range(len(scores)), [*scores])


def _name(meta: dict[str, Any], series: int, target: int) -> str:
    """Of which there are several of each: `series: target`; else of that of which there are several, or the target."""
    several = len(meta["series"]) > 1, len(meta["targets"]) > 1
    kept = [meta["series"][series]] * several[0] + [meta["targets"][target]] * (several[1] or not several[0])
    return ": ".join(map(figures.name, kept))


def _shown(values: Numbers, meta: dict[str, Any]) -> Numbers:
    """Prices and volatilities are forecast as logarithms."""
    return values if meta["predict"] == "value" else np.exp(values)


def _dates(split: Split, rows: NDArray[np.int64], meta: dict[str, Any]) -> NDArray[Any]:
    return Clock.of(meta).to_draw(split.times[rows])
