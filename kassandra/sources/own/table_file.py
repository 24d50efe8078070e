"""A table of your own, read as `source` says it is written: the chosen columns, each row with its line, none lost.

Cells are text as it stands there, or in .jsonl, .xlsx and .parquet numbers, booleans and None. A row that cannot be
used is kept as its line and the reason.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.table_file import TableFile
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
from kassandra.sources.own.refused import SHOWN, Refused
from kassandra.sources.own.unpacked import LARGEST, readable, unpacked

Choose = Callable[[list[str]], Sequence[str]]  # from the names of all columns those that are read
Row = tuple[int, list[Any] | str]  # the line where it begins; its cells, or the reason against it
PANDAS = re.compile(r"Unnamed: (\d+)")  # how pandas calls columns without a name
OF_LINES = ("columns", "header", "header_rows", "skip_rows", "skip_footer")
DEEPEST = 5  # objects within objects whose keys are columns
MOST_KEYS = 10_000  # different ones in the lines of .jsonl
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
    with readable(path), unpacked(path) as (file, kind):
        table = Table(path, {}, np.array([], np.int64))
        if kind == "lines" and re.search(r"\.(jsonl|ndjson|json)\b", path.name.lower()):
            kind = "json"
        if kind in ("parquet", "json"):
            _refuse_keys_of_lines(path, source)
        if kind == "parquet":
            names, rows = _parquet(file, path, choose)
            table.unit = "row"
        elif kind == "json":
            names, rows = _json(path, source, choose, largest)
        else:
            cells = (
                _workbook(file, path, source) if kind == "workbook" else _delimited(file, path, source, largest, table)
            )
            names, rows = _with_header(cells, path, source, choose, table)
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
    chosen = _chosen(path, names, choose)
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


def _json(path: Path, source: TableFile, choose: Choose, largest: int) -> tuple[Sequence[str], Iterator[Row]]:
    """Lines with an object each, or one list of objects. Twice through the file: all keys are known before any row."""
    keys: dict[str, None] = {}
    for _, one in _objects(path, source, largest):
        keys |= dict.fromkeys(one) if isinstance(one, dict) else {}
        if len(keys) > MOST_KEYS:
            raise KassandraError(f"{path}: has more than {MOST_KEYS:,} different keys; is it a table?")
    names = _chosen(path, list(keys), choose) if keys else []

    def rows() -> Iterator[Row]:
        for line, one in _objects(path, source, largest):
            if isinstance(one, str):
                yield line, one
            elif lacking := [name for name in names if name not in one]:
                yield line, f"no key {lacking[0]!r}"
            else:
                yield line, [one[name] for name in names]

    return names, rows()


def _objects(path: Path, source: TableFile, largest: int) -> Iterator[tuple[int, dict[str, Any] | str]]:
    with readable(path), unpacked(path) as (file, _):
        if re.match(rb"(\xef\xbb\xbf)?\s*\[\s*\{", file.peek(64)):
            content = file.read(LARGEST + 1)
            if len(content) > LARGEST:
                raise KassandraError(f"{path}: holds more than {LARGEST >> 20} MiB; write an object per line")
            try:
                yield from enumerate((_object(one) for one in json.loads(content)), 1)
            except (ValueError, RecursionError):
                raise KassandraError(f"{path}: begins as a list of JSON objects, but is not valid JSON") from None
            return
        for number, line in enumerate(lines_of(file, path, source.encoding, largest), 1):
            if line.strip():
                yield number, garbled(line) or _object(line)


def _object(value: Any) -> dict[str, Any] | str:
    """The JSON object of a line, or why there is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return "invalid JSON"
    return flattened(value) if isinstance(value, dict) else "JSON, but no object"


def flattened(value: dict[str, Any], depth: int = DEEPEST) -> dict[str, Any]:
    """What an object within an object holds is a column too, as `a.b`.

    >>> flattened({"a": {"b": 1}, "c": [2]})
    {'a.b': 1, 'c': [2]}
    """
    if depth == 0 or not any(isinstance(one, dict) for one in value.values()):
        return value
    flat: dict[str, Any] = {}
    for key, one in value.items():
        if isinstance(one, dict) and one:
            flat |= {f"{key}.{name}": part for name, part in flattened(one, depth - 1).items()}
        else:
            flat[key] = one
    return flat


