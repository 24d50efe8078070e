"""Series from tables: the columns that a model reads and may forecast, and the scales that train gives its inputs."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.series import Columns, Tables, mean_and_std
from kassandra.contracts.windows import Split
from kassandra.inputs.series.prepare import calendar, own_table, prices
from kassandra.params.inputs.series import TablePrepare, TableSource

# The columns of data sets in the catalogue that are no prices.
DATASETS = {"traffic": TableSource(path="traffic_hourly.zip", time="datetime", target="traffic_volume", frequency="h")}


class Scale(NamedTuple):
    """Of one series in train: mean and deviation of each input, (features,)."""

    mean: list[float]
    std: list[float]


def read(raw: Path, source: TableSource, params: TablePrepare, predict: str = "value", to_learn: bool = True) -> Tables:
    """Every series of data/raw/<name>, or of one file.

    Args:
        predict: `value` of columns, or of prices the `return` or the `volatility`.
        to_learn: a target that never changes is then refused.

    Raises:
        KassandraError: a table cannot be read as it is described, or this data set has no such target.
    """
    source = _described(source, predict)
    described = source.model_dump(exclude={"dataset", "path"})
    circles = list(calendar.cycles(np.zeros(1, np.int64), params.calendar))
    if predict == "value":
        own = own_table.read_own(raw, source, params.missing, params.duplicates, to_learn)
        names = [*source.targets, *source.features]
        interpolated = params.missing == "interpolate"
        series = [
            _of_values(one, names, len(source.targets), params.calendar)._replace(
                made=one.filled, ahead=one.filled if interpolated else None
            )
            for one in own.series
        ]
        places = list(range(len(source.targets)))
        return Tables(series, [*names, *circles], source.targets, places, described, own.message)
    files = sorted(path for path in raw.iterdir() if path.is_file()) if raw.is_dir() else [raw]
    daily = [prices.prices(path) for path in files]
    if not daily:
        raise KassandraError(f"{raw}: holds no table of prices")
    series = [_of_prices(one, predict, params.calendar) for one in daily]
    inputs = [*prices.features(daily[0]), *circles]
    if predict == "volatility":
        return Tables(series, ["volatility", *inputs], ["volatility"], [0], described, "")
    return Tables(series, inputs, ["close"], [], described, "")


def _described(source: TableSource, predict: str) -> TableSource:
    """Of a data set that we know, what its columns are; of your own table, the source as it is."""
    if not source.dataset or predict != "value":
        return source
    if source.dataset not in DATASETS:
        raise KassandraError(
            f"prepare.predict: data set {source.dataset!r} holds prices, of which 'return' and 'volatility' are "
            f"forecast; 'value' is of your own table, or of {sorted(DATASETS)}"
        )
    return DATASETS[source.dataset]


def fit(train: Columns) -> Scale:
    """Means and deviations of the inputs in usable rows; `math.fsum` gives the same digits wherever arrays lie.

    Raises:
        KassandraError: no row of train is usable.
    """
    inputs = train.inputs[train.usable]
    if not len(inputs):
        raise KassandraError(f"series {train.name!r}: no usable row in train")
    means, stds = zip(*(mean_and_std(column.tolist()) for column in inputs.T), strict=True)
    return Scale(list(means), [std or 1.0 for std in stds])


def join(series: list[Columns], scales: Iterable[Scale], window: int, horizon: int) -> Split:
    """The series one after another, their inputs scaled, with every origin whose window and horizon are whole."""
    scaled, begins, origins = [], [0], []
    for one, scale in zip(series, scales, strict=True):
        inputs = (one.inputs - np.array(scale.mean)) / np.array(scale.std)  # (rows, features)
        with np.errstate(over="ignore"):  # infinite then, and refused where a user's table is read
            scaled.append(np.where(one.usable[:, None], inputs, 0).astype(np.float32))
        origins.append(begins[-1] + one.origins(window, horizon))
        begins.append(begins[-1] + len(one.times))
    returns = [one.returns for one in series if one.returns is not None]
    return Split(
        np.concatenate(scaled),
        np.concatenate([np.where(one.usable[:, None], one.values, 0) for one in series]),
        np.concatenate([one.times for one in series]),
        np.array(begins, np.int64),
        np.concatenate(origins).astype(np.int64),
        np.concatenate(returns) if returns else None,
    )


def _of_values(series: own_table.Series, names: list[str], targets: int, cycles: Sequence[str]) -> Columns:
    numbers = np.column_stack([series.columns[name] for name in names])  # (rows, targets + features)
    circles = [column[:, None] for column in calendar.cycles(series.times, cycles).values()]
    return Columns(
        series.name, series.times, np.concatenate([numbers, *circles], axis=1), numbers[:, :targets], series.usable
    )


def _of_prices(series: own_table.Series, predict: str, cycles: Sequence[str]) -> Columns:
    """Rows whose features are not known yet are left out."""
    close = np.log(series.columns["close"])
    values = close if predict == "return" else np.log(prices.garman_klass(series))
    inputs = [*prices.features(series).values(), *calendar.cycles(series.times, cycles).values()]
    if predict == "volatility":
        inputs.insert(0, values)
    known = slice(prices.WARM_UP, None)
    return Columns(
        series.name,
        series.times[known],
        np.column_stack(inputs)[known],
        values[known, None],
        series.usable[known],
        np.diff(close, prepend=np.nan)[known],
    )
