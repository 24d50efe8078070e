"""Daily prices: open, high, low, close and volume; what is known at the end of a day, of it and of those before."""

import math
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.clock import DAY
from kassandra.inputs.series.prepare.faults import Fault, settled
from kassandra.inputs.series.prepare.numbers import numbers
from kassandra.inputs.series.prepare.policies import Series, counted
from kassandra.inputs.series.prepare.times import day_or_month, read_times
from kassandra.params.inputs.series import TableSource
from kassandra.sources.own.refused import Refused
from kassandra.sources.own.table_file import Table, called, read_table

Days = NDArray[np.float64]  # (rows,)

DATES = ("date", "timestamp", "datetime", "time")
PRICES = ("open", "high", "low", "close")
SLACK = 1e-6  # of a price: tables round each of the four by itself
WEEK, MONTH = 5, 21  # trading days
WARM_UP = MONTH  # rows at the beginning, in which some feature is not known yet
SMALLEST = 1e-5  # daily volatility of a day on which the price did not move, a tenth of a basis point


OWN = TableSource(path="a table of prices")


class Prices(NamedTuple):
    """message: what was left out or put in order, with counts; empty where the table was taken as it is."""

    series: Series
    message: str
    refused: list[Refused]


def prices(path: Path, source: TableSource = OWN, missing: str = "error", duplicates: str = "error") -> Prices:
    """A table with the columns Date, Open, High, Low, Close and perhaps Volume, in any case; others are not read.

    Dates stand in `source.time`, or a column Date, Timestamp, Time or Datetime. They are ISO 8601, or as
    `source.time_format` says, or have slashes, where one of the dates of the file shows whether the month is first
    (1/31/2024). The series has the name of the file.

    Args:
        missing: `drop` leaves out days without a price. duplicates: `first` or `last` of two rows for one day.

    Raises:
        KassandraError: the file cannot be read, a column is missing, a cell is no date or number; the days do not
            follow one another; a price is not above 0; the lowest price is above, or the highest below, the others; or
            a volume is below 0; of more rows than `source.tolerate` allows.
    """
    rows = read_table(path, source, lambda known: _columns(path, source, known))
    date = next(iter(rows.columns))
    columns = {name.lower(): name for name in rows.columns if name != date}
    how = source.model_copy(update={"time": date, "time_format": source.time_format or _slashes(rows, date)})
    times, clock, faults, said = read_times(rows, how, {path.name: np.arange(len(rows.lines))})
    days = clock.wall(times) // clock.per_second // DAY * DAY
    values = {}
    for name in [name for name in (*PRICES, "volume") if name in columns]:
        values[name], wrong = numbers(rows, columns[name], source)
        faults += wrong
    faults += _impossible(rows, columns, values)
    used, refused, message = settled(rows, faults, source.tolerate)
    empty = np.any([np.isnan(column) for column in values.values()], axis=0) & used
    if missing == "error":
        for name, column in values.items():
            advice = "fill the cells, delete the rows, or say `prepare.missing: drop`"
            _refuse(rows, np.isnan(column) & used, f"column {columns[name]!r} is empty in", advice)
    messages = [message, *said, counted([int(empty.sum())], "day without a price", "days without a price", "left out")]
    kept = np.flatnonzero(used & ~empty)
    if source.sort == "none":
        late = np.zeros(len(used), bool)
        late[kept] = np.diff(days[kept], prepend=days[kept[:1]] - DAY) < 0
        _refuse(
            rows, late, "an earlier day than the row before in", "say `source.sort: time`, or sort the rows by date"
        )
    late_rows = int((days[kept] < np.maximum.accumulate(days[kept])).sum())
    messages.append(counted([late_rows], "row stood after a later one", "rows stood after later ones", "sorted"))
    kept = kept[np.argsort(days[kept], kind="stable")]
    kept, twice = _one_of_each_day(rows, kept, days, duplicates)
    messages.append(twice)
    usable = np.ones(len(kept), bool)
    series = Series(stem(path), days[kept], {name: column[kept] for name, column in values.items()}, usable, ~usable)
    message = "; ".join(filter(None, messages))
    return Prices(series, f"{path}: {message.removeprefix(f'{path}: ')}" if message else "", refused)


def stem(path: Path) -> str:
    """The name of a file without its endings."""
    return Path(path.name.removesuffix(".gz")).stem


def _impossible(rows: Table, columns: dict[str, str], values: dict[str, Days]) -> list[Fault]:
    faults = []

    def add(wrong: NDArray[np.bool_], what: str, instead: str) -> None:
        if wrong.any():
            text = f"{rows.path}: {what} {rows.where(np.flatnonzero(wrong))}; {instead}"
            faults.append(Fault(np.flatnonzero(wrong).tolist(), what.removesuffix(" in"), text))

    for name in PRICES:
        add(values[name] <= 0, f"column {columns[name]!r} is not above 0 in", "a price is")
    opening, high, low, close = (values[name] for name in PRICES)
    possible = np.all([values[name] > 0 for name in PRICES], axis=0)
    high_or_low = np.minimum(np.minimum(opening, close), high), np.maximum(np.maximum(opening, close), low)
    advice = "are the columns the right way round?"
    add(possible & (low > high_or_low[0] * (1 + SLACK)), "the lowest price is above another in", advice)
    add(possible & (high < high_or_low[1] * (1 - SLACK)), "the highest price is below another in", advice)
    if "volume" in values:
        add(values["volume"] < 0, f"column {columns['volume']!r} is below 0 in", "0 is a day without trade")
    return faults


