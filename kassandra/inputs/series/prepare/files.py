"""Several tables of one folder as one: splits that follow on each other in time, a series each, or parts of one."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.clock import Clock
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some
from kassandra.inputs.series.prepare import prices
from kassandra.params.inputs.series import ROW, TableSource
from kassandra.sources.own.table_file import Table, called, first_rows
from kassandra.sources.own.tables_of import by_split


class Rows(NamedTuple):
    """The rows of a table that are used. mine: of each series, numbers of its rows as they stand in the table. times:
    (all rows,). values: (all rows, names). said: what was left out, or decided. meta: for meta.json."""

    mine: dict[str, NDArray[np.int64]]
    times: NDArray[np.int64]
    clock: Clock
    names: list[str]
    values: NDArray[np.float64]
    said: list[str]
    meta: dict[str, Any]


Until = tuple[str | None, str | None]  # when train and valid end, where files say it
Read = Callable[[Path], tuple[Table, Rows]]


def read_files(files: Sequence[Path], raw: Path, source: TableSource, read: Read) -> tuple[Table, Rows, Until]:
    """The rows of all files, as of one table; and when the splits end, where each has a file.

    Raises:
        KassandraError: there are several, and nothing says what they are; or one cannot be read; or the splits do not
            follow on each other.
    """
    if not files:
        raise KassandraError(f"source.path: expected a table of series; found no file in {raw}")
    if len(files) == 1:
        return *read(files[0]), (None, None)
    if source.files == "series":
        parts, said, named = {path.name: path for path in files}, list[str](), None
    elif source.files == "parts":
        parts, said, named = {path.name: path for path in files}, list[str](), prices.stem(raw)
    else:
        splits, said = _splits(files, raw, source)
        if len(splits) == 1:
            table, rows = read(next(iter(splits.values())))
            return table, rows._replace(said=[*said, *rows.said]), (None, None)
        parts, named = dict(splits), prices.stem(raw)
    tables = {name: read(path) for name, path in parts.items()}
    table, rows = _joined(raw, tables, source, named)
    rows = rows._replace(
        said=[*said, f"{len(tables)} tables: {some(path.name for path in parts.values())}", *rows.said]
    )
    if source.files:
        return table, rows, (None, None)
    until = _ends({name: times for name, (_, times) in zip(parts, _times(tables, source), strict=True)}, rows.clock)
    return table, rows, until


def _splits(files: Sequence[Path], raw: Path, source: TableSource) -> tuple[dict[str, Path], list[str]]:
    """The table of each split; one without what is to be forecast, as competitions have it, is none."""
    try:
        splits, said = by_split(files, raw)
        for split, path in list(splits.items()):
            names = first_rows(path, source, 0)[0] if split in ("valid", "test") else []
            if lacking := [one for one in source.targets if names and called(one, names) not in names]:
                del splits[split]
                said.append(f"{path}: has no column {lacking[0]!r}, so it is not the {split} split, and is set aside")
        return splits, said
    except KassandraError as error:
        raise KassandraError(
            f"{error}; several tables with the same columns are read by `source.files`: `series`, one each, or `parts` "
            "of one"
        ) from None


def _times(tables: dict[str, tuple[Table, Rows]], source: TableSource) -> list[tuple[str, NDArray[np.int64]]]:
    """Of each table, on one clock; rows that are counted go on from table to table."""
    finest = max((rows.clock for _, rows in tables.values()), key=lambda clock: clock.per_second)
    before, result = 0, []
    for name, (_, rows) in tables.items():
        times = rows.times if rows.clock.unit == "step" else rows.times * finest.per_second // rows.clock.per_second
        if source.time == ROW and source.files != "series":
            times = times + before
            before = int(times.max(initial=before))
        result.append((name, times))
    return result


def _joined(
    raw: Path, tables: dict[str, tuple[Table, Rows]], source: TableSource, named: str | None
) -> tuple[Table, Rows]:
    """named: the series of all tables, where no column names them; None names each by its table."""
    columns: dict[str, list[Any]] = {}
    mine: dict[str, list[NDArray[np.int64]]] = {}
    lines: list[str] = []
    said: list[str] = []
    left_out: dict[str, Any] = {}
    for table, rows in tables.values():
        for series, own in rows.mine.items():
            name = series if source.named_by or named is None else named
            mine.setdefault(name, []).append(own + len(lines))
        for name, cells in table.columns.items():
            columns.setdefault(name, []).extend(cells)
        lines += [f"{line} of {table.path.name}" for line in table.lines]
        said += [f"{table.path.name}: {one.removeprefix(f'{table.path}: ')}" for one in rows.said if one]
        left_out |= {table.path.name: rows.meta["left_out"]} if "left_out" in rows.meta else {}
    all_rows = [rows for _, rows in tables.values()]
    clock = max((rows.clock for rows in all_rows), key=lambda one: one.per_second)
    places = np.array(lines, dtype=object)
    series_rows = {name: np.concatenate(own) for name, own in sorted(mine.items())}
    times = np.concatenate([times for _, times in _times(tables, source)])
    values = np.concatenate([rows.values for rows in all_rows])
    meta = {"left_out": left_out} if left_out else {}
    return (
        Table(raw, columns, places),
        Rows(series_rows, times, clock, all_rows[0].names, values, said, meta),
    )


def _ends(times: dict[str, NDArray[np.int64]], clock: Clock) -> Until:
    """The first times of valid and test; without a table of valid, it is drawn from the end of train.

    Raises:
        KassandraError: a split begins before the one before has ended.
    """
    spans = {name: (int(own.min()), int(own.max())) for name, own in times.items()}
    names = list(spans)
    for before, later in pairwise(names):
        if spans[later][0] <= spans[before][1]:
            raise KassandraError(
                f"source.path: {later} begins at {clock.text(spans[later][0])}, and {before} ends at "
                f"{clock.text(spans[before][1])}; splits of series are parts of time, one after the other, the same "
                "for all series"
            )
    first = {name: clock.text(span[0]) for name, span in spans.items()}
    return first.get("valid"), first.get("test")
