"""From tables to what a model reads and tells: input columns, values, and the scales that train gives them."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts import spans as splits
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.windows import Split
from kassandra.inputs.series.prepare import calendar, prices, table
from kassandra.params.tasks.forecast import ForecastPrepare, SeriesSource

# The columns of data sets in the catalogue that are no prices.
DATASETS = {
    "traffic": SeriesSource(path="traffic_hourly.zip", time="datetime", target="traffic_volume", frequency="h"),
}


class Columns(NamedTuple):
    """One series as numbers, rows in the order of time.

    times: (rows,) seconds since 1970. inputs: (rows, features), not scaled. values: (rows, targets). usable: (rows,)
    False where something is missing, and no window may look. returns: (rows,) of the close, None without prices.
    made: (rows,) True where a value was made up, ahead: where it also knows the next one that is there; None for none.
    """

    name: str
    times: NDArray[np.int64]
    inputs: NDArray[np.float64]
    values: NDArray[np.float64]
    usable: NDArray[np.bool_]
    returns: NDArray[np.float64] | None = None
    made: NDArray[np.bool_] | None = None
    ahead: NDArray[np.bool_] | None = None

    def between(self, span: splits.Span) -> "Columns":
        """The rows of a part of time, of which those at the end that know what comes after it are not usable."""
        begin, end = np.searchsorted(self.times, span)
        rows, usable = slice(begin, end), self.usable[begin:end].copy()
        returns = None if self.returns is None else self.returns[rows]
        made, ahead = (None if one is None else one[rows] for one in (self.made, self.ahead))
        if ahead is not None:
            usable[len(usable) - int(np.logical_and.accumulate(ahead[::-1]).sum()) :] = False
        return Columns(self.name, self.times[rows], self.inputs[rows], self.values[rows], usable, returns, made, ahead)

    def origins(self, window: int, horizon: int) -> NDArray[np.int64]:
        """Rows whose window is usable, and whose horizon was measured.

        Where a value is made up of the next one, that one is not to be told from it.
        """
        found = splits.origins(self.usable, window, horizon)
        if self.made is not None:
            before = np.concatenate([[0], np.cumsum(self.made)])  # (rows + 1,): made-up rows before each
            found = found[before[found + horizon + 1] == before[found + 1]]
        if self.ahead is not None:
            found = found[~self.ahead[found]]
        return found


class Read(NamedTuple):
    """tables: one per series. inputs, targets: names of columns. target_inputs: where each target stands among the
    inputs; empty where what is told is not read as such. said: what was repaired by which policy."""

    tables: list[Columns]
    inputs: list[str]
    targets: list[str]
    target_inputs: list[int]
    said: str


class Scale(NamedTuple):
    """Of one series in train: mean and deviation of each input (features,), deviation of each target (targets,)."""

    input_mean: list[float]
    input_std: list[float]
    value_std: list[float]


def read(raw: Path, source: SeriesSource, params: ForecastPrepare, to_learn: bool = True) -> Read:
    """Every series of data/raw/<name>, or of one file.

    Args:
        to_learn: a target that never changes is then refused.

    Raises:
        KassandraError: a table cannot be read as it is described.
    """
    if params.predict == "value":
        own = table.read_own(raw, source, params.missing, params.duplicates, to_learn)
        names = [*source.targets, *source.features]
        interpolated = params.missing == "interpolate"
        tables = [
            _of_values(series, names, len(source.targets), params.calendar)._replace(
                made=series.filled, ahead=series.filled if interpolated else None
            )
            for series in own.series
        ]
        inputs = [*names, *calendar.cycles(np.zeros(1, np.int64), params.calendar)]
        return Read(tables, inputs, source.targets, list(range(len(source.targets))), own.said)
    files = sorted(path for path in raw.iterdir() if path.is_file()) if raw.is_dir() else [raw]
    daily = [prices.prices(path) for path in files]
    if not daily:
        raise KassandraError(f"{raw}: holds no table of prices")
    tables = [_of_prices(series, params.predict, params.calendar) for series in daily]
    inputs = [*prices.features(daily[0]), *calendar.cycles(np.zeros(1, np.int64), params.calendar)]
    if params.predict == "volatility":
        return Read(tables, ["volatility", *inputs], ["volatility"], [0], "")
    return Read(tables, inputs, ["close"], [], "")


def described(source: SeriesSource, predict: str) -> SeriesSource:
    """Of a data set that we know, what its columns are; of one's own table, the source as it is.

    Raises:
        KassandraError: what is to be told is not in this data set.
    """
    if not source.dataset or predict != "value":
        return source
    if source.dataset not in DATASETS:
        raise KassandraError(
            f"prepare.predict: data set {source.dataset!r} holds prices, whose 'return' and 'volatility' are told; "
            f"'value' is of one's own table, or of {sorted(DATASETS)}"
        )
    return DATASETS[source.dataset]


def fit(train: Columns) -> Scale:
    """Means and deviations of the usable rows; `math.fsum` gives the same digits wherever arrays lie in memory.

    Raises:
        KassandraError: no row of train is usable, or a target never changes in it.
    """
    inputs, values = train.inputs[train.usable], train.values[train.usable]
    if not len(inputs):
        raise KassandraError(f"series {train.name!r}: no usable row in train")
    means, stds = zip(*(mean_and_std(column.tolist()) for column in inputs.T), strict=True)
    value_std = [mean_and_std(column.tolist())[1] for column in values.T]
    if min(value_std) == 0:
        raise KassandraError(f"series {train.name!r}: a target never changes in train; there is nothing to learn")
    return Scale(list(means), [std or 1.0 for std in stds], value_std)


def mean_and_std(values: list[float]) -> tuple[float, float]:
    if min(values) == max(values):  # of equal values the mean may differ in its last digit, and so seem to vary
        return values[0], 0.0
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def join(tables: list[Columns], scales: Iterable[Scale], window: int, horizon: int) -> Split:
    """The series one after another, their inputs scaled, with every origin whose window and horizon are whole."""
    scaled, begins, found = [], [0], []
    for one, scale in zip(tables, scales, strict=True):
        inputs = (one.inputs - np.array(scale.input_mean)) / np.array(scale.input_std)  # (rows, features)
        with np.errstate(over="ignore"):  # infinite then, and refused where somebody's table is read
            scaled.append(np.where(one.usable[:, None], inputs, 0).astype(np.float32))
        found.append(begins[-1] + one.origins(window, horizon))
        begins.append(begins[-1] + len(one.times))
    returns = [one.returns for one in tables if one.returns is not None]
    return Split(
        np.concatenate(scaled),
        np.concatenate([np.where(one.usable[:, None], one.values, 0) for one in tables]),
        np.concatenate([one.times for one in tables]),
        np.array(begins, np.int64),
        np.concatenate(found).astype(np.int64),
        np.concatenate(returns) if returns else None,
    )


def mean_and_std_by_series(train: Split, told: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(series, horizon, targets) each, of `told` (origins, horizon, targets); 1 for a deviation of 0."""
    fitted = np.empty((2, len(train.offsets) - 1, *told.shape[1:]))
    for series in range(len(train.offsets) - 1):
        rows = told[train.series == series]  # (origins of the series, horizon, targets)
        if not len(rows):
            raise KassandraError(
                "prepare: a series has no whole window in train; leave it out, or use a shorter window"
            )
        for place in np.ndindex(*told.shape[1:]):
            mean, std = mean_and_std(rows[(slice(None), *place)].tolist())
            fitted[(slice(None), series, *place)] = mean, std or 1.0
    return fitted[0], fitted[1]


