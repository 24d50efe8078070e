"""Rows on standard output: a table for people, CSV for files and pipes, a JSON object per line for programs; and names
of files, as they can be printed."""

import csv
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        print(json.dumps(row, ensure_ascii=False), flush=True)


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows have the keys of the first; of numbers ten digits are written."""
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: f"{value:.10g}" if isinstance(value, float) else value for key, value in row.items()})


def print_table(rows: Sequence[Mapping[str, str]]) -> None:
    """All rows have the keys of the first; what stands in brackets is no markup."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*map(escape, rows[0]), box=None)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row.values()))
    Console(highlight=False).print(table)


def cell(value: Any) -> str:
    """A value in one cell of a table.

    >>> cell((120, 340)), cell({"good": 1.25, "dull": -0.5}), cell(0.4375)
    ('120–340', 'good +1.25, dull -0.50', '0.4375')
    """
    if isinstance(value, dict):
        return ", ".join(f"{key} {number:+.2f}" for key, number in value.items())
    if isinstance(value, list | tuple):
        return "–".join(map(cell, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def some(names: Iterable[str], most: int = 5) -> str:
    """The first of them, as they can be printed.

    >>> some(["a.png", "b\\n.png", "c.png"], 2)
    "a.png, 'b\\\\n.png', …"
    """
    names = list(names)
    return ", ".join([*map(printable, names[:most]), *(["…"] if len(names) > most else [])])


def printable(name: str) -> str:
    """A name of a file; quoted where it holds what no terminal shows, or bytes that are not UTF-8."""
    name = os.fsencode(name).decode("utf-8", "backslashreplace")
    return name if name.isprintable() else repr(name)
