"""Your own table of numbers, .csv, .tsv or .parquet, as text: each cell as it stands there, each row with its line.

pandas fills rows that are too short, reads `NA` as missing and `1,234` as it likes, and forgets the lines; so csv of
Python reads here, and what is no number is reported with its line.
"""

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import missing
from kassandra.contracts.errors import KassandraError

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".zip", ".parquet")
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
SHOWN = 5  # lines per error
LARGEST_TABLE = 1 << 29  # bytes, unpacked; as rows in memory it is many times that
LONGEST_LINE = 10_000_000  # bytes; split into fields, a longer one may need more memory than there is
LARGEST = 1e100  # the square of a larger number may be infinite
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
Choose = Callable[[list[str]], Sequence[str]]  # from the names of all columns those that are read


class Rows(NamedTuple):
    """columns: name → a cell per row, without white space at its ends. lines: (rows,) where each row begins, counted
    from 1, header included; in parquet the number of the row."""

    path: Path
    columns: dict[str, list[str]]
    lines: NDArray[np.int64]

    @property
    def unit(self) -> str:
        return "row" if self.path.suffix.lower() == ".parquet" else "line"

    def where(self, rows: Iterable[int | np.integer]) -> str:
        """`line 3`, or `lines 3, 4, 5, 6, 7 and 2 more`."""
        lines = [str(self.lines[row]) for row in rows]
        return f"{self.unit}{'s' if len(lines) > 1 else ''} {first(lines)}"

    def cells(self, column: str, rows: Iterable[int | np.integer]) -> str:
        """`'n/a' (line 3), '-' (line 4)`, and how many more."""
        cells = [(self.columns[column][row], self.lines[row]) for row in rows]
        return first([f"{shortened(cell)!r} ({self.unit} {line})" for cell, line in cells])


def first(items: Sequence[str]) -> str:
    """
    >>> first(["3", "4", "5", "6", "7", "8", "9"])
    '3, 4, 5, 6, 7 and 2 more'
    """
    return ", ".join(items[:SHOWN]) + (f" and {len(items) - SHOWN} more" if len(items) > SHOWN else "")


def shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def read_rows(path: Path, choose: Choose) -> Rows:
    """The chosen columns of a table in UTF-8; empty lines are no rows.

    Raises:
        KassandraError: the suffix is unknown; the file is missing, damaged, empty, or not UTF-8; a row has more or
            fewer fields than there are columns; a quote is never closed; a chosen column is there twice, or holds
            neither numbers, times nor text; or there is no row.
    """
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        raise KassandraError(f"{path}: no table of series; known suffixes are {[*SUFFIXES]}")
    try:
        rows = (_parquet if name.endswith(".parquet") else _delimited)(path, choose)
    except FileNotFoundError:
        raise missing(path) from None
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:  # all but the first: cut off or damaged
        raise KassandraError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    if not len(rows.lines):
        raise KassandraError(f"{path}: holds the names of columns and no rows; expected a row per time")
    return rows


def numbers(rows: Rows, column: str) -> NDArray[np.float64]:
    """(rows,) the numbers of a column, NaN where a cell is empty or `nan`.

    Raises:
        KassandraError: a cell holds anything else that is no finite number.
    """
    cells = rows.columns[column]
    wrong = [row for row, cell in enumerate(cells) if cell and not NUMBER.fullmatch(cell) and cell.lower() != "nan"]
    if not wrong:
        values = np.array([float(cell) if cell else np.nan for cell in cells])
        wrong = [int(row) for row in np.flatnonzero(np.abs(values) > LARGEST)]  # as 1e999
        if not wrong:
            return values
    cell, advice = cells[wrong[0]], "leave a cell empty where there is no value"
    if re.fullmatch(r"[+-]?[\d.,' ]*\d,\d[\d.,' ]*", cell):
        advice = "is it a decimal comma, or one between thousands? Write 1234.5"
    elif NUMBER.match(cell) and not NUMBER.fullmatch(cell):
        advice = "write the number alone, without a unit"
    what = f"column {column!r} holds what is no finite number"
    raise KassandraError(f"{rows.path}: {what}: {rows.cells(column, wrong)}; {advice}")