def naive_errors(train: Sequence[Columns], season: int | None) -> list[list[float]]:
    """(series, targets): mean absolute change in train over `season` rows, or over one where there are no two so far
    apart; the scale of MASE (Hyndman & Koehler 2006). 1 where nothing changes."""
    scales = []
    for one in train:
        known = one.usable & ~(np.zeros_like(one.usable) if one.made is None else one.made)
        for lag in (season or 1, 1):
            pairs = known[lag:] & known[:-lag]
            changes = np.abs(one.values[lag:][pairs] - one.values[:-lag][pairs])  # (pairs, targets)
            if len(changes):
                break
        scales.append([math.fsum(column.tolist()) / max(len(column), 1) or 1.0 for column in changes.T])
    return scales


def iso(seconds: int) -> str:
    """A time as people write it: the day alone at midnight.

    >>> iso(86400), iso(90000)
    ('1970-01-02', '1970-01-02T01:00:00')
    """
    text = str(np.datetime64(seconds, "s"))
    return text.removesuffix("T00:00:00")


def _of_values(series: table.Series, names: list[str], targets: int, cycles: Sequence[str]) -> Columns:
    numbers = np.column_stack([series.columns[name] for name in names])  # (rows, targets + features)
    circles = [column[:, None] for column in calendar.cycles(series.times, cycles).values()]
    return Columns(
        series.name, series.times, np.concatenate([numbers, *circles], axis=1), numbers[:, :targets], series.usable
    )


def _of_prices(series: table.Series, predict: str, cycles: Sequence[str]) -> Columns:
    """Rows whose features are not known yet are left out."""
    close = np.log(series.columns["close"])
    told = close if predict == "return" else np.log(prices.garman_klass(series))
    inputs = [*prices.features(series).values(), *calendar.cycles(series.times, cycles).values()]
    if predict == "volatility":
        inputs.insert(0, told)
    known = slice(prices.WARM_UP, None)
    return Columns(
        series.name,
        series.times[known],
        np.column_stack(inputs)[known],
        told[known, None],
        series.usable[known],
        np.diff(close, prepend=np.nan)[known],
    )
