"""Series from tables: the columns that a model reads and may forecast, and the scales that train gives its inputs.

Your own are read so that nothing is repaired in silence: what is done is declared, and reported.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.clock import PLAIN, Clock
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown
from kassandra.contracts.windows import Columns, Split, Tables, mean_and_std
from kassandra.inputs.series.prepare import policies, prices
from kassandra.inputs.series.prepare.clock import cycles
from kassandra.inputs.series.prepare.faults import settled
from kassandra.inputs.series.prepare.files import Rows, read_files
from kassandra.inputs.series.prepare.numbers import numbers
from kassandra.inputs.series.prepare.policies import Series
from kassandra.inputs.series.prepare.suspects import suspects
from kassandra.inputs.series.prepare.times import read_times
from kassandra.params.inputs.series import GapsPrepare, TablePrepare, TableSource
from kassandra.sources.own.refused import by_reason
from kassandra.sources.own.table_file import Table, called, read_table
from kassandra.sources.own.tables_of import tables_in

# The columns of data sets in the catalogue that are no prices.
DATASETS = {"traffic": TableSource(path="traffic_hourly.zip", time="datetime", target="traffic_volume", frequency="h")}


class Read(NamedTuple):
    """message: what was done, by which policy, with counts; empty where the table was taken as it is. meta: for
    meta.json, of rows that were left out. until: as of contracts.windows.Tables."""

    series: list[Series]
    message: str
    clock: Clock = PLAIN
    meta: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    until: tuple[str | None, str | None] = (None, None)


class Scale(NamedTuple):
    """Of one series in train: mean and deviation of each input, (features,)."""

    mean: list[float]
    std: list[float]


def read(
    raw: Path, source: TableSource, params: TablePrepare | GapsPrepare, predict: str = "value", to_learn: bool = True
) -> Tables:
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
    described = _described(source)
    if params.calendar and (source.time == "row" or source.time_format == "step"):
        raise KassandraError("prepare.calendar: rows or steps are counted, so there is no calendar; leave it out")
    circles = list(cycles(np.zeros(1, np.int64), params.calendar))
    if predict == "value":
        own = read_own(raw, source, params.missing, params.duplicates, to_learn)
        series = [_of_values(one, source, params, own.clock) for one in own.series]
        names = [*source.targets, *source.features, *circles]
        places = list(range(len(source.targets)))
        return Tables(series, names, source.targets, places, described, own.message, own.clock, own.meta, own.until)
    files = sorted(path for path in raw.iterdir() if path.is_file()) if raw.is_dir() else [raw]
    daily = [prices.prices(path, source, params.missing, params.duplicates) for path in files]
    if not daily:
        raise KassandraError(f"{raw}: holds no table of prices")
    series = [_of_prices(one.series, predict, params.calendar) for one in daily]
    inputs = [*prices.features(daily[0].series), *circles]
    message = "\n".join(one.message for one in daily if one.message)
    left_out = {one.series.name: by_reason(one.refused) for one in daily if one.refused}
    meta = {"left_out": left_out} if left_out else {}
    if predict == "volatility":
        inputs, targets, places = ["volatility", *inputs], ["volatility"], [0]
    else:
        targets, places = ["close"], []
    return Tables(series, inputs, targets, places, described, message, PLAIN, meta)


def _described(source: TableSource) -> dict[str, Any]:
    """What is known of how the files are read: the columns, and all else that is not the default."""
    columns = ("time", "time_format", "target", "features", "series", "frequency")
    others = source.model_dump(exclude={"dataset", "path", *columns}, exclude_defaults=True)
    return source.model_dump(include=set(columns)) | others


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
    files, messages = tables_in(raw)
    table, rows, until = read_files(
        files, raw, source, lambda path: _read_file(path, source, to_learn and len(files) == 1)
    )
    messages += rows.said
    late = [int((rows.times[some] < np.maximum.accumulate(rows.times[some])).sum()) for some in rows.mine.values()]
    if source.sort == "none" and any(late):
        _refuse_late(table, rows)
    messages.append(policies.counted(late, "row stood after a later one", "rows stood after later ones", "sorted"))
    ordered = {name: some[np.argsort(rows.times[some], kind="stable")] for name, some in rows.mine.items()}
    parts = [policies.Part(name, some, rows.times[some], rows.values[some]) for name, some in ordered.items()]
    parts, said = policies.merged(parts, duplicates, table, rows.clock)
    messages.append(said)
    if source.frequency:
        parts, said = policies.regular(parts, source.frequency, missing, table, rows.clock)
        messages.append(said)
    whole, said = policies.filled(parts, rows.names, missing, table)
    messages += [said, *suspects(table, rows.names, rows.values)]
    series = []
    for old, new in zip(parts, whole, strict=True):
        columns = {name: np.ascontiguousarray(column) for name, column in zip(rows.names, new.values.T, strict=True)}
        lacking, left = (np.asarray(np.isnan(part.values).any(axis=1)) for part in (old, new))
        series.append(Series(new.name, new.times, columns, ~left, lacking & ~left))
    message = "; ".join(filter(None, messages)).removeprefix(f"{table.path}: ")
    return Read(series, f"{table.path}: {message}" if message else "", rows.clock, rows.meta, until)


def _read_file(path: Path, source: TableSource, to_learn: bool) -> tuple[Table, Rows]:
    table = read_table(path, source, lambda known: _columns(source, known))
    return table, _read_rows(table, source, to_learn)


def _read_rows(table: Table, source: TableSource, to_learn: bool) -> Rows:
    mine = _by_series(table, source.named_by)
    times, clock, faults, said = read_times(table, source, mine)
    names = list(dict.fromkeys([*source.targets, *source.features]))
    columns = []
    for name in names:
        column, wrong = numbers(table, called(name, list(table.columns)), source)
        columns.append(column)
        faults += wrong
    used, refused, message = settled(table, faults, source.tolerate)
    values = np.stack(columns, axis=1)  # (rows, columns)
    _refuse_what_says_nothing(table, names, source.targets if to_learn else [], values[used])
    mine = {name: left for name, some in mine.items() if len(left := some[used[some]])}
    if not mine:
        raise KassandraError(f"{message}; no row is good")
    mine, empty = _without_empty_twins(mine, times, values)
    said = [message, *said, *(f"{count:,} {what}" for what, count in table.remarks.items())]
    said.append(
        policies.counted(empty, "row without a value", "rows without a value", "another has the time; left out")
    )
    meta: dict[str, Any] = {"left_out": by_reason(refused)} if refused else {}
    return Rows(mine, times, clock, names, values, said, meta)


def _without_empty_twins(
    mine: dict[str, NDArray[np.int64]], times: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[dict[str, NDArray[np.int64]], list[int]]:
    """Rows without any value go where another row of the series has their time, as dividends among days of a price."""
    empty = np.asarray(np.isnan(values).all(axis=1))
    kept, counts = {}, []
    for name, rows in mine.items():
        twins = empty[rows] & np.isin(times[rows], times[rows][~empty[rows]])
        kept[name] = rows[~twins]
        counts.append(int(twins.sum()))
    return kept, counts


def _refuse_late(table: Table, rows: Rows) -> None:
    late = [row for some in rows.mine.values()
            for row in some[rows.times[some] < np.maximum.accumulate(rows.times[some])]]  # fmt: skip
    advice = "`source.sort: time` puts them in order"
    raise KassandraError(f"{table.path}: rows are earlier than the ones before them in {table.where(late)}; {advice}")


def _columns(source: TableSource, known: list[str]) -> list[str]:
    chosen = [
        *(("time", name) for name in source.times),
        *(("target", name) for name in source.targets),
    ]
    chosen += [*(("features", name) for name in source.features), *(("series", name) for name in source.named_by)]
    names = [(key, name, called(name, known)) for key, name in chosen]
    for key, given, name in names:
        if name not in known:
            raise KassandraError(unknown(f"source.{key}", "column", given, known))
    return list(dict.fromkeys(name for _, _, name in names))


def _refuse_what_says_nothing(rows: Table, names: list[str], targets: list[str], values: NDArray[np.float64]) -> None:
    for name, column in zip(names, values.T, strict=True):
        known = column[~np.isnan(column)]
        if not len(known):
            raise KassandraError(f"{rows.path}: column {name!r} holds no number; leave it out of `source`")
        if name in targets and len(known) > 1 and (known == known[0]).all():
            raise KassandraError(
                f"{rows.path}: column {name!r} never changes ({known[0]:g} in every row), so there is nothing to "
                "forecast; name another in `source.target`"
            )


def _by_series(rows: Table, columns: list[str]) -> dict[str, NDArray[np.int64]]:
    """The name of each series, in order, and its rows as they stand in the file."""
    if not columns:
        return {prices.stem(rows.path): np.arange(len(rows.lines))}
    named = [_names(rows, called(column, list(rows.columns))) for column in columns]
    cells = named[0] if len(named) == 1 else list(map(" / ".join, zip(*named, strict=True)))
    places: dict[str, list[int]] = {name: [] for name in sorted(set(cells))}
    for row, cell in enumerate(cells):
        places[cell].append(row)
    return {name: np.array(mine, np.int64) for name, mine in places.items()}


def _names(rows: Table, column: str) -> list[str]:
    cells = [str(cell if cell is not None else "").strip() for cell in rows.columns[column]]
    if empty := [row for row, cell in enumerate(cells) if not cell]:
        raise KassandraError(
            f"{rows.path}: column {column!r} names no series in {rows.where(empty)}; each row needs a name"
        )
    return cells


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


def _of_values(series: Series, source: TableSource, params: TablePrepare | GapsPrepare, clock: Clock) -> Columns:
    columns = [series.columns[name] for name in (*source.targets, *source.features)]
    inputs = np.column_stack(
        [*columns, *cycles(clock.wall(series.times) // clock.per_second, params.calendar).values()]
    )  # (rows, features)
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
