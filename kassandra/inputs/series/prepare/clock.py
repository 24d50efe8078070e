"""A frequency becomes a grid on which every time has its place, and what comes back a circle."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.clock import PLAIN, Clock
from kassandra.contracts.errors import KassandraError

Times = NDArray[np.int64]  # of a Clock, here seconds where nothing else is said

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 604_800
SECONDS = {"ms": 0.001, "s": 1, "min": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
LONGEST = 10_000  # minutes, hours, … from one row to the next: beyond any calendar
MONDAY = 3  # days from Monday 29 December 1969 to 1 January 1970
CYCLES = ("minute", "hour", "weekday", "monthday", "yearday", "month")


def shown(time: int | np.integer, clock: Clock = PLAIN) -> str:
    """
    >>> shown(1467331200), shown(1467334800)
    ('2016-07-01', '2016-07-01 01:00')
    """
    return clock.text(int(time)).replace("T", " ").removesuffix(":00")


class Grid(NamedTuple):
    """places: (rows,) of each time among those that are expected, one after another. off: (rows,) bool, times that are
    not expected. at: the times of places."""

    places: NDArray[np.int64]
    off: NDArray[np.bool_]
    at: Callable[[NDArray[np.int64]], Times]


def grid(times: Times, frequency: str, clock: Clock = PLAIN) -> Grid:
    """Of the grids with this distance the one that most of the times lie on: hourly rows may all be at 7 minutes past.

    Days of months that are too short are their last day, so the last days of months are a grid.

    Args:
        times: (rows,), rows ≥ 1.
        frequency: `ms`, `s`, `min`, `h`, `d`, `b` (Monday to Friday), `w`, `m` (calendar months), or several of them:
            `15min`. Days and longer are those that clocks show, so that one of 23 hours is a day.

    Raises:
        KassandraError: of no, or of too many of them.
    """
    unit = frequency.lstrip("0123456789")
    several = int(frequency.removesuffix(unit) or 1)
    if not 1 <= several <= LONGEST:
        raise KassandraError(f"source.frequency: {frequency!r} is not of 1 to {LONGEST} {unit}")
    if unit in ("m", "b", "d", "w"):
        if clock.per_second > 1:
            whole, parts = times // clock.per_second, times % clock.per_second
            on = grid(whole, frequency, clock._replace(unit="s"))
            return Grid(on.places, on.off | (parts != 0), lambda places: on.at(places) * clock.per_second)
        shown = clock.wall(times)
        if unit in ("m", "b"):
            on = _months(shown, several) if unit == "m" else _weekdays(shown, several)
        else:
            on = _regular(shown, several * int(SECONDS[unit]))
        return on._replace(at=lambda places: clock.of_wall(on.at(places))) if clock.zone else on
    return _regular(times, round(several * SECONDS[unit] * clock.per_second))


def _regular(times: Times, step: int) -> Grid:
    phase = _commonest(times % step)
    return Grid((times - phase) // step, (times - phase) % step != 0, lambda places: places * step + phase)


def weekend(times: Times, clock: Clock = PLAIN) -> NDArray[np.bool_]:
    """(rows,) of the days Saturday and Sunday."""
    return (clock.wall(times) // clock.per_second // DAY + MONDAY) % 7 >= 5


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
