"""Series from tables: the columns that a model reads and may forecast, and the scales that train gives its inputs.

Your own are read so that nothing is repaired in silence: what is done is declared, and reported.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import files_in
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown
from kassandra.contracts.windows import Columns, Split, Tables, mean_and_std
from kassandra.inputs.series.prepare import policies, prices
from kassandra.inputs.series.prepare.clock import cycles, read_times
from kassandra.inputs.series.prepare.policies import Series
from kassandra.inputs.series.prepare.rows import Rows, numbers, read_rows
from kassandra.params.inputs.series import TablePrepare, TableSource

# The columns of data sets in the catalogue that are no prices.
DATASETS = {"traffic": TableSource(path="traffic_hourly.zip", time="datetime", target="traffic_volume", frequency="h")}


class Read(NamedTuple):
    """message: what was done, by which policy, with counts; empty where the table was taken as it is."""

    series: list[Series]
    message: str


class Scale(NamedTuple):
    """Of one series in train: mean and deviation of each input, (features,)."""

    mean: list[float]
    std: list[float]


def read(raw: Path, source: TableSource, params: TablePrepare, predict: str = "value", to_learn: bool = True) -> Tables:
    """Every series of data/raw/<name>, or of one file; of prices without the rows whose features are not known yet.

    Args:
        predict: `value` of columns, or of prices the `return` or the `volatility`. to_learn: as of `read_own`.

    Raises:
        KassandraError: a table cannot be read as it is described, or this data set has no such target.
    """
    if source.dataset and predict == "value":  # of a data set that we know, what its columns are
        if source.dataset not in DATASETS:
            raise KassandraError(
                f"prepare.predict: data set {source.dataset!r} holds prices, of which 'return' and 'volatility' are "
                f"forecast; 'value' is of your own table, or of {sorted(DATASETS)}"
            )
        source = DATASETS[source.dataset]
    described = source.model_dump(exclude={"dataset", "path"})
    circles = list(cycles(np.zeros(1, np.int64), params.calendar))
    if predict == "value":
        own = read_own(raw, source, params.missing, params.duplicates, to_learn)
        series, places = [_of_values(one, source, params) for one in own.series], list(range(len(source.targets)))
        names = [*source.targets, *source.features, *circles]
        return Tables(series, names, source.targets, places, described, own.message)
    files = sorted(path for path in raw.iterdir() if path.is_file()) if raw.is_dir() else [raw]
    daily = [prices.prices(path) for path in files]
    if not daily:
        raise KassandraError(f"{raw}: holds no table of prices")
    series = [_of_prices(one, predict, params.calendar) for one in daily]
    inputs = [*prices.features(daily[0]), *circles]
    if predict == "volatility":
        return Tables(series, ["volatility", *inputs], ["volatility"], [0], described, "")
    return Tables(series, inputs, ["close"], [], described, "")


def read_own(raw: Path, source: TableSource, missing: str, duplicates: str, to_learn: bool = True) -> Read:
    """The series of a table, or of the only one in a folder, in the order of their names.

    Rows may stand in any order. A series is named by its column, or where there is none by the file.

    Args:
        missing, duplicates: as params.inputs.series.TablePrepare says. to_learn: whether a target that never changes
            is refused.

    Raises:
        KassandraError: there is not one file; it, or a cell, cannot be read (see read_rows, read_times, numbers); a
            column is unknown or holds no number; a target never changes; a row names no series; a time does not fit
            the frequency; or something is missing or twice there, and the policy is `error` or has nothing to go by.
    """
    files = [raw] if raw.is_file() else files_in(raw)
    if len(files) != 1:
        raise KassandraError(f"source.path: expected one table of series; found {[path.name for path in files]}")
    rows = read_rows(files[0], lambda known: _columns(source, known))
    assert isinstance(source.time, str)  # a section with a path has one
    times = read_times(rows, source.time, source.time_format)
    names = list(dict.fromkeys([*source.targets, *source.features]))
    values = np.stack([numbers(rows, name) for name in names], axis=1)  # (rows, columns)
    _refuse_what_says_nothing(rows, names, source.targets if to_learn else [], values)
    messages = [""] * 4
    mine = _by_series(rows, source.series)
    late = [int((times[some] < np.maximum.accumulate(times[some])).sum()) for some in mine.values()]
    messages[0] = policies.counted(late, "row stood after a later one", "rows stood after later ones", "sorted")
    ordered = {name: some[np.argsort(times[some], kind="stable")] for name, some in mine.items()}
    parts = [policies.Part(name, some, times[some], values[some]) for name, some in ordered.items()]
    parts, messages[1] = policies.merged(parts, duplicates, rows)
    if source.frequency:
        parts, messages[2] = policies.regular(parts, source.frequency, missing, rows)
    whole, messages[3] = policies.filled(parts, names, missing, rows)
    series = []
    for old, new in zip(parts, whole, strict=True):
        columns = {name: np.ascontiguousarray(column) for name, column in zip(names, new.values.T, strict=True)}
        lacking, left = (np.asarray(np.isnan(part.values).any(axis=1)) for part in (old, new))
        series.append(Series(new.name, new.times, columns, ~left, lacking & ~left))
    message = "; ".join(filter(None, messages))
    return Read(series, f"{rows.path}: {message}" if message else "")


def _columns(source: TableSource, known: list[str]) -> list[str]:
    chosen: list[tuple[str, str | None]] = [
        *(("time", name) for name in source.times),
        *(("target", name) for name in source.targets),
    ]
    chosen += [*(("features", name) for name in source.features), ("series", source.series)]
    for key, name in chosen:
        if name is not None and name not in known:
            raise KassandraError(unknown(f"source.{key}", "column", name, known))
    return list(dict.fromkeys(name for _, name in chosen if name is not None))


def _refuse_what_says_nothing(rows: Rows, names: list[str], targets: list[str], values: NDArray[np.float64]) -> None:
    for name, column in zip(names, values.T, strict=True):
        known = column[~np.isnan(column)]
        if not len(known):
            raise KassandraError(f"{rows.path}: column {name!r} holds no number; leave it out of `source`")
        if name in targets and len(known) > 1 and (known == known[0]).all():
            raise KassandraError(
                f"{rows.path}: column {name!r} never changes ({known[0]:g} in every row), so there is nothing to "
                "forecast; name another in `source.target`"
            )


def _by_series(rows: Rows, column: str | None) -> dict[str, NDArray[np.int64]]:
    """The name of each series, in order, and its rows as they stand in the file."""
    if column is None:
        return {Path(rows.path.name.removesuffix(".gz")).stem: np.arange(len(rows.lines))}
    cells = rows.columns[column]
    if empty := [row for row, cell in enumerate(cells) if not cell]:
        raise KassandraError(
            f"{rows.path}: column {column!r} names no series in {rows.where(empty)}; each row needs a name"
        )
    places: dict[str, list[int]] = {name: [] for name in sorted(set(cells))}
    for row, cell in enumerate(cells):
        places[cell].append(row)
    return {name: np.array(mine, np.int64) for name, mine in places.items()}


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
    values = np.concatenate([np.where(one.usable[:, None], one.values, 0) for one in series])
    times, offsets = np.concatenate([one.times for one in series]), np.array(begins, np.int64)
    returns = [one.returns for one in series if one.returns is not None]
    whole = np.concatenate(returns) if returns else None
    return Split(np.concatenate(scaled), values, times, offsets, np.concatenate(origins).astype(np.int64), whole)


def _of_values(series: Series, source: TableSource, params: TablePrepare) -> Columns:
    columns = [series.columns[name] for name in (*source.targets, *source.features)]
    inputs = np.column_stack([*columns, *cycles(series.times, params.calendar).values()])  # (rows, features)
    made, ahead = series.filled, series.filled if params.missing == "interpolate" else None
    values = inputs[:, : len(source.targets)]
    return Columns(series.name, series.times, inputs, values, series.usable, made=made, ahead=ahead)


def _of_prices(series: Series, predict: str, circles: Sequence[str]) -> Columns:
    close = np.log(series.columns["close"])
    values = close if predict == "return" else np.log(prices.garman_klass(series))
    inputs = [*prices.features(series).values(), *cycles(series.times, circles).values()]
    if predict == "volatility":
        inputs.insert(0, values)
    returns, known = np.diff(close, prepend=np.nan), slice(prices.WARM_UP, None)
    times, usable, read = series.times[known], series.usable[known], np.column_stack(inputs)[known]
    return Columns(series.name, times, read, values[known, None], usable, returns[known])
