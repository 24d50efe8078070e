"""A table of your own, read as `source` says it is written: the chosen columns, each row with its line, none lost.

Cells are text as it stands there, or in .jsonl, .xlsx and .parquet numbers, booleans and None. A row that cannot be
used is kept as its line and the reason.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own.columns import Choose, Row, chosen_of
from kassandra.sources.own.json_file import rows_of_json
from kassandra.sources.own.lines import (
    NOT_UTF_8,
    NUL,
    RETURN,
    Record,
    encoding_hint,
    garbled,
    lines_of,
    records,
    within,
)
from kassandra.sources.own.parquet_file import rows_of_parquet
from kassandra.sources.own.refused import SHOWN, Refused
from kassandra.sources.own.unpacked import LARGEST, readable, unpacked
from kassandra.sources.own.workbook import rows_of_sheet

PANDAS = re.compile(r"Unnamed: (\d+)")  # how pandas calls columns without a name
OF_LINES = ("columns", "header", "header_rows", "skip_rows", "skip_footer")
EMPTY_ROWS = "rows of empty cells alone, taken for empty lines"
LONGER = "rows with empty cells after the last column, not read"


@dataclass
class Table:
    """columns: name → a cell per good row. lines: (rows,) where each begins, counted from 1, header included; in
    parquet the number of the row. refused: every other row. remarks: what else was left out or guessed, and how often.
    garbled: some lines that are not UTF-8."""

    path: Path
    columns: dict[str, list[Any]]
    lines: NDArray[np.int64]
    refused: list[Refused] = field(default_factory=list)
    remarks: Counter[str] = field(default_factory=Counter)
    unit: str = "line"
    garbled: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.lines) + len(self.refused)

    def where(self, rows: Iterable[int | np.integer]) -> str:
        """`line 3`, or `lines 3, 4, 5, 6, 7 and 2 more`."""
        lines = [str(self.lines[row]) for row in rows]
        return f"{self.unit}{'s' if len(lines) > 1 else ''} {first(lines)}"

    def cells(self, column: str, rows: Iterable[int | np.integer]) -> str:
        """`'n/a' (line 3), '-' (line 4)`, and how many more."""
        cells = [(str(self.columns[column][row]), self.lines[row]) for row in rows]
        return first([f"{shortened(cell)!r} ({self.unit} {line})" for cell, line in cells])

    def hint(self) -> str:
        """What may be wrong with the whole file, where rows are refused for their encoding."""
        reasons = Counter(row.reason for row in self.refused)
        if reasons[NUL]:
            return "NUL characters stand in UTF-16, too: `source.encoding: utf-16`"
        return encoding_hint(self.garbled) if reasons[NOT_UTF_8] else ""


def first(items: Sequence[str]) -> str:
    """
    >>> first(["3", "4", "5", "6", "7", "8", "9"])
    '3, 4, 5, 6, 7 and 2 more'
    """
    return ", ".join(items[:SHOWN]) + (f" and {len(items) - SHOWN} more" if len(items) > SHOWN else "")


def shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def called(name: str, names: Sequence[str]) -> str:
    """The name of a column here: `Unnamed: 0`, as pandas calls the first where it has none, is `column 1`.

    >>> called("Unnamed: 0", ["column 1", "load"]), called("load", ["column 1", "load"])
    ('column 1', 'load')
    """
    match = PANDAS.fullmatch(name)
    alias = f"column {int(match[1]) + 1}" if match and len(match[1]) < 9 else name
    return alias if name not in names and alias in names else name


def read_table(path: Path, source: TableFile, choose: Choose, largest: int = LARGEST) -> Table:
    """The chosen columns of a table; empty lines are no rows.

    Args:
        choose: is given the names of all columns. largest: bytes of text, unpacked.

    Raises:
        KassandraError: the file is missing, damaged, empty, or no table; its header cannot be read; a chosen column is
            there twice, or holds no cells that can be read; a line or a cell is longer than 10 MB; a quote is never
            closed; or there is no row.
    """
    with opened(path, source, choose, largest) as (table, names, rows):
        kept: list[list[Any]] = [[] for _ in names]
        lines: list[int] = []
        for line, row in rows:
            if isinstance(row, str):
                table.refused.append(Refused(line, row))
                continue
            lines.append(line)
            for column, cell in zip(kept, row, strict=True):
                column.append(cell)
    table.columns, table.lines = dict(zip(names, kept, strict=True)), np.array(lines, np.int64)
    if not table.total:
        raise KassandraError(f"{path}: holds the names of columns and no rows; expected a row per time or text")
    return table


@contextmanager
def opened(
    path: Path, source: TableFile, choose: Choose, largest: int = LARGEST
) -> Iterator[tuple[Table, Sequence[str], Iterator[Row]]]:
    """A table without its rows, the names of the chosen columns, and the rows to be read, one after another: of a table
    that is larger than memory as text. Raises as `read_table`, also while rows are read."""
    with readable(path), unpacked(path) as (file, kind):
        table = Table(path, {}, np.array([], np.int64))
        if kind == "lines" and re.search(r"\.(jsonl|ndjson|json)\b", path.name.lower()):
            kind = "json"
        if kind in ("parquet", "json"):
            _refuse_keys_of_lines(path, source)
        if kind == "parquet":
            table.unit = "row"
            yield table, *rows_of_parquet(file, path, choose)
        elif kind == "json":
            yield table, *rows_of_json(path, source, choose, largest)
        else:
            cells = (
                rows_of_sheet(file, path, source) if kind == "workbook"
                else _delimited(file, path, source, largest, table)
            )  # fmt: skip
            yield table, *_with_header(cells, path, source, choose, table)


def _refuse_keys_of_lines(path: Path, source: TableFile) -> None:
    """A file that names its columns itself has no header to be skipped or replaced."""
    fields = TableFile.model_fields
    if unused := [
        key for key in OF_LINES if getattr(source, key) != fields[key].get_default(call_default_factory=True)
    ]:
        raise KassandraError(f"source.{unused[0]}: is of tables of lines; {path.name} names its columns itself")


def _delimited(file: Any, path: Path, source: TableFile, largest: int, table: Table) -> Iterator[Record]:
    lines = lines_of(file, path, source.encoding, largest)

    def watched() -> Iterator[str]:
        for line in lines:
            if len(table.garbled) < 200 and not line.isascii() and garbled(line) == NOT_UTF_8:
                table.garbled.append(line)
            yield line

    return records(within(watched(), source.skip_rows, source.skip_footer), path, source)


def _with_header(
    rows: Iterator[Row], path: Path, source: TableFile, choose: Choose, table: Table
) -> tuple[Sequence[str], Iterator[Row]]:
    """The names of the chosen columns, and their cells in each row."""
    begin, head = next(rows, (0, ""))
    if not begin:
        raise KassandraError(f"{path}: is empty; expected a first line with the names of columns, and rows below")
    if isinstance(head, str):
        advice = {NUL: "`source.encoding: utf-16`?", NOT_UTF_8: encoding_hint(table.garbled)}
        advice[RETURN] = "end lines in line feeds"
        raise KassandraError(f"{path}: line {begin}: {head}; {advice.get(head, 'mend the names of the columns')}")
    if source.header == "none":
        rows, names = chain([(begin, head)], rows), [f"column {place + 1}" for place in range(len(head))]
    else:
        for _ in range(source.header_rows - 1):
            next(rows, None)
        names = [str(name).strip() or f"column {place + 1}" for place, name in enumerate(head)]
    if source.columns:
        if len(source.columns) != len(names):
            raise KassandraError(
                f"source.columns: names {len(source.columns)} columns; {path.name} has {len(names)} in line {begin}"
            )
        names = source.columns
    chosen = chosen_of(path, names, choose)
    places = [names.index(name) for name in chosen]
    return chosen, _cells(rows, len(names), places, table.remarks)


def _cells(rows: Iterator[Row], count: int, places: list[int], remarks: Counter[str]) -> Iterator[Row]:
    for line, row in rows:
        if isinstance(row, str):
            yield line, row
        elif len(row) == count and (count == 1 or any(cell not in ("", None) for cell in row)):
            yield line, [row[place] for place in places]
        elif not any(cell not in ("", None) for cell in row):
            remarks[EMPTY_ROWS] += 1
        elif len(row) > count and all(cell in ("", None) for cell in row[count:]):
            remarks[LONGER] += 1
            yield line, [row[place] for place in places]
        else:
            yield line, f"{'more' if len(row) > count else 'fewer'} fields than the {count} columns"


def first_rows(path: Path, source: TableFile, count: int) -> tuple[list[str], list[Row]]:
    """The names of all columns that can be chosen, and the first rows as they are read; for `kassandra init`."""
    everything: list[str] = []

    def choose(names: list[str]) -> list[str]:
        everything.extend(name for name in names if names.count(name) == 1)
        return everything

    with opened(path, source, choose) as (_, _, rows):
        return everything, list(islice(rows, count))
