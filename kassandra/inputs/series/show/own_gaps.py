"""A table of a user's with gaps, read for `kassandra predict`: all of its rows, and a window around each gap."""

from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.gaps import ends_of_windows, missing
from kassandra.contracts.splits import Span
from kassandra.contracts.windows import Split
from kassandra.inputs.series.prepare.gaps import read as read_series
from kassandra.inputs.series.show import own_table
from kassandra.params.inputs.series import GapsPrepare, TableSource

OPTIONS = own_table.OPTIONS
read = own_table.read


def table_with_gaps(path: Path, meta: dict[str, Any], series: str | None = None) -> Split:
    """All rows of each series of the table, scaled as in train; `values` are NaN where they are missing.

    Args:
        series: as of own_table.last_windows.

    Raises:
        KassandraError: it cannot be read, or has a series that train had not.
    """
    reading = meta["reading"]
    source = TableSource.model_validate(reading["source"] | {"path": str(path)})
    keys = GapsPrepare.model_fields.keys() & reading["prepare"]
    params = GapsPrepare.model_validate({key: reading["prepare"][key] for key in keys})
    everything = read_series(path, source, params, to_learn=False)
    tables = own_table.known_series(everything, meta, series, bool(source.series), path)
    nothing = everything.series[0].between(Span(0, 0))
    chosen = [tables.get(name, nothing) for name in meta["series"]]
    offsets = np.cumsum([0, *(len(one.times) for one in chosen)]).astype(np.int64)
    scaled = []
    for number, one in enumerate(chosen):
        mean, std = (np.array(meta[key][number])[: one.inputs.shape[1]] for key in ("input_mean", "input_std"))
        with np.errstate(over="ignore"):
            inputs = ((one.inputs - mean) / std).astype(np.float32)
        if np.isinf(inputs).any():
            raise KassandraError(f"{path}: holds numbers far too large for what the model was trained on")
        scaled.append(np.hstack([np.nan_to_num(inputs, nan=0.0), np.isnan(one.inputs[:, meta["lacking"]])]))
    values, times = (np.concatenate([getattr(one, name) for one in chosen]) for name in ("values", "times"))
    gaps, _ = missing(~np.isnan(values), offsets, int(meta["longest"]))
    ends = ends_of_windows(gaps, offsets, int(meta["window"]))
    return Split(np.concatenate(scaled).astype(np.float32), values, times, offsets, ends)
