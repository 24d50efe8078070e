"""Times: text becomes seconds, a frequency a grid on which every time has its place, and what comes back a circle."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.rows import Rows

Times = NDArray[np.int64]  # seconds since 1970, UTC

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 604_800
SECONDS = {"min": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
LONGEST = 10_000  # minutes, hours, … from one row to the next: beyond any calendar
MONDAY = 3  # days from Monday 29 December 1969 to 1 January 1970
UNITS = ("year", "month", "day", "hour", "minute", "second")
START = (0, 1, 1, 0, 0, 0)  # what strptime takes for each where the format does not say it; a year it must say
PROBE = datetime(2001, 12, 23, 16, 5, 6, tzinfo=UTC)  # unlike all of these

ISO = re.compile(
    r"(\d{4}-\d\d)(?:(-\d\d)(?:[T ](\d\d:\d\d)(?:(:\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
EITHER = re.compile(r"\d{1,2}([/.-])\d{1,2}[/.-](\d{4}|\d\d)\b.*", re.ASCII)  # the day or the month first?
NO_TIME, PARTS = "no time", "parts of a second, which are not read; round its times"
NO_ISO = (
    "what is no time as 2024-01-31 or 2024-01-31 18:00; say how it is written, as in `source.time_format: '%Y%m%d'`"
)
CYCLES = ("minute", "hour", "weekday", "monthday", "yearday", "month")


def read_times(rows: Rows, column: str, time_format: str | None) -> Times:
    """(rows,) the times of a column; those without a zone are taken as they stand, those with one as of UTC.

    Raises:
        KassandraError: a cell is empty, no time, a time with parts of a second, or one that may mean two days; some
            times have a zone and others none; or `time_format` does not give a time.
    """
    if time_format:
        _check(time_format)
    cells = rows.columns[column]
    # Each text once: several series have the same times, and strptime is slow.
    read = {cell: _strptime(cell, time_format) if time_format else _iso(cell) for cell in dict.fromkeys(cells)}
    where = f"{rows.path}: column {column!r}"
    if reason := next((read[cell] for cell in cells if isinstance(read[cell], str)), None):
        wrong = [row for row, cell in enumerate(cells) if read[cell] == reason]
        if reason == NO_TIME:
            raise KassandraError(f"{where} is empty in {rows.where(wrong)}; a row needs its time")
        raise KassandraError(f"{where} holds {reason}: {rows.cells(column, wrong)}")
    moments = {cell: moment for cell, moment in read.items() if isinstance(moment, datetime)}
    zoned = np.array([moments[cell].tzinfo is not None for cell in cells])
    if zoned.any() and not zoned.all():
        rare = np.flatnonzero(zoned if zoned.mean() < 0.5 else ~zoned)
        mixed = f"has times with a zone and times without, as {rows.cells(column, rare)}"
        raise KassandraError(f"{where} {mixed}; write the zone of all, or of none")
    seconds = {cell: _seconds(moment) for cell, moment in moments.items()}
    return np.array([seconds[cell] for cell in cells], np.int64)


def shown(time: int | np.integer) -> str:
    """
    >>> shown(1467331200), shown(1467334800)
    ('2016-07-01', '2016-07-01 01:00')
    """
    text = str(np.datetime64(int(time), "s")).replace("T", " ")
    return text.removesuffix(":00").removesuffix(" 00:00")


def _seconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC if moment.tzinfo else None)) // timedelta(seconds=1)


def _iso(cell: str) -> datetime | str:
    """The time that a cell holds, or what it holds instead."""
    if not cell:
        return NO_TIME
    if either := EITHER.fullmatch(cell):
        example = f"%d{either[1]}%m{either[1]}{'%Y' if len(either[2]) == 4 else '%y'}"
        return f"dates that may begin with the day or with the month; say it, as in `source.time_format: '{example}'`"
    if not (match := ISO.fullmatch(cell)):
        return NO_ISO
    month, day, minute, second, parts, zone = match.groups(default="")
    if parts.strip("0"):
        return PARTS
    try:
        return datetime.fromisoformat(f"{month}{day or '-01'}T{minute or '00:00'}{second or ':00'}{zone.upper()}")
    except ValueError:  # 2024-02-30
        return NO_ISO


def _strptime(cell: str, time_format: str) -> datetime | str:
    if not cell:
        return NO_TIME
    try:
        moment = datetime.strptime(cell, time_format)
    except ValueError:
        return f"what is not written as `source.time_format: {time_format!r}` says"
    return PARTS if moment.microsecond else moment


def _check(time_format: str) -> None:
    """By a time that is written in this format and read again: none of it may be lost on the way."""
    where = f"source.time_format: {time_format!r}"
    if "%Z" in time_format:
        raise KassandraError(
            f"{where}: names of zones are not read, as some mean several; write them as +01:00, and %z"
        )
    try:
        back = datetime.strptime(PROBE.strftime(time_format), time_format)
    except ValueError:
        raise KassandraError(f"{where} is no format that times can be read by, as '%d.%m.%Y %H:%M' is") from None
    read, meant = back.timetuple()[:6], PROBE.timetuple()[:6]
    lost = next((place for place in range(6) if read[place] != meant[place]), None)
    if lost is not None and read[lost:] != START[lost:]:
        raise KassandraError(f"{where} does not give the {UNITS[lost]} of a time")


class Grid(NamedTuple):
    """places: (rows,) of each time among those that are expected, one after another. off: (rows,) bool, times that are
    not expected. at: the times of places."""

    places: NDArray[np.int64]
    off: NDArray[np.bool_]
    at: Callable[[NDArray[np.int64]], Times]


def grid(times: Times, frequency: str) -> Grid:
    """Of the grids with this distance the one that most of the times lie on: hourly rows may all be at 7 minutes past.

    Days of months that are too short are their last day, so the last days of months are a grid.

    Args:
        times: (rows,), rows ≥ 1.
        frequency: `min`, `h`, `d`, `b` (Monday to Friday), `w`, `m` (calendar months), or several of them: `15min`.

    Raises:
        KassandraError: of no, or of too many of them.
    """
    unit = frequency.lstrip("0123456789")
    several = int(frequency.removesuffix(unit) or 1)
    if not 1 <= several <= LONGEST:
        raise KassandraError(f"source.frequency: {frequency!r} is not of 1 to {LONGEST} {unit}")
    match unit:
        case "m":
            return _months(times, several)
        case "b":
            return _weekdays(times, several)
        case _:
            step = several * SECONDS[unit]
            phase = _commonest(times % step)
            return Grid((times - phase) // step, (times - phase) % step != 0, lambda places: places * step + phase)


def weekend(times: Times) -> NDArray[np.bool_]:
    """(rows,) of the days Saturday and Sunday."""
    return (times // DAY + MONDAY) % 7 >= 5


def _weekdays(times: Times, several: int) -> Grid:
    days, clock = times // DAY + MONDAY, times % DAY  # days since a Monday
    numbers = days // 7 * 5 + days % 7  # of weekdays since then; at weekends of no meaning
    phases = numbers % several * DAY + clock
    phase = _commonest(phases)

    def at(places: NDArray[np.int64]) -> Times:
        number = places * several + phase // DAY
        return np.asarray((number // 5 * 7 + number % 5 - MONDAY) * DAY + phase % DAY)

    return Grid(numbers // several, (phases != phase) | weekend(times), at)


def _months(times: Times, several: int) -> Grid:
    months = times.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)  # since January 1970
    within = times - _begin(months)
    phase = _commonest(months % several * DAY + within % DAY)

    def at(places: NDArray[np.int64], day: int) -> Times:
        month = places * several + phase // DAY
        length = (_begin(month + 1) - _begin(month)) // DAY
        return np.asarray(_begin(month) + np.minimum(day, length - 1) * DAY + phase % DAY)

    places = months // several
    # The last day of each month is its 31st, as far as it has one.
    days = sorted({30, _commonest(within // DAY), int(within.max()) // DAY}, reverse=True)
    off, day = min(((at(places, day) != times, day) for day in days), key=lambda grid: grid[0].sum())
    return Grid(places, off, lambda places: at(places, day))


def _begin(months: NDArray[np.int64]) -> Times:
    return months.astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)


def _commonest(values: NDArray[np.int64]) -> int:
    """The smallest of those that are there most often."""
    distinct, counts = np.unique(values, return_counts=True)
    return int(distinct[counts.argmax()])


def cycles(times: Times, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Sine and cosine of where each time stands in each cycle, so that its end lies beside its beginning.

    Args:
        times: (rows,) seconds since 1970, UTC.
        names: of CYCLES; `hour` is that of the day and counts minutes as fractions, `weekday` counts whole days.

    >>> {name: column.round(3).tolist() for name, column in cycles(np.array([0, 6 * 3600]), ["hour"]).items()}
    {'hour_sin': [0.0, 1.0], 'hour_cos': [1.0, 0.0]}
    """
    day, month, year = (times.astype("datetime64[s]").astype(f"datetime64[{unit}]") for unit in ("D", "M", "Y"))
    seconds = times % DAY  # (rows,) since midnight
    passed: dict[str, NDArray[np.float64]] = {  # (rows,) each, in [0, 1)
        "minute": seconds % 3600 / 3600,
        "hour": seconds / 86400,
        "weekday": (day.astype(np.int64) + 3) % 7 / 7,  # the first of January 1970 was a Thursday, Monday is 0
        "monthday": (day - month.astype(day.dtype)).astype(np.int64) / 31,
        "yearday": (day - year.astype(day.dtype)).astype(np.int64) / 366,
        "month": (month - year.astype(month.dtype)).astype(np.int64) / 12,
    }
    columns: dict[str, NDArray[np.float64]] = {}
    for name in names:
        angle = 2 * np.pi * passed[name]  # (rows,)
        columns |= {f"{name}_sin": np.sin(angle), f"{name}_cos": np.cos(angle)}
    return columns
