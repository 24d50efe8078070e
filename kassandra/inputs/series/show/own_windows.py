"""A user's table, of the columns that a model was trained on, as the last window of each of its series."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import unknown
from kassandra.contracts.series import Columns
from kassandra.contracts.splits import Span
from kassandra.contracts.windows import Split
from kassandra.inputs.series.prepare.table import Scale, join, read
from kassandra.params.inputs.series import TablePrepare, TableSource


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
    everything = read(path, source, params, meta["predict"], to_learn=False)
    if everything.message:
        print(everything.message, file=sys.stderr)
    tables = _chosen(everything.series, known, series, bool(source.series), path)
    for name, one in tables.items():
        rows = int(np.logical_and.accumulate(one.usable[::-1]).sum())
        if rows < meta["window"]:
            raise KassandraError(
                f"{path}: series {name!r} ends in {rows} rows without a gap; the model reads the last {meta['window']}"
            )
    nothing = everything.series[0].between(Span(0, 0))
    scales = map(Scale, meta["input_mean"], meta["input_std"])
    split = join([tables.get(name, nothing) for name in known], scales, meta["window"], 0)
    if not np.isfinite(split.inputs).all():
        raise KassandraError(f"{path}: holds numbers far too large for what the model was trained on")
    begins, ends = split.offsets[:-1], split.offsets[1:]
    return split._replace(origins=ends[ends > begins] - 1)


def _chosen(tables: list[Columns], known: list[str], series: str | None, named: bool, path: Path) -> dict[str, Columns]:
    """By name, of the names in train.

    Args:
        named: whether a column names the series; else a file's name is that of its series, or `series` is.
    """
    if not named and len(tables) == 1 and (series or len(known) == 1):
        tables = [tables[0]._replace(name=series or known[0])]
    by_name = {one.name: one for one in tables}
    if series and series not in by_name:
        raise KassandraError(unknown(f"--series: {path}", "series name", series, by_name))
    if strange := [name for name in ([series] if series else by_name) if name not in known]:
        hint = "" if named else "; --series says which it is"
        raise KassandraError(f"{unknown(str(path), 'series name', strange[0], known)}{hint}")
    return {series: by_name[series]} if series else by_name
