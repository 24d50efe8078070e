"""The numbers of a column, as `source` says that they are written; what is none is a fault of its row."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.inputs.series.prepare.faults import Fault
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own.numbers import advice, reader
from kassandra.sources.own.table_file import Table


def numbers(table: Table, column: str, source: TableFile) -> tuple[NDArray[np.float64], list[Fault]]:
    """(rows,) NaN where a cell is empty, `nan`, or one of `missing_values`; and cells that hold anything else."""
    cells, read, marks = table.columns[column], reader(source), set(source.missing_values)
    values = np.full(len(cells), np.nan)
    wrong = []
    for row, cell in enumerate(cells):
        if not _is_missing(cell, marks):
            value = read(cell)
            if value is None:
                wrong.append(row)
            else:
                values[row] = value
    for mark in {value for mark in marks if (value := read(mark)) is not None}:  # -9999 is -9999.00 too
        values[values == mark] = np.nan
    if not wrong:
        return values, []
    what = f"column {column!r} holds what is no finite number"
    text = f"{table.path}: {what}: {table.cells(column, wrong)}; {advice(str(cells[wrong[0]]).strip(), source)}"
    return values, [Fault(wrong, f"no number in column {column!r}", text)]


def _is_missing(cell: Any, marks: set[str]) -> bool:
    if isinstance(cell, str):
        text = cell.strip()
        return not text or text.lower() == "nan" or text in marks
    return cell is None or bool(cell != cell)
