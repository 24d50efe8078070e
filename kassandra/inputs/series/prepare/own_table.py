"""Your own series from a table, read so that nothing is repaired in silence: what is done is declared, and reported."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import files_in
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown
from kassandra.inputs.series.prepare import policies
from kassandra.inputs.series.prepare.clock import Times, read_times
from kassandra.inputs.series.prepare.rows import Rows, numbers, read_rows
from kassandra.params.inputs.series import TableSource


class Series(NamedTuple):
    """times: (rows,) seconds since 1970 in UTC, strictly increasing. columns: each (rows,), finite where `usable`.

    usable: (rows,) False where a value was missing and `missing: drop` leaves out the windows that would see the row.
    Such rows stand in the series, with NaN, so that the clock is regular.
    filled: (rows,) True where a value was missing and `forward` or `interpolate` made one up. An interpolated value
    knows the next one: of a run of such rows that a split ends within, the split must use none.
    """

    name: str
    times: Times
    columns: dict[str, NDArray[np.float64]]
    usable: NDArray[np.bool_]
    filled: NDArray[np.bool_]


class Read(NamedTuple):
    """message: what was done, by which policy, with counts; empty where the table was taken as it is."""

    series: list[Series]
    message: str


def read_own(raw: Path, source: TableSource, missing: str, duplicates: str, to_learn: bool = True) -> Read:
    """The series of a table, or of the only one in a folder, in the order of their names.

    Rows may stand in any order. A series is named by its column, or where there is none by the file.

    Args:
        missing: what is done where a cell is empty, or a time that `source.frequency` expects between the first and the
            last of a series is not there: `error`, `forward`, `interpolate` or `drop`.
        duplicates: what is done where a series has two rows for one time: `error`, the `first` or the `last` of them as
            they stand in the file, or the `mean` of each column's cells that are not empty.
        to_learn: whether a target that never changes is refused.

    Raises:
        KassandraError: there is not one file; it, or a cell, cannot be read (see read_rows, read_times, numbers); a
            column is unknown or holds no number; a target never changes; a row names no series; a time does not fit
            the frequency; or something is missing or twice there, and the policy is `error` or has nothing to go by.
    """
    rows = read_rows(_only_file(raw), lambda known: _columns(source, known))
    assert source.time is not None  # a section with a path has one
    times = read_times(rows, source.time, source.time_format)
    names = list(dict.fromkeys([*source.targets, *source.features]))
    values = np.stack([numbers(rows, name) for name in names], axis=1)  # (rows, columns)
    _refuse_what_says_nothing(rows, names, source.targets if to_learn else [], values)
    messages = [""] * 4
    parts, messages[0] = _sorted(_by_series(rows, source.series), times, values)
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


def _only_file(raw: Path) -> Path:
    if raw.is_file():
        return raw
    files = files_in(raw)
    if len(files) != 1:
        raise KassandraError(f"source.path: expected one table of series; found {[path.name for path in files]}")
    return files[0]


def _columns(source: TableSource, known: list[str]) -> list[str]:
    chosen = [("time", source.time), *(("target", name) for name in source.targets)]
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


def _sorted(
    series: dict[str, NDArray[np.int64]], times: Times, values: NDArray[np.float64]
) -> tuple[list[policies.Part], str]:
    """Each series in the order of time; rows of one time as they stand in the file."""
    orders = [mine[np.argsort(times[mine], kind="stable")] for mine in series.values()]
    parts = [
        policies.Part(name, order, times[order], values[order]) for name, order in zip(series, orders, strict=True)
    ]
    late = [int((times[mine] < np.maximum.accumulate(times[mine])).sum()) for mine in series.values()]
    return parts, policies.counted(late, "row stood after a later one", "rows stood after later ones", "sorted")
