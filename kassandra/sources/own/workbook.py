"""The rows of a sheet of an .xlsx."""

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own.columns import Row


def rows_of_sheet(file: Any, path: Path, source: TableFile) -> Iterator[Row]:
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
