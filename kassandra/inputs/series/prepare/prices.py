"""Daily prices: open, high, low, close and volume; what is known at the end of a day, of it and of those before."""

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.clock import DAY, read_times
from kassandra.inputs.series.prepare.policies import Series
from kassandra.inputs.series.prepare.rows import Rows, numbers, read_rows

Days = NDArray[np.float64]  # (rows,)

PRICES = ("open", "high", "low", "close")
SLACK = 1e-6  # of a price: tables round each of the four by itself
WEEK, MONTH = 5, 21  # trading days
WARM_UP = MONTH  # rows at the beginning, in which some feature is not known yet
SMALLEST = 1e-5  # daily volatility of a day on which the price did not move, a tenth of a basis point


def prices(path: Path) -> Series:
    """A table with the columns Date, Open, High, Low, Close and perhaps Volume, in any case; others are not read.

    Dates are ISO 8601, or month, day and year with slashes (1/31/2024). The series has the name of the file.

    Raises:
        KassandraError: the file cannot be read, a column is missing, a cell is no date or number; the days do not
            follow one another; a price is not above 0; the lowest price is above, or the highest below, the others; or
            a volume is below 0.
    """
    rows = read_rows(path, lambda known: _columns(path, known))
    columns = {name.lower(): name for name in rows.columns}
    date = columns.pop("date")
    slashes = re.match(r"\d{1,2}/", rows.columns[date][0], re.ASCII)
    times = read_times(rows, date, "%m/%d/%Y" if slashes else None) // DAY * DAY
    values = {name: numbers(rows, columns[name]) for name in (*PRICES, "volume") if name in columns}
    for name, column in values.items():
        _refuse(rows, np.isnan(column), f"column {columns[name]!r} is empty in", "fill the cells, or delete the rows")
    late = np.diff(times, prepend=times[0] - DAY) <= 0
    _refuse(rows, late, "no later day than the row before in", "sort the rows by date, and keep one of each")
    for name in PRICES:
        _refuse(rows, values[name] <= 0, f"column {columns[name]!r} is not above 0 in", "a price is")
    opening, high, low, close = (values[name] for name in PRICES)
    for wrong, what in (
        (low > np.minimum(np.minimum(opening, close), high) * (1 + SLACK), "the lowest price is above another in"),
        (high < np.maximum(np.maximum(opening, close), low) * (1 - SLACK), "the highest price is below another in"),
    ):
        _refuse(rows, wrong, what, "are the columns the right way round?")
    if "volume" in values:
        _refuse(rows, values["volume"] < 0, f"column {columns['volume']!r} is below 0 in", "0 is a day without trade")
    usable = np.ones(len(times), bool)
    return Series(Path(path.name.removesuffix(".gz")).stem, times, values, usable, ~usable)


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


def _columns(path: Path, known: list[str]) -> list[str]:
    wanted = ("date", *PRICES, "volume")
    chosen = [name for name in known if name.lower() in wanted]
    lower = [name.lower() for name in chosen]
    if lacking := [name for name in wanted[:-1] if name not in lower]:
        raise KassandraError(
            f"{path}: no column {lacking[0]!r}; prices have Date, Open, High, Low, Close and perhaps Volume; "
            f"the columns are {known}"
        )
    if twice := [name for name in chosen if lower.count(name.lower()) > 1]:
        raise KassandraError(f"{path}: columns {twice} are named alike; keep one of them")
    return chosen


def _refuse(rows: Rows, wrong: NDArray[np.bool_], what: str, instead: str) -> None:
    if wrong.any():
        raise KassandraError(f"{rows.path}: {what} {rows.where(np.flatnonzero(wrong))}; {instead}")