def _workbook(file: Any, path: Path, source: TableFile) -> Iterator[Row]:
    """The rows of a sheet; formulas as their last results."""
    from openpyxl import load_workbook  # here: it costs a tenth of a second
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(file, read_only=True, data_only=True)
        if source.sheet is not None and source.sheet not in book.sheetnames:
            raise KassandraError(f"source.sheet: {path.name} has no sheet {source.sheet!r}; it has {book.sheetnames}")
        sheet = book[source.sheet] if source.sheet else book.worksheets[0]
        rows = [
            (number, [_of_sheet(cell) for cell in row])
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1)
            if any(cell is not None for cell in row)
        ]
    except KassandraError:
        raise
    except (InvalidFileException, KeyError, ValueError, IndexError, SyntaxError, AttributeError, TypeError) as error:
        raise OSError(f"as .xlsx: {error}") from None
    widest = max((place for _, row in rows for place, cell in enumerate(row, 1) if cell != ""), default=0)
    rows = [(number, [*row, *[""] * (widest - len(row))][:widest]) for number, row in rows]
    stop = len(rows) - source.skip_footer
    return iter([row for row in rows[: max(stop, 0)] if row[0] > source.skip_rows])


def _of_sheet(cell: Any) -> Any:
    if isinstance(cell, datetime | date):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat()
    return "" if cell is None else cell


def _parquet(file: Any, path: Path, choose: Choose) -> tuple[Sequence[str], Iterator[Row]]:
    import pyarrow as pa  # here: it costs a quarter of a second, which other kinds of table need not wait for
    from pyarrow import parquet

    def cells(column: Any, name: str) -> Iterable[Any]:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.dictionary_decode()
            kind = column.type
        if pa.types.is_timestamp(kind):
            column = column.cast(pa.timestamp(kind.unit, "UTC")) if kind.tz else column  # written with a Z
            return cast(Iterable[Any], column.cast(pa.string()).to_pylist())
        if pa.types.is_date(kind) or pa.types.is_time(kind):
            return cast(Iterable[Any], column.cast(pa.string()).to_pylist())
        # As bytes: pyarrow does not check that strings are UTF-8, and to_pylist fails on the whole column.
        binary = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary_view()}
        values = column.cast(binary.get(kind, kind)).to_pylist()
        return (one.decode("utf-8", "surrogateescape") if isinstance(one, bytes) else one for one in values)

    try:
        opened = parquet.ParquetFile(cast(BinaryIO, file))
        names = _chosen(path, opened.schema_arrow.names, choose)
    except pa.ArrowException as error:
        raise OSError(f"as parquet: {error}") from None

    def rows() -> Iterator[Row]:
        try:
            number = 0
            for batch in opened.iter_batches(columns=list(names)):
                for row in zip(*(cells(batch.column(name), name) for name in names), strict=True):
                    number += 1
                    fault = next((why for cell in row if isinstance(cell, str) and (why := garbled(cell))), None)
                    yield number, fault or list(row)
        except pa.ArrowException as error:
            raise OSError(f"as parquet: {error}") from None

    return names, rows()


def _chosen(path: Path, names: list[str], choose: Choose) -> Sequence[str]:
    chosen = choose([name for name in names if name])
    if twice := [name for name in chosen if Counter(names)[name] > 1]:
        raise KassandraError(
            f"{path}: column {twice[0]!r} is named more than once; give each a name of its own, as in `source.columns`"
        )
    return chosen


def first_rows(path: Path, source: TableFile, count: int) -> tuple[list[str], list[Row]]:
    """The names of all columns that can be chosen, and the first rows as they are read; for `kassandra init`."""
    everything: list[str] = []

    def choose(names: list[str]) -> list[str]:
        everything.extend(name for name in names if names.count(name) == 1)
        return everything

    with readable(path), unpacked(path) as (file, kind):
        if kind in ("parquet", "json"):
            rows = _parquet(file, path, choose)[1] if kind == "parquet" else _json(path, source, choose, LARGEST)[1]
        else:
            table = Table(path, {}, np.array([], np.int64))
            cells = (
                _workbook(file, path, source) if kind == "workbook" else _delimited(file, path, source, LARGEST, table)
            )
            rows = _with_header(cells, path, source, choose, table)[1]
        return everything, list(islice(rows, count))
