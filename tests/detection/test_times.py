"""Times are read as they were written; where the day and the month may change places, neither reading is taken."""

from datetime import UTC, datetime, timedelta

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.detection import times
from kassandra.detection.distance import distance_of, season_of

DAYS = [datetime(2021, 1, 1, 13, 5, 6, tzinfo=UTC) + timedelta(days=step) for step in range(0, 400, 7)]
HOURS = [datetime(2021, 2, 3, tzinfo=UTC) + timedelta(hours=step) for step in range(48)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "format",
    [
        *(one for one in times.DATES if "%d" in one),
        *(f"{date}{joint}{clock}" for date in ("%d.%m.%Y", "%m/%d/%Y", "%b %d, %Y") for joint in (" ", ", ", "T")
          for clock in times.CLOCKS if "." not in clock),
    ],
)  # fmt: skip
def test_every_format_is_recognised(format):
    cells = [f"{day:{format}}" for day in DAYS]
    found = times.time_of(cells, "date", "a.csv")
    expected = [datetime.strptime(cell, format).replace(tzinfo=UTC).timestamp() for cell in cells]
    assert found is not None
    assert found.seconds == expected


@pytest.mark.parametrize(
    "cells",
    [["2021-01-05", "2021-01-06"], ["2021-01-05T10:00:00.020Z"] * 2, ["2021-01"], ["2021-01-05 10:00:00+01:00"]],
)
def test_iso_needs_no_format(cells):
    found = times.time_of(cells, "t", "a.csv")
    assert found is not None
    assert found.format is None


def test_unix():
    assert times.time_of(["1646391600000", "1646388000000"], "Unix", "a").format == "unix_ms"
    assert times.time_of(["1646391600", "1646395200"], "x", "a").format == "unix"
    assert times.time_of(["1467810000", "3", "1467810000"], "id", "a") is None


def test_the_day_and_the_month_are_both_shown():
    cells = [f"{day:02}/02/2020" for day in range(1, 13)]
    with pytest.raises(
        KassandraError,
        match=r"'02/02/2020|'01/02/2020' may be 1 February 2020 \(`--time-format '%d/%m/%Y'`\) or 2 January",
    ):
        times.time_of(cells, "Date", "a.csv")
    assert times.time_of(cells, "Date", "a.csv", "%m/%d/%Y").seconds[0] == datetime(2020, 1, 2, tzinfo=UTC).timestamp()


def test_rows_that_are_evenly_apart_decide():
    cells = [f"{hour:%d/%m/%Y %H:%M}" for hour in HOURS]
    found = times.time_of(cells, "Date", "a.csv")
    assert found.format == "%d/%m/%Y %H:%M"
    assert "evenly apart" in found.note


@pytest.mark.parametrize("cells", [["1-01", "1-02", "1-03"], ["12.5", "13.5"], ["red", "green"], ["5", "7"]])
def test_what_is_no_time(cells):
    assert times.time_of(cells, "Month", "a.csv") is None


@pytest.mark.parametrize(
    ("step", "frequency", "season"),
    [
        (0.02, "20ms", None),
        (1, "s", 86_400),
        (600, "10min", 144),
        (3600, "h", 24),
        (86_400, "d", 7),
        (604_800, "w", 52),
    ],
)
def test_the_distance_of_rows(step, frequency, season):
    found = distance_of([round(1.6e9 + place * step, 3) for place in range(100)])
    assert (found.frequency, season_of(found)) == (frequency, season)


def test_months_and_trading_days():
    months = [datetime(2000 + place // 12, place % 12 + 1, 1, tzinfo=UTC).timestamp() for place in range(30)]
    assert distance_of(months).frequency == "m"
    days = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=place) for place in range(60)]
    found = distance_of([day.timestamp() for day in days if day.weekday() < 5])
    assert found.frequency is None
    assert "Mondays to Fridays" in found.note
