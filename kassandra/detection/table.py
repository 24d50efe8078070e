"""A table as it is recognised: its form, its columns and what each of them holds."""

import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from kassandra.contracts.errors import KassandraError
from kassandra.detection import content, numbers, times
from kassandra.detection.delimited import layout_of
from kassandra.detection.json_rows import rows_of
from kassandra.detection.numbers import Format
from kassandra.detection.times import Written
from kassandra.detection.units import units_of

SAMPLE = 20_000  # rows of xlsx, parquet and JSON lines
LONGEST = content.FIRST + content.LATER + content.LAST  # rows of a sample of JSON
PREVIEW = 5  # rows that are shown
LARGEST_BOOK = 512 << 20  # bytes of .xlsx, unpacked: it is read into memory
IMAGE = "<bytes of an image>"  # as a cell
FEW = 100  # different labels, at most
RARELY = 0.05  # different values for each row, below which they repeat
Kind = Literal["empty", "constant", "number", "time", "label", "text"]


@dataclass(frozen=True)
class Asked:
    """What the user said of a table, by options of `init`."""

    decimal: str | None = None
    delimiter: str | None = None
    time: str | None = None
    time_format: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class Column:
    """name, and its cells in a sample of rows, over the whole file."""

    name: str
    cells: Sequence[str]

    @cached_property
    def held(self) -> list[str]:
        return [cell for cell in self.cells if not numbers.is_missing(cell)]

    @cached_property
    def values(self) -> Counter[str]:
        return Counter(self.held)

    @cached_property
    def words(self) -> float:
        """Mean words of a cell."""
        some = self.held[:2000]
        return sum(len(cell.split()) for cell in some) / max(len(some), 1)

    @cached_property
    def is_numeric(self) -> bool:
        return numbers.looks_numeric(self.cells)

    @property
    def repeats(self) -> bool:
        """Whether each of its values stands in many rows, as names do and texts do not."""
        return len(self.values) < RARELY * len(self.held)

    @property
    def counts_up(self) -> bool:
        """Whether it numbers the rows: whole numbers, each one more than the one before."""
        if not self.is_numeric or not all(cell.isdigit() for cell in self.cells[:1000]) or len(self.cells) < 3:
            return False
        steps = {int(later) - int(before) for before, later in zip(self.cells[:999], self.cells[1:1000], strict=False)}
        return steps in ({1}, {-1})


