"""Cycles: the same place in the next one is the same point, and its end lies beside its beginning."""

import numpy as np
import pytest

from kassandra.inputs.series.prepare.clock import CYCLES, cycles

PERIODS = {"minute": np.timedelta64(1, "h"), "hour": np.timedelta64(1, "D"), "weekday": np.timedelta64(7, "D")}
START = np.datetime64("2016-02-25T07:45:00")


def point(time, name):
    return np.array(
        [column[0] for column in cycles(np.array([time.astype("datetime64[s]").astype(np.int64)]), [name]).values()]
    )


@pytest.mark.parametrize("name", CYCLES)
def test_points_lie_on_the_circle(name):
    times = START.astype("datetime64[s]").astype(np.int64) + np.arange(0, 400 * 86400, 12345)
    sine, cosine = cycles(times, [name]).values()
    assert np.allclose(sine**2 + cosine**2, 1)


@pytest.mark.parametrize("name", PERIODS)
def test_what_comes_back_is_the_same_point(name):
    assert np.allclose(point(START, name), point(START + 5 * PERIODS[name], name))


@pytest.mark.parametrize(
    ("name", "one", "next_to_it"),
    [
        ("hour", "2016-02-25T23:59:59", "2016-02-26T00:00:00"),
        ("weekday", "2016-02-28", "2016-02-29"),  # Sunday, Monday
        ("month", "2016-12-31", "2017-01-01"),
        ("yearday", "2016-12-31", "2017-01-01"),
    ],
)
def test_the_end_lies_beside_the_beginning(name, one, next_to_it):
    # A step of the cycle at most: weekdays and months are counted whole.
    step = {"hour": 1e-4, "weekday": 2 * np.pi / 7, "month": 2 * np.pi / 12, "yearday": 2 * np.pi / 366}[name]
    assert np.linalg.norm(point(np.datetime64(one), name) - point(np.datetime64(next_to_it), name)) <= step * 1.01


def test_monday_is_where_the_week_begins():
    assert np.allclose(point(np.datetime64("2024-01-01"), "weekday"), [0, 1])
