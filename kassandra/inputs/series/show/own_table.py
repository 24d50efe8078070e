"""A table of a user's, read for `kassandra predict`: its last windows, and the times that follow its last row."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.clock import PLAIN, Clock
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown
from kassandra.contracts.splits import Span
from kassandra.contracts.windows import Columns, Split, Tables
from kassandra.inputs.series.prepare import prices
from kassandra.inputs.series.prepare.clock import grid
from kassandra.inputs.series.prepare.table import Scale, join
from kassandra.inputs.series.prepare.table import read as read_series
from kassandra.params.inputs.series import TablePrepare, TableSource

OPTIONS = {"series"}


def read(given: list[str], _meta: dict[str, Any], series: str | None = None) -> tuple[list[str], Path, str | None]:
    """Names, the path of the table, and which of the series in train it holds.

    Raises:
        KassandraError: there is not one table.
    """
    if len(given) != 1:
        raise KassandraError("predict: give one table with the columns that the model was trained on")
    if not Path(given[0]).exists():
        raise KassandraError(f"{given[0]}: no such file")
    return given, Path(given[0]), series


def following(times: NDArray[np.int64], frequency: str | None, count: int, clock: Clock = PLAIN) -> list[str]:
    """The next times of the grid that `times` (rows,) of a clock lie on; the next steps; none where rows have no
    frequency.

    >>> day = 86400
    >>> following(np.array([0, day // 4]), "6h", 2), following(np.array([0]), None, 2)
    (['1970-01-01T12:00:00', '1970-01-01T18:00:00'], [])
    >>> following(np.array([30 * day, 58 * day]), "m", 2)  # the last days of January and February
    ['1970-03-31', '1970-04-30']
    """
    if clock.unit == "step":
        return [clock.text(int(times[-1]) + step) for step in range(1, count + 1)]
    if not frequency:
        return []
    on = grid(times, frequency, clock)
    return [clock.text(int(time)) for time in on.at(on.places[-1] + np.arange(1, count + 1))]


def last_windows(path: Path, meta: dict[str, Any], series: str | None = None) -> Split:
    """The last window of each series of the table, as a split without targets.

    Args:
        series: of a table that names its series, the only one to take; of another, which of those in train it holds.

    Raises:
        KassandraError: it cannot be read, has a series that train had not, or too few rows.
    """
    reading, known = meta["reading"], list(meta["series"])
    source = TableSource.model_validate(reading["source"] | {"path": str(path)})
    keys = TablePrepare.model_fields.keys() & reading["prepare"]
    params = TablePrepare.model_validate({key: reading["prepare"][key] for key in keys})
    everything = read_series(path, source, params, meta["predict"], to_learn=False)
    tables = known_series(everything, meta, series, bool(source.series), path)
    for name, one in tables.items():
        rows = int(np.logical_and.accumulate(one.usable[::-1]).sum())
        if rows < meta["window"]:
            before = prices.WARM_UP if one.returns is not None else 0  # rows that the features of prices look back on
            needed = f", and {before} before them: give {meta['window'] + before} rows or more" if before else ""
            raise KassandraError(
                f"{path}: series {name!r} ends in {rows} rows without a gap; the model reads the last {meta['window']}"
                f"{needed}"
            )
    nothing = everything.series[0].between(Span(0, 0))
    scales = map(Scale, meta["input_mean"], meta["input_std"])
    split = join([tables.get(name, nothing) for name in known], scales, meta["window"], 0)
    if not np.isfinite(split.inputs).all():
        raise KassandraError(f"{path}: holds numbers far too large for what the model was trained on")
    begins, ends = split.offsets[:-1], split.offsets[1:]
    return split._replace(origins=ends[ends > begins] - 1)


def known_series(
    everything: Tables, meta: dict[str, Any], series: str | None, named: bool, path: Path
) -> dict[str, Columns]:
    """The series of a user's table by their names in train, their times on its clock; says what was done to read them.

    Args:
        series: see `last_windows`. named: whether a column names the series.

    Raises:
        KassandraError: it has a series that train had not.
    """
    if everything.message:
        print(everything.message, file=sys.stderr)
    of_train = Clock.of(meta)
    own = [one._replace(times=_on(of_train, one.times, everything.clock)) for one in everything.series]
    return _chosen(own, list(meta["series"]), series, named, path)


def _on(clock: Clock, times: NDArray[np.int64], own: Clock) -> NDArray[np.int64]:
    """Times of a table in which they may be rounder, or finer, than in train."""
    if clock.unit == own.unit:
        return times
    return times * clock.per_second // own.per_second


def _chosen(tables: list[Columns], known: list[str], series: str | None, named: bool, path: Path) -> dict[str, Columns]:
    """By name, of those in train. `named`: a column names the series; else the file does, or `series`."""
    if not named and len(tables) == 1 and (series or len(known) == 1):
        tables = [tables[0]._replace(name=series or known[0])]
    by_name = {one.name: one for one in tables}
    if series and series not in by_name:
        raise KassandraError(unknown(f"--series: {path}", "series name", series, by_name))
    if strange := [name for name in ([series] if series else by_name) if name not in known]:
        hint = "" if named else "; --series says which it is"
        raise KassandraError(f"{unknown(str(path), 'series name', strange[0], known)}{hint}")
    return {series: by_name[series]} if series else by_name
