"""Which columns of a table of series say the time, and how."""

import re
from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

from kassandra.detection import times
from kassandra.detection.table import Column, Table
from kassandra.sources.own.moments import MORE

STEPS = re.compile(
    r"step|cycle|^t$|index|iteration|tick|frame|epoch|^n$|^i$|day|week|period|^ds$|^seq|sequence|^time|^obs|hour|month",
    re.IGNORECASE,
)


class Clock(NamedTuple):
    """keys: of `source`. columns: those that say the time. seconds: of each row; None where they are counted."""

    keys: dict[str, Any]
    columns: list[str]
    seconds: list[float | None]
    notes: list[str]


def clock_of(table: Table) -> Clock:
    """Which columns say the time, and how."""
    together = times.in_columns(table.names, lambda name: table.column(name).cells)
    parts = together[0] if together else []
    read = {name: written for name, written in table.times.items() if name not in parts}
    if together and table.asked.time is None and not _dated(read):
        return _of_parts(table, *together)
    if read:
        name = next(iter(read))
        written, keys = read[name], {"time": name}
        notes = [f"times in {name!r}, written as {written.format or 'ISO 8601'}"]
        notes += [f"guessed: {written.note}"] if written.note else []
        if joined := _with_clock(table, name, written, [other for other in table.columns if other.name not in read]):
            return joined
        keys |= {"time_format": written.format} if written.format else {}
        keys |= {"time_zone": written.zone} if written.zone else {}
        return Clock(keys, [name], written.seconds, notes)
    if step := _step(table):
        return Clock({"time": step, "time_format": "step"}, [step], [], [f"{step!r} counts the rows of a series"])
    return Clock({"time": "row"}, [], [], ["no column of times: rows are taken in their order, one step each"])


def _dated(read: dict[str, times.Written]) -> bool:
    return any(written.format not in times.UNIX for written in read.values())


def _with_clock(table: Table, name: str, written: times.Written, others: list[Column]) -> Clock | None:
    """Of dates beside which another column has the time of day, or the hour."""
    format = written.format or "%Y-%m-%d"
    if "%d" not in format or "%H" in format or "%I" in format or written.zone or format.endswith(MORE):
        return None
    if not written.format and not all(len(cell) == 10 for cell in table.column(name).held[:100]):
        return None
    clocks = {
        column.name: clock for column in others if not column.is_numeric and (clock := times.clock_of(column.cells))
    } | {column.name: "%H" for column in others if column.is_numeric and times.hours_of(column.name, column.cells)}
    if not clocks:
        return None
    other, clock = next(iter(clocks.items()))
    both = [f"{a} {b}" for a, b in zip(table.column(name).cells, table.column(other).cells, strict=True)]
    joined = times.time_of(both, name, str(table.path), f"{format} {clock}")
    seconds = joined.seconds if joined else written.seconds
    notes = [f"times in {name!r} and {other!r}, written as {format} {clock}"]
    return Clock({"time": [name, other], "time_format": f"{format} {clock}"}, [name, other], seconds, notes)


def _of_parts(table: Table, parts: list[str], format: str) -> Clock:
    cells = [table.column(name).cells for name in parts]
    written = times.time_of([" ".join(row) for row in zip(*cells, strict=True)], "", str(table.path), format)
    plain = len(parts) > 2 and "%B" not in format
    keys: dict[str, Any] = {"time": parts} | ({} if plain else {"time_format": format})
    return Clock(keys, parts, written.seconds if written else [], [f"times in the columns {', '.join(parts)}"])


def _step(table: Table) -> str | None:
    """A column of whole numbers that grows by one from row to row, but where a series begins again."""
    for column in table.numeric:
        cells = column.cells[: table.together]
        if not STEPS.search(column.name) or not all(cell.isdigit() for cell in cells) or len(cells) < 3:
            continue
        steps = Counter(int(later) - int(before) for before, later in pairwise(cells))
        grows, count = steps.most_common(1)[0]
        if grows > 0 and count > 0.9 * len(cells):
            return column.name
    return None
