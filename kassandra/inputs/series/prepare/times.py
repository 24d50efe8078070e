"""Text becomes times: as ISO 8601, as strptime reads it, as numbers, or as clocks of a zone show it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.clock import EPOCH, Clock, check_zone
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.faults import Fault
from kassandra.params.inputs.series import ROW, TimedTable
from kassandra.sources.own.moments import MORE, QUARTER, WEEK, moment
from kassandra.sources.own.table_file import Table, called, shortened

Times = NDArray[np.int64]  # of a Clock
Rows = NDArray[np.int64]

UNITS = ("year", "month", "day", "hour", "minute", "second")
START = (0, 1, 1, 0, 0, 0)  # what strptime takes for each where the format does not say it; a year it must say
PROBE = datetime(2001, 12, 23, 16, 5, 6, tzinfo=UTC)  # unlike all of these
MICRO = 1_000_000  # microseconds of a second, in which times are read
# Microseconds of what a number counts.
OF_NUMBER: dict[str, int | Decimal] = {"unix": MICRO, "unix_ms": 1000, "unix_us": 1, "unix_ns": Decimal("0.001")}
DAY_0 = datetime(1899, 12, 30)  # of spreadsheets
LONGEST = 253_402_300_800 * MICRO  # the year 10,000
STEPS = 2**53

ISO = re.compile(
    r"(\d{4}-\d\d)(?:(-\d\d)(?:[T ](\d\d:\d\d)(?:(:\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
EITHER = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)\b(.*)", re.ASCII)  # the day or the month first?
OF_DAY = {5: " %H:%M", 8: " %H:%M:%S"}  # what may follow a date, by its characters
NO_TIME, FINER = "no time", "parts of a microsecond, which are not read; round its times"
NO_ISO = (
    "what is no time as 2024-01-31 or 2024-01-31 18:00; say how it is written, as in `source.time_format: '%Y%m%d'`"
)
Read = Callable[[str], datetime | int | str]  # a time, microseconds since 1970 (or steps), or what a cell holds instead


def read_times(
    table: Table, source: TimedTable, mine: Mapping[str, Rows]
) -> tuple[Times, Clock, list[Fault], list[str]]:
    """(rows,) the times, 0 where there is none; what they count; cells without; and what was decided.

    Times without a zone are taken as they stand, or in `time_zone`; those with one as of UTC.

    Args:
        mine: of each series its rows, as they stand in the file.

    Raises:
        KassandraError: some times have a zone and others none; the zone is unknown; or `time_format` gives no time.
    """
    if source.time == ROW:
        counted = np.zeros(len(table.lines), np.int64)
        for rows in mine.values():
            counted[rows] = np.arange(1, len(rows) + 1)
        return counted, Clock("step"), [], []
    if source.time_zone:
        check_zone(source.time_zone)
    columns = [called(name, list(table.columns)) for name in source.times]
    column = columns[0] if len(columns) == 1 else " ".join(columns)
    cells = [" ".join(map(_text, row)).strip() for row in zip(*(table.columns[name] for name in columns), strict=True)]
    table.columns[column] = cells
    how = _reader(source, len(columns))
    # Each text once: several series have the same times, and strptime is slow.
    read = {cell: how(cell) for cell in dict.fromkeys(cells)}
    faults = _faults(table, column, cells, read)
    if source.time_format == "step":
        steps = np.array([one if isinstance(one := read[cell], int) else 0 for cell in cells], np.int64)
        return steps, Clock("step"), faults, []
    moments = {cell: one for cell, one in read.items() if isinstance(one, datetime)}
    zoned = {cell for cell, one in moments.items() if one.tzinfo is not None}
    if zoned and len(zoned) < len(moments):
        _refuse_mixed(table, column, cells, zoned, moments)
    micro = {cell: _micro(one) for cell, one in moments.items()}
    micro |= {cell: one for cell, one in read.items() if isinstance(one, int)}
    values = np.array([micro.get(cell, 0) for cell in cells], np.int64)
    said: list[str] = []
    if source.time_zone and moments and not zoned:
        values, skipped, said = _in_zone(table, column, cells, moments, source.time_zone, mine)
        faults += skipped
    unit = "s" if not (values % MICRO).any() else "ms" if not (values % 1000).any() else "us"
    if unit == "s" and (source.distance or "").endswith("ms"):
        unit = "ms"
    clock = Clock(unit, source.time_zone)
    return values // (MICRO // clock.per_second), clock, faults, said


def _text(cell: Any) -> str:
    """A year or an hour that a workbook or pandas made a fraction of is a whole number again."""
    if isinstance(cell, float) and cell == int(cell if abs(cell) < STEPS else 0):
        return str(int(cell))
    return "" if cell is None or cell != cell else str(cell).strip()


def _reader(source: TimedTable, columns: int) -> Read:
    time_format = source.time_format
    if time_format == "step":
        return _step
    if time_format == "excel":
        return _of_days
    if time_format in OF_NUMBER:
        return partial(_number, time_format=time_format)
    if time_format is None and columns > 2:
        return partial(_strptime, time_format=" ".join(("%Y", "%m", "%d", "%H", "%M", "%S")[:columns]))
    if time_format is None:
        return _iso
    _check(time_format)
    return partial(_strptime, time_format=time_format)


def _faults(table: Table, column: str, cells: list[str], read: Mapping[str, datetime | int | str]) -> list[Fault]:
    by_reason: dict[str, list[int]] = {}
    for row, cell in enumerate(cells):
        if isinstance(reason := read[cell], str):
            by_reason.setdefault(reason, []).append(row)
    where, faults = f"{table.path}: column {column!r}", []
    for reason, rows in by_reason.items():
        if reason == NO_TIME:
            text = f"{where} is empty in {table.where(rows)}; a row needs its time"
        elif reason == EITHER_WAY:
            text = f"{where} holds {_both_readings([cells[row] for row in rows])}: {table.cells(column, rows)}"
        else:
            text = f"{where} holds {reason}: {table.cells(column, rows)}"
        faults.append(Fault(rows, f"no time in column {column!r}", text))
    return faults


def _refuse_mixed(
    table: Table, column: str, cells: list[str], zoned: set[str], moments: Mapping[str, datetime]
) -> None:
    with_zone = np.array([cell in zoned for cell in cells])
    without = np.array([cell in moments and cell not in zoned for cell in cells])
    rare = np.flatnonzero(with_zone if with_zone.sum() < without.sum() else without)
    mixed = f"has times with a zone and times without, as {table.cells(column, rare)}"
    raise KassandraError(f"{table.path}: column {column!r} {mixed}; write the zone of all, or of none")


def _micro(moment: datetime) -> int:
    return (moment - (EPOCH if moment.tzinfo else EPOCH.replace(tzinfo=None))) // timedelta(microseconds=1)


def _in_zone(
    table: Table,
    column: str,
    cells: list[str],
    moments: Mapping[str, datetime],
    name: str,
    mine: Mapping[str, Rows],
) -> tuple[Times, list[Fault], list[str]]:
    """Microseconds of UTC. Of an hour that is there twice, a series has first those before the clocks were set back,
    whichever end of the file it begins at; a row without a second is one of those."""
    zone = ZoneInfo(name)
    first_, second = (
        {cell: _micro(one.replace(tzinfo=zone, fold=fold)) for cell, one in moments.items()} for fold in (0, 1)
    )
    skipped = {
        cell for cell, one in moments.items()
        if first_[cell] != second[cell]
        and one.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != one
    }  # fmt: skip
    twice = {cell for cell in moments if first_[cell] != second[cell]} - skipped
    values = np.array([first_.get(cell, 0) for cell in cells], np.int64)
    alone = late = 0
    for rows in mine.values():
        ordered = rows if not len(rows) or values[rows[0]] <= values[rows[-1]] else rows[::-1]
        seen: dict[str, int] = {}
        for row in ordered if twice else ():
            cell = cells[row]
            if cell in twice:
                seen[cell] = seen.get(cell, 0) + 1
                if seen[cell] > 1:
                    values[row], late = second[cell], late + 1
        alone += sum(count == 1 for count in seen.values())
    said = [f"the hour that clocks of {name} show again: {late} of its times"] if late else []
    said += (
        [f"times of that hour that are there once, taken as before the clocks were set back: {alone}"] if alone else []
    )
    wrong = [row for row, cell in enumerate(cells) if cell in skipped]
    if not wrong:
        return values, [], said
    text = f"{table.path}: column {column!r} holds times that clocks of {name} never show, as they are set forward then"
    advice = "is it the time zone?"
    fault = Fault(wrong, f"a time that clocks of {name} never show", f"{text}: {table.cells(column, wrong)}; {advice}")
    return values, [fault], said


EITHER_WAY = "a date that may begin with the day or with the month"


def _iso(cell: str) -> datetime | str:
    """The time that a cell holds, or what it holds instead."""
    if not cell:
        return NO_TIME
    if EITHER.fullmatch(cell):
        return EITHER_WAY
    if not (match := ISO.fullmatch(cell)):
        return NO_ISO
    month, day, minute, second, parts, zone = match.groups(default="")
    if parts[6:].strip("0"):
        return FINER
    fraction = f".{parts[:6]:0<6}" if parts else ""
    later = minute == "24:00" and second in ("", ":00") and not parts.strip("0")  # the end of a day
    try:
        return datetime.fromisoformat(
            f"{month}{day or '-01'}T{'00:00' if later else minute or '00:00'}{second or ':00'}{fraction}{zone.upper()}"
        ) + timedelta(days=later)
    except (ValueError, OverflowError):  # 2024-02-30
        return NO_ISO


def day_or_month(cells: list[str]) -> tuple[bool, bool]:
    """Whether the dates of a file can begin with the day, and with the month: within one file they do one of both."""
    parts = [(int(match[1]), int(match[3])) for cell in cells if (match := EITHER.fullmatch(cell))]
    return all(month <= 12 for _, month in parts), all(month <= 12 for month, _ in parts)


def _both_readings(cells: list[str]) -> str:
    match = EITHER.fullmatch(cells[0])
    assert match is not None
    one, mark, two, year, rest = match.groups()
    tail = mark + ("%Y" if len(year) == 4 else "%y") + OF_DAY.get(len(rest.strip()), "")
    formats = f"%d{mark}%m{tail}", f"%m{mark}%d{tail}"
    day_first, month_first = day_or_month(cells)
    if not day_first and not month_first:
        return "dates of which some must begin with the day and others with the month"
    if day_first != month_first:
        place, said = (0, "day") if day_first else (1, "month")
        return f"dates that begin with the {said}; say it: `source.time_format: '{formats[place]}'`"
    short = shortened(cells[0])
    both = (
        f"{short!r} is day {one} of month {two} by `source.time_format: '{formats[0]}'`, and day {two} of month {one}"
    )
    return f"dates that may begin with the day or with the month; say which: {both} by '{formats[1]}'"


def _strptime(cell: str, time_format: str) -> datetime | str:
    if not cell:
        return NO_TIME
    try:
        return moment(cell, time_format)
    except (ValueError, OverflowError):
        return f"what is not written as `source.time_format: {time_format!r}` says"


def _number(cell: str, time_format: str) -> int | str:
    """Microseconds since 1970."""
    if not cell:
        return NO_TIME
    try:
        value = Decimal(cell if len(cell) < 40 else "nan") * OF_NUMBER[time_format]
        micro = round(value)
    except (InvalidOperation, ValueError, OverflowError):
        return f"what is no number of `source.time_format: {time_format}`"
    if not 0 <= micro < LONGEST:
        return f"a time outside of the years 1970 to 9999 by `source.time_format: {time_format}`"
    return micro if micro == value else FINER


def _of_days(cell: str) -> datetime | str:
    """Of days of a spreadsheet, in which an hour is 0.041666…, to the second."""
    if not cell:
        return NO_TIME
    try:
        seconds = round(Decimal(cell if len(cell) < 40 else "nan") * 86_400)
        return DAY_0 + timedelta(seconds=seconds)
    except (InvalidOperation, ValueError, OverflowError):
        return "what is no number of days, as `source.time_format: excel` says"


def _step(cell: str) -> int | str:
    if not cell:
        return NO_TIME
    match = re.fullmatch(r"([+-]?\d{1,16})(?:\.0*)?", cell, re.ASCII)
    return int(match[1]) if match else "what is no whole number, as `source.time_format: step` says"


def _check(time_format: str) -> None:
    """By a time that is written in this format and read again: none of it may be lost on the way."""
    where = f"source.time_format: {time_format!r}"
    if time_format in (WEEK, QUARTER):
        return
    time_format = time_format.removesuffix(MORE)
    if "%Z" in time_format:
        raise KassandraError(
            f"{where}: names of zones are not read, as some mean several; write them as +01:00, and %z, or end "
            "the format in `…` before them, and say `source.time_zone`"
        )
    try:
        back = datetime.strptime(PROBE.strftime(time_format), time_format)
    except ValueError:
        raise KassandraError(f"{where} is no format that times can be read by, as '%d.%m.%Y %H:%M' is") from None
    read, meant = back.timetuple()[:6], PROBE.timetuple()[:6]
    lost = next((place for place in range(6) if read[place] != meant[place]), None)
    if lost is not None and read[lost:] != START[lost:]:
        raise KassandraError(f"{where} does not give the {UNITS[lost]} of a time")
