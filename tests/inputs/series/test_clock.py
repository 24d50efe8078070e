"""Times are read to the second or not at all, and every time that a frequency expects has one place."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassandra.contracts.clock import Clock
from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.clock import DAY, HOUR, grid, shown, weekend
from kassandra.inputs.series.prepare.faults import settled
from kassandra.inputs.series.prepare.times import read_times
from kassandra.params.inputs.series import TableSource
from kassandra.sources.own.table_file import Table

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda moment: moment.replace(microsecond=0))
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# What pandas calls the same distance; the last day of the month is its own word there.
PANDAS = {
    "min": "min",
    "15min": "15min",
    "h": "h",
    "3h": "3h",
    "d": "D",
    "2d": "2D",
    "b": "B",
    "w": "7D",
    "m": "MS",
    "3m": "3MS",
}


def seconds(cells, time_format=None):
    times, clock, _ = read(cells, time_format=time_format)
    assert clock == Clock()
    return times


def read(cells, **keys):
    """Of several columns a cell is a tuple."""
    columns = list(zip(*cells, strict=True)) if isinstance(cells[0], tuple) else [cells]
    names = ["date", "time", "hour"][: len(columns)]
    table = Table(Path("a.csv"), dict(zip(names, map(list, columns), strict=True)), np.arange(2, len(cells) + 2))
    source = TableSource(path="a.csv", time=names if len(names) > 1 else "date", **keys)
    times, clock, faults, said = read_times(table, source, {"a": np.arange(len(cells))})
    settled(table, faults, source.tolerate)
    return times.tolist(), clock, said


def epoch(moment):
    return round((moment - datetime(1970, 1, 1)) / timedelta(seconds=1))


@pytest.mark.slow
@given(moment=MOMENTS, zone=ZONES)
def test_iso_times(moment, zone):
    """Without a zone as they stand; with one, the same moment whichever it is written in."""
    assert seconds([moment.isoformat(), moment.isoformat(" ")]) == [epoch(moment)] * 2
    there = moment.replace(tzinfo=UTC).astimezone(zone)
    written = [there.isoformat(), there.isoformat(" ").replace(" ", "t"), f"{moment.isoformat()}Z"]
    assert seconds([*written, f"{moment.isoformat()}.000 z"]) == [epoch(moment)] * 4
    assert seconds([moment.date().isoformat()]) == [epoch(moment) // DAY * DAY]
    assert seconds([f"{moment:%Y-%m}"]) == [epoch(moment.replace(day=1)) // DAY * DAY]


@pytest.mark.slow
@settings(max_examples=30)
@given(moment=MOMENTS)
@pytest.mark.parametrize("time_format", ["%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y%m%d%H%M%S", "%d %b %Y %X"])
def test_times_in_another_format(moment, time_format):
    assert seconds([moment.strftime(time_format)], time_format) == [epoch(moment)]


def test_times_in_a_format_with_a_zone():
    assert seconds(["1.7.2016 02:00 +0200", "1.7.2016 00:00 Z"], "%d.%m.%Y %H:%M %z") == [1467331200] * 2


@pytest.mark.parametrize(
    ("cells", "time_format", "says"),
    [
        (["2024-01-01", "", "x", ""], None, "column 'date' is empty in lines 3, 5; a row needs its time"),
        (["2024-01-01", ""], "%Y-%m-%d", "column 'date' is empty in line 3"),
        (["01/02/2003", "13/02/2003"], None, r"dates that begin with the day; say it: "
         r"`source.time_format: '%d/%m/%Y'`: '01/02/2003' \(line 2\), '13/02/2003' \(line 3\)"),
        (["01/13/2003"], None, r"begin with the month; say it: `source.time_format: '%m/%d/%Y'`"),
        (["1.2.03 12:00"], None, r"may begin with the day or with the month; say which: '1.2.03 12:00' is day 1 of "
         r"month 2 by `source.time_format: '%d.%m.%y %H:%M'`, and day 2 of month 1 by '%m.%d.%y %H:%M'"),
        (["2024-01-01", "2024-02-30"], None, r"no time as 2024-01-31 or 2024-01-31 18:00; .*'2024-02-30' \(line 3\)"),
        (["20240131"], None, r"time_format: '%Y%m%d'`: '20240131' \(line 2\)"),
        (["1467331200"], None, "'1467331200'"),
        (["2024-01-31 24:30"], None, "'2024-01-31 24:30'"),
        (["2024-01-31 12:00 CET"], None, "CET"),
        (["2024-01-31 12:00:00.1234567"], None, "parts of a microsecond, which are not read; round its times: '.*67'"),
        (["31.1.2024", "2024-01-31"], "%d.%m.%Y",
         r"what is not written as `source.time_format: '%d.%m.%Y'` says: '2024-01-31' \(line 3\)"),
        (["2024-01-01", "2024-01-02Z"], None, "'2024-01-02Z'"),
        (["2024-01-01 00:00", "2024-01-02 00:00Z", "2024-01-03 00:00Z"], None,
         r"times with a zone and times without, as '2024-01-01 00:00' \(line 2\); write the zone of all"),
        (["x"], "%d.%m.", "'%d.%m.' does not give the year of a time"),
        (["x"], "%d/%Y", "does not give the month"),
        (["x"], "%Y-%m-%d %I:%M", "does not give the hour"),
        (["x"], "%Y-%m-%d %I", "does not give the hour"),
        (["x"], "%Q", "source.time_format: '%Q' is no format that times can be read by"),
        (["x"], "%Y%", "'%Y%' is no format"),
        (["x"], "%s", "'%s' is no format"),
        (["x"], "%Y-%m-%d %Z", "names of zones are not read, as some mean several; write them as \\+01:00, and %z"),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_is_no_time(cells, time_format, says):
    with pytest.raises(KassandraError, match=says):
        seconds(cells, time_format)


@pytest.mark.parametrize(
    ("cells", "keys", "times", "clock"),
    [
        (["1970-01-02T00:00:00.020Z", "1970-01-02 00:00:00.04Z"], {}, [86_400_020, 86_400_040], Clock("ms")),
        (["1970-01-01 00:00:00.000001"], {}, [1], Clock("us")),
        (["31.1.1970 12.5"], {"time_format": "%d.%m.%Y %H.%f"}, [30 * 86_400_000 + 43_200_500], Clock("ms")),
        (["1646391600000"], {"time_format": "unix_ms"}, [1646391600], Clock()),
        (["1646391600.5", "1.6463916e9"], {"time_format": "unix"}, [1646391600500, 1646391600000], Clock("ms")),
        (["7", "8.0"], {"time_format": "step"}, [7, 8], Clock("step")),
        ([7, 8.0], {"time_format": "step"}, [7, 8], Clock("step")),
        ([("1/2/1970", "01:00")], {"time_format": "%d/%m/%Y %H:%M"}, [31 * 86_400 + 3600], Clock()),
        ([("1970-01-02", "01:00")], {}, [90_000], Clock()),
        ([(1970, "1", 2.0)], {}, [86_400], Clock()),
        (["1970-01-02"], {"time_zone": "Asia/Tokyo"}, [54_000], Clock("s", "Asia/Tokyo")),
        (["1970-01-02T00:00Z"], {"time_zone": "Asia/Tokyo"}, [86_400], Clock("s", "Asia/Tokyo")),
        (["1970-01-02"], {"frequency": "20ms"}, [86_400_000], Clock("ms")),
    ],
    ids=range(13),
)  # fmt: skip
def test_times_as_keys_say_they_are_written(cells, keys, times, clock):
    assert read(cells, **keys)[:2] == (times, clock)


BERLIN = {"time_zone": "Europe/Berlin", "time_format": "%d.%m.%Y %H:%M"}
AUTUMN = [f"29.10.2023 {hour}" for hour in ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")]


def test_the_hour_that_is_there_twice():
    times, clock, said = read(AUTUMN, **BERLIN)
    assert np.diff(times).tolist() == [1800] * 5
    assert said == ["the hour that clocks of Europe/Berlin show again: 2 of its times"]
    assert clock.text(times[2]) == "2023-10-29T02:30:00+02:00"
    assert clock.text(times[4]) == "2023-10-29T02:30:00+01:00"
    assert read(AUTUMN[::-1], **BERLIN)[0] == times[::-1]
    assert not grid(np.array(times), "30min", clock).off.any()
    _, _, said = read([*AUTUMN[:3], *AUTUMN[5:]], **BERLIN)
    assert said == ["times of that hour that are there once, taken as before the clocks were set back: 2"]


def test_the_hour_that_is_left_out():
    with pytest.raises(KassandraError, match=r"clocks of Europe/Berlin never show.*'26.03.2023 02:30' \(line 2\)"):
        read(["26.03.2023 02:30"], **BERLIN)
    with pytest.raises(KassandraError, match=r"source.time_zone: 'Europe/Berlino' is no time zone"):
        read(AUTUMN, **(BERLIN | {"time_zone": "Europe/Berlino"}))


@pytest.mark.parametrize("frequency", ["d", "w", "m"])
def test_days_of_a_zone_are_those_of_its_clocks(frequency):
    days = pd.date_range("2023-01-01", periods=12, freq=PANDAS[frequency], tz="Europe/Berlin")
    clock = Clock("s", "Europe/Berlin")
    times = days.tz_convert("UTC").as_unit("s").asi8
    on = grid(np.delete(times, 5), frequency, clock)
    assert not on.off.any()
    assert on.at(on.places[0] + np.arange(12)).tolist() == times.tolist()


def test_coarse_formats_mean_the_beginning():
    assert seconds(["2024"], "%Y") == seconds(["2024-01"]) == seconds(["2024-01-01"]) == seconds(["1/2024"], "%m/%Y")


@pytest.mark.slow
@pytest.mark.parametrize("frequency", PANDAS)
@settings(max_examples=40)
@given(begin=MOMENTS, rows=st.integers(1, 60), data=st.data())
def test_the_grid_has_the_places_that_pandas_has(frequency, begin, rows, data):
    """Some of the times are enough to know all between the first and the last of them."""
    begin = begin.replace(day=1) if frequency.endswith("m") else begin
    times = pd.date_range(begin, periods=rows, freq=PANDAS[frequency]).as_unit("s").asi8
    kept = data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows).map(np.array))
    kept[[0, -1]] = True
    found = grid(times[kept], frequency)
    assert not found.off.any()
    np.testing.assert_array_equal(found.places - found.places[0], np.flatnonzero(kept))
    np.testing.assert_array_equal(found.at(np.arange(found.places[0], found.places[-1] + 1)), times)


@pytest.mark.parametrize("day", [28, 29, 30, 31])
@settings(max_examples=20)
@given(begin=st.dates(datetime(1900, 1, 1).date(), datetime(2100, 1, 1).date()), several=st.sampled_from([1, 2, 3, 12]))
def test_a_day_that_a_month_has_not_is_its_last(day, begin, several):
    periods = pd.period_range(begin, periods=14 * several, freq="M")[::several]
    times = [datetime(period.year, period.month, min(day, period.days_in_month), 17) for period in periods]
    times = np.array([epoch(time) for time in times])
    found = grid(np.delete(times, 5), f"{several}m")
    assert not found.off.any()
    if day in (28, 31) or several == 1:  # else the months that are there may be the shorter ones alone
        np.testing.assert_array_equal(found.at(found.places[0] + np.arange(14)), times)


def test_last_days_of_months_that_have_thirty():
    found = grid(np.array(seconds(["2024-04-30", "2024-06-30"])), "m")
    assert found.at(found.places[:1] + 1).tolist() == seconds(["2024-05-31"])


@pytest.mark.parametrize(
    ("cells", "frequency", "off"),
    [
        (["2024-01-01 11:00", "2024-01-01 12:07", "2024-01-01 13:00"], "h", [1]),
        (["2024-01-01 11:07", "2024-01-01 12:07", "2024-01-01 13:07"], "h", []),
        (["2024-01-01", "2024-01-08", "2024-01-16", "2024-01-22"], "w", [2]),
        (["2024-01-05", "2024-01-06", "2024-01-08"], "b", [1]),
        (["2024-01-06", "2024-01-07"], "b", [0, 1]),
        (["2024-01-05", "2024-01-08 12:00", "2024-01-09"], "b", [1]),
        (["2024-01-31", "2024-02-28", "2024-03-31"], "m", [1]),
        (["2023-01-31", "2023-02-28", "2023-03-31"], "m", []),
        (["2024-01-31", "2024-03-31", "2024-04-30", "2024-05-31"], "2m", [2]),
        (["2024-01-01 00:00", "2024-01-01 00:15", "2024-01-01 00:20", "2024-01-01 00:30"], "15min", [2]),
    ],
    ids=range(10),
)  # fmt: skip
def test_times_off_the_grid_that_most_are_on(cells, frequency, off):
    assert np.flatnonzero(grid(np.array(seconds(cells)), frequency).off).tolist() == off


@pytest.mark.parametrize("frequency", ["0h", "10001min", "99999999999999999999d"])
def test_frequencies_of_none_or_too_many(frequency):
    with pytest.raises(KassandraError, match=rf"source.frequency: '{frequency}' is not of 1 to 10000 "):
        grid(np.array([0, HOUR]), frequency)


@given(moment=MOMENTS)
def test_what_is_shown_of_a_time(moment):
    assert seconds([shown(epoch(moment))]) == [epoch(moment)]
    assert weekend(np.array([epoch(moment)])).tolist() == [moment.weekday() >= 5]