def _delimited(path: Path, choose: Choose) -> Rows:
    text = _text(path)
    head = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    tabs = path.name.lower().endswith((".tsv", ".tsv.gz"))
    # A .csv whose first line has no `,` but a `;` is delimited by that.
    delimiter = "\t" if tabs else ";" if ";" in head and "," not in head else ","
    records: list[tuple[int, list[str]]] = []  # the line where each begins, and its fields
    # newline="": the lines as the file has them, so that quoted ones keep their ends and the count is an editor's.
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
    try:
        for fields in reader:
            records += [(line, fields)] if fields else []
            line = reader.line_num + 1
    except csv.Error as error:
        raise KassandraError(
            f'{path}: line {line}: {error}; is a quote never closed? One within a quoted field is written ""'
        ) from None
    if not records:
        raise KassandraError(f"{path}: is empty; expected a first line with the names of columns, and rows below")
    header = [name.strip() for name in records.pop(0)[1]]
    chosen = _chosen(path, header, choose)
    everything = Rows(path, {}, np.array([line for line, _ in records], np.int64))
    excess = np.array([len(fields) - len(header) for _, fields in records])
    quotes = "a comma within a field needs quotes around it, and decimals are written with a point"
    for kind, wrong, advice in (("more", excess > 0, quotes), ("fewer", excess < 0, "is a line cut off?")):
        if wrong.any():
            where = everything.where(np.flatnonzero(wrong))
            raise KassandraError(f"{path}: {kind} fields than the {len(header)} columns in {where}; {advice}")
    places = {name: header.index(name) for name in chosen}
    columns = {name: [fields[place].strip() for _, fields in records] for name, place in places.items()}
    return everything._replace(columns=columns)


def _text(path: Path) -> str:
    data = _content(path)
    if len(data) > LARGEST_TABLE:
        raise KassandraError(f"{path}: holds more than {LARGEST_TABLE >> 20} MiB; give a part of it")
    for line, content in enumerate(io.BytesIO(data), 1):
        if len(content) > LONGEST_LINE:
            raise KassandraError(f"{path}: line {line}: longer than {LONGEST_LINE // 1_000_000} MB; is it a table?")
    convert = f"convert it, as from {{}}: `iconv -f {{}} -t UTF-8 {path.name} > new{path.suffix}`"
    if data.startswith(UTF_16_MARKS):
        raise KassandraError(f"{path}: UTF-16, not UTF-8; {convert.format('UTF-16', 'UTF-16')}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise KassandraError(f"{path}: line {line}: not UTF-8; {convert.format('LATIN1', 'LATIN1')}") from None


def _content(path: Path) -> bytes:
    """Of a file, or of what is packed in it: no more than one byte beyond LARGEST_TABLE."""
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            if len(names := archive.namelist()) != 1:
                raise KassandraError(f"{path}: holds {len(names)} files; expected one table")
            try:
                with archive.open(names[0]) as file:
                    return file.read(LARGEST_TABLE + 1)
            except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in an unusual way
                raise OSError(f"{names[0]}: {error}") from None
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        return file.read(LARGEST_TABLE + 1)


def _parquet(path: Path, choose: Choose) -> Rows:
    import pyarrow as pa  # here: it costs a quarter of a second, which other kinds of table need not wait for
    from pyarrow import parquet

    columns: dict[str, list[str]] = {}
    try:
        with parquet.ParquetFile(path) as file:
            names = _chosen(path, file.schema_arrow.names, choose)
            table = file.read(columns=list(names))
        for name in names:
            column = table.column(name)
            if pa.types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
            if pa.types.is_floating(column.type):
                column = column.cast(pa.float64())  # whose digits say the number exactly
            if pa.types.is_timestamp(column.type) and column.type.tz:
                column = column.cast(pa.timestamp(column.type.unit, "UTC"))  # the same moments, written with a Z
            where = f"{path}: column {name!r} is"
            try:
                cells = column.cast(pa.string()).to_pylist()
            except pa.ArrowNotImplementedError:
                raise KassandraError(f"{where} of the kind {column.type}; expected numbers, times or text") from None
            except UnicodeDecodeError:
                raise KassandraError(f"{where} not UTF-8; write it anew from its source") from None
            columns[name] = [(cell or "").strip() for cell in cells]
    except pa.ArrowException as error:
        raise OSError(f"as parquet: {error}") from None
    return Rows(path, columns, np.arange(1, table.num_rows + 1))


def _chosen(path: Path, names: list[str], choose: Choose) -> Sequence[str]:
    chosen = choose([name for name in names if name])
    if twice := [name for name in chosen if Counter(names)[name] > 1]:
        raise KassandraError(f"{path}: column {twice[0]!r} is named more than once; give each a name of its own")
    return chosen