def _one_of_each_day(
    rows: Table, kept: NDArray[np.int64], days: NDArray[np.int64], policy: str
) -> tuple[NDArray[np.int64], str]:
    again = np.diff(days[kept], prepend=days[kept[:1]] - DAY) == 0
    if not again.any():
        return kept, ""
    if policy == "error":
        advice = "keep one of each, or say which in `prepare.duplicates`: first or last"
        _refuse(rows, np.isin(np.arange(len(days)), kept[again]), "the same day as another row in", advice)
    left = ~again if policy == "first" else ~np.append(again[1:], False)
    return kept[left], counted(
        [int(again.sum())], "row was too many for its day", "rows were too many for their days", policy
    )


def features(series: Series) -> dict[str, Days]:
    """What is known of each day at its close, each (rows,) and of that row and earlier ones alone.

    The first rows, WARM_UP at most, are NaN where a feature is not known yet; all later ones are finite. Prices in
    another unit give the same.

    return: log of the close to that of the day before. gap: log of the opening to that close. range: log of the highest
    to the lowest price. place: of the close between the lowest, -1, and the highest, 1; 0 where they are one. volume:
    log of it less the mean log of those of the 21 days before that had any; 0 where there is none. volatility_5,
    volatility_21: log of the root mean square of `garman_klass` over the last 5, 21 days. trend_21: log of the close
    to the mean of the last 21.
    """
    opening, high, low, close = (series.columns[name] for name in PRICES)
    before = _earlier(close, 1)
    spread = np.where(high > low, high - low, 1)
    place = np.where(high > low, np.clip((2 * close - high - low) / spread, -1, 1), 0)
    variance = garman_klass(series) ** 2
    return {
        "return": np.log(close / before),
        "gap": np.log(opening / before),
        "range": np.log(high / low),
        "place": place,
        "volume": _volume(series.columns.get("volume", np.zeros(len(close)))),
        "volatility_5": np.log(_mean(variance, WEEK)) / 2,
        "volatility_21": np.log(_mean(variance, MONTH)) / 2,
        "trend_21": np.log(close / _mean(close, MONTH)),
    }


def garman_klass(series: Series) -> Days:
    """(rows,) volatility of each day, in log-return per square root of a day, at least SMALLEST.

    Garman & Klass (1980), the estimator that needs no more than the four prices: its variance is
    ½ ln(high/low)² - (2 ln 2 - 1) ln(close/open)². The night before is not in it.
    """
    opening, high, low, close = (series.columns[name] for name in PRICES)
    variance = np.log(high / low) ** 2 / 2 - (2 * math.log(2) - 1) * np.log(close / opening) ** 2
    return np.sqrt(np.maximum(variance, SMALLEST**2))


def _volume(volume: Days) -> Days:
    traded = volume > 0
    logs = np.log(np.where(traded, volume, 1))
    days = _earlier(_mean(traded.astype(float), MONTH), 1)  # share of the 21 days before that had any
    usual = np.divide(_earlier(_mean(logs, MONTH), 1), days, out=np.where(days == 0, logs, np.nan), where=days > 0)
    return np.where(traded, logs - usual, np.where(np.isnan(days), np.nan, 0))


def _earlier(values: Days, rows: int) -> Days:
    """The values of so many rows before; NaN where there is none."""
    return np.concatenate([np.full(min(rows, len(values)), np.nan), values[: max(len(values) - rows, 0)]])


def _mean(values: Days, window: int) -> Days:
    """Of each value and those before it; NaN where there are too few. Summed in one order wherever a row stands, so
    that neither later rows nor rows before the window change a bit of it."""
    total = np.zeros(len(values))
    for rows in range(window):
        total += _earlier(values, rows)
    return total / window


def _columns(path: Path, source: TableSource, known: list[str]) -> list[str]:
    date = _date(known, source)
    chosen = [name for name in known if name.lower() in (*PRICES, "volume") and name != date]
    lower = [name.lower() for name in chosen]
    lacking = [name for name in PRICES if name not in lower]
    if date is None or lacking:
        raise KassandraError(
            f"{path}: no column {lacking[0] if date else 'date'!r}; prices have Date, Open, High, Low, Close and "
            f"perhaps Volume; `source.time` names another column of dates, `source.columns` names all; "
            f"the columns are {known}"
        )
    if twice := [name for name in chosen if lower.count(name.lower()) > 1]:
        raise KassandraError(f"{path}: columns {twice} are named alike; keep one of them")
    return [date, *chosen]


def _date(known: list[str], source: TableSource) -> str | None:
    if source.times:
        name = called(source.times[0], known)
        return name if name in known else None
    return next((name for usual in DATES for name in known if name.lower() == usual), None)


def _slashes(rows: Table, date: str) -> str | None:
    """How dates with slashes are written, where one of them shows it."""
    cells = [cell.strip() for cell in rows.columns[date] if isinstance(cell, str)]
    if not cells or not re.match(r"\d{1,2}/", cells[0], re.ASCII):
        return None
    day_first, month_first = day_or_month(cells)
    return None if day_first == month_first else "%d/%m/%Y" if day_first else "%m/%d/%Y"


def _refuse(rows: Table, wrong: NDArray[np.bool_], what: str, instead: str) -> None:
    if wrong.any():
        raise KassandraError(f"{rows.path}: {what} {rows.where(np.flatnonzero(wrong))}; {instead}")