@dataclass(frozen=True)
class Table:
    """path: of the file. form: delimited, json lines, xlsx, parquet. keys: of `source`, besides those of its columns.
    rows: how many. lines: of the sample, where each stands. notes: what was seen. uneven: lines with more or fewer
    cells than most. asked: what the user said."""

    path: Path
    form: str
    columns: list[Column]
    keys: dict[str, Any]
    rows: int
    lines: list[int]
    notes: list[str] = field(default_factory=list)
    uneven: list[int] = field(default_factory=list)
    asked: Asked = field(default_factory=Asked)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        return self.columns[self.names.index(name)]

    @property
    def together(self) -> int:
        """Rows at the beginning of the sample between which none is left out."""
        return sum(line <= content.FIRST for line in self.lines) if self.form == "delimited" else len(self.lines)

    @cached_property
    def times(self) -> dict[str, Written]:
        """Columns that hold times."""
        read = {}
        for column in self.columns:
            if self.asked.time and column.name != self.asked.time:
                continue
            given = self.asked.time_format if self.asked.time in (column.name, None) else None
            if written := times.time_of(column.cells, column.name, str(self.path), given):
                if _share(written.seconds) >= 1 - times.WRONG:
                    read[column.name] = written
                elif self.asked.time:
                    raise KassandraError(
                        f"{self.path}: column {column.name!r} is not written as {given!r}: {column.held[:3]}"
                    )
        return read

    @cached_property
    def numeric(self) -> list[Column]:
        """Columns of numbers that are no times."""
        return [column for column in self.columns if column.is_numeric and column.name not in self.times]

    @cached_property
    def format(self) -> Format:
        """How it writes numbers.

        Raises:
            KassandraError: two ways to read give other numbers.
        """
        return self.written(self.numeric)

    def written(self, columns: Sequence[Column], steps: bool = False) -> Format:
        """How some columns write numbers; `steps`: whether they are steps of series. Raises as `format`."""
        if self.form in ("parquet", "xlsx", "json lines"):
            return Format()
        cells = [column.cells for column in columns]
        return numbers.format_of(cells, str(self.path), self.asked.decimal, self.keys.get("delimiter"), steps)

    def kind(self, column: Column) -> Kind:
        if not column.held:
            return "empty"
        if len(column.values) == 1 and len(column.held) > 1:
            return "constant"
        if column.name in self.times:
            return "time"
        if column.is_numeric:
            return "number"
        few = len(column.values) <= min(FEW, max(2, len(column.held) // 3))
        return "label" if few and column.words < 6 else "text"


def table_of(path: Path, asked: Asked | None = None) -> Table | None:
    """The table that a file holds; None if it holds none.

    Raises:
        KassandraError: it cannot be read.
    """
    form, asked = content.form_of(path), asked or Asked()
    if form in ("parquet", "xlsx"):
        with content.reading(path):
            return (_parquet if form == "parquet" else _xlsx)(path, asked)
    if form != "text":
        return None
    lines = content.lines_of(path, asked.encoding)
    if table := _json(path, lines, asked):
        return table
    layout = layout_of(lines, asked.delimiter)
    if layout is None:
        return None
    columns, units = _without_units(_columns(layout.names, [cells for _, cells in layout.rows]))
    notes = list(layout.notes)
    if units:
        notes.append(f"units beside numbers, which are left off: {', '.join(units)}")
    if lines.encoding and not asked.encoding:
        example = f", as {lines.garbled!r}" if lines.garbled else ""
        notes.insert(0, f"not UTF-8; its encoding is guessed: {lines.encoding}{example} (--encoding)")
    where = [line for line, _ in layout.rows]
    keys = layout.keys | ({"units": units} if units else {})
    return Table(path, "delimited", columns, keys, layout.total, where, notes, layout.uneven, asked)


def preview(table: Table, places: Sequence[int]) -> list[dict[str, str]]:
    """The first rows, as they are read: the chosen columns."""
    chosen = [table.columns[place] for place in places]
    return [{column.name: column.cells[row] for column in chosen} for row in range(min(PREVIEW, len(table.lines)))]


def _json(path: Path, lines: content.Lines, asked: Asked) -> Table | None:
    rows = rows_of(path, lines)
    if rows is None:
        return None
    names = list(dict.fromkeys(name for row in rows.rows for name in row))[:1000]
    cells = [[_cell(row.get(name)) for name in names] for row in rows.rows[:LONGEST]]
    keys = {"encoding": lines.encoding} if lines.encoding else {}
    return Table(path, "json lines", _columns(names, cells), keys, rows.total, rows.where[:LONGEST], asked=asked)


def _parquet(path: Path, asked: Asked) -> Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names, total = file.schema_arrow.names, file.metadata.num_rows
            rows = list[list[str]]()
            for batch in file.iter_batches(batch_size=2000):
                rows += [[_cell(row[name]) for name in names] for row in batch.to_pylist()]
                if len(rows) >= SAMPLE:
                    break
    except (pa.ArrowException, ValueError) as error:
        raise KassandraError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    return Table(path, "parquet", _columns(names, rows), {}, total, list(range(1, len(rows) + 1)), asked=asked)


def _xlsx(path: Path, asked: Asked) -> Table | None:
    from openpyxl import load_workbook

    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > LARGEST_BOOK:
            raise KassandraError(f"{path}: unpacks to more than {LARGEST_BOOK >> 20} MiB; write it as .csv")
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = max(book.worksheets, key=lambda one: (one.max_row or 0) * (one.max_column or 0))
        rows = [[_cell(cell) for cell in row] for row in islice(sheet.iter_rows(values_only=True), SAMPLE)]
        name, sheets, total = sheet.title, book.sheetnames, max(sheet.max_row or 0, len(rows))
        book.close()
    except (ValueError, KeyError, AttributeError, TypeError, IndexError) as error:
        raise KassandraError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    lines = content.Lines(None, "", [_csv_line(row) for row in rows], [], [], len(rows), 0)
    layout = layout_of(lines, ",")
    if layout is None:
        return None
    keys = {key: value for key, value in layout.keys.items() if key not in ("delimiter", "quotes", "encoding")}
    others = [one for one in sheets if one != name]
    notes = [*layout.notes, *([f"sheet {name!r}, the largest; the others are {others}"] if others else [])]
    keys |= {"sheet": name} if others else {}
    columns = _columns(layout.names, [cells for _, cells in layout.rows])
    return Table(path, "xlsx", columns, keys, total, [line for line, _ in layout.rows], notes, layout.uneven, asked)


def _csv_line(row: Sequence[str]) -> str:
    return ",".join('"' + cell.replace('"', '""').replace("\n", " ") + '"' for cell in row)


def _cell(value: Any) -> str:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        value = value[0]
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return IMAGE
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return value.strip() if isinstance(value, str) else str(value)


def _columns(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[Column]:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return [Column(name, cells) for name, cells in zip(names, columns, strict=True)]


def _without_units(columns: Sequence[Column]) -> tuple[list[Column], list[str]]:
    """Columns of numbers beside a unit become such of numbers."""
    units, plain = list[str](), list[Column]()
    for column in columns:
        own, cells = ([], []) if column.is_numeric or column.words > 3 else units_of(column.cells)
        units += [unit for unit in own if unit not in units]
        plain.append(Column(column.name, cells) if own else column)
    return plain, units


def _share(seconds: Sequence[float | None]) -> float:
    return sum(value is not None for value in seconds) / max(len(seconds), 1)
