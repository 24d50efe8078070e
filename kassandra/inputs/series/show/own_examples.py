"""Series of a user's, read for `kassandra predict`, and where the model looked."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare import ts_files
from kassandra.inputs.series.prepare.examples import read_file
from kassandra.inputs.series.prepare.labelled import Read
from kassandra.judging.shown import half_of
from kassandra.params.inputs.series import ExamplesPrepare, ExamplesSource

NAME = "series"
OPTIONS: set[str] = set()
OF_LABELS = {"label", "label_pattern", "group", "split"}  # keys of `source` that say what is not asked for


def read(given: list[str], meta: dict[str, Any]) -> tuple[list[str], list[NDArray[np.float64]]]:
    """Names, and series (steps, columns) as they were measured: of .ts and .arff files all, each named by its line; of
    tables those that are read as the table of train was. A table given to a model of .ts files is one series, a row
    per step; or, where the model reads one column alone, has no header and a series in each row.

    Raises:
        KassandraError: there is none, or one cannot be read.
    """
    if not given:
        raise KassandraError("predict: give a file of series (.ts, .arff, or a table as that of train), or several")
    names, series = list[str](), list[NDArray[np.float64]]()
    for one in given:
        path = Path(one)
        if not path.is_file():
            raise KassandraError(f"{path}: no such file")
        found = _read(path, meta)
        width = found.series[0].values.shape[1]
        if width != len(meta["columns"]):
            raise KassandraError(f"{path}: series of {width} columns; the model reads {len(meta['columns'])}")
        names += [each.id for each in found.series]
        series += [each.values for each in found.series]
    return names, series


def _read(path: Path, meta: dict[str, Any]) -> Read:
    of_table = {key: value for key, value in meta["source"].items() if key not in OF_LABELS}
    windows = {"window": meta["window"], "step": meta["step"]} if meta["window"] else {}
    prepare = ExamplesPrepare.model_validate({key: value for key, value in windows.items() if value})
    if ts_files.is_one(path):
        own = {"encoding": of_table["encoding"]} if "encoding" in of_table else {}
        return read_file(path, ExamplesSource(path=str(path), **own), ExamplesPrepare(), to_learn=False)
    if "values" in of_table:
        source = ExamplesSource.model_validate({**of_table, "path": str(path)})
        return read_file(path, source, prepare, to_learn=False)
    if len(meta["columns"]) == 1:
        return read_file(path, ExamplesSource(path=str(path), header="none"), prepare, to_learn=False)
    source = ExamplesSource(path=str(path))
    wide = read_file(path, source, prepare, to_learn=False)  # a row is a step here
    width = len(meta["columns"])
    if len(wide.of_table) != width:
        raise KassandraError(f"{path}: {len(wide.of_table)} columns of numbers; the model reads {width}")
    ends = [(0, width - len(one.values)) for one in wide.series]  # missing values at the end of a row
    whole = [np.pad(one.values[:, 0], end, constant_values=np.nan) for one, end in zip(wide.series, ends, strict=True)]
    return wide._replace(series=[wide.series[0]._replace(values=np.stack(whole), id=path.name)])


def columns(predictor: Any, series: list[NDArray[np.float64]], outputs: Any) -> dict[str, list[Any]]:
    """The length of each series, and of an attention model the steps that it looked at most."""
    added: dict[str, list[Any]] = {"steps": [len(one) for one in series]}
    if getattr(outputs, "attention", None) is not None:
        pool = int(predictor.meta["pool"])
        added["looked_at"] = [_span(shares, pool) for shares in outputs.attention]
    return added


def _span(shares: NDArray[np.float32], pool: int) -> tuple[int, int]:
    """First and last step, counted from 1, of the shortest stretch that holds half of `shares` (steps,)."""
    first, end = half_of(shares)
    return first * pool + 1, end * pool
