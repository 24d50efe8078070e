"""Seasons are seen in values; the calendar only says where to look."""

import numpy as np
import pytest

from kassandra.detection.distance import calendar_of, distance_of, seasons_of
from kassandra.detection.seasons import period_in, seasons_in

DAY = 86_400


def noise(seed, size=2000):
    return np.random.default_rng(seed).normal(size=size)


def test_days_and_weeks():
    hours = np.arange(2000)
    day, weekend = np.sin(hours / 24 * 2 * np.pi), (hours // 24 % 7 > 4) * 2.0
    assert seasons_in(day + 0.2 * noise(0), [24, 168]) == [24]
    assert seasons_in(day + weekend + 0.2 * noise(0), [24, 168]) == [24, 168]
    assert seasons_in(weekend + 0.2 * noise(0), [24, 168])[-1] == 168


def test_a_trend_and_missing_values_hide_no_season():
    hours = np.arange(1000)
    values = np.sin(hours / 24 * 2 * np.pi) + 0.05 * hours
    values[::7] = np.nan
    assert seasons_in(values, [24]) == [24]


@pytest.mark.parametrize("seed", range(10))
def test_what_wanders_has_no_season(seed):
    walk = np.cumsum(noise(seed))
    assert seasons_in(walk, [12]) == []
    assert period_in(walk, 200) is None
    assert period_in(noise(seed), 200) is None


def test_a_season_has_to_be_seen_more_than_once():
    assert seasons_in(np.sin(np.arange(300) / 168 * 2 * np.pi), [168]) == []
    assert period_in(np.sin(np.arange(300) / 150 * 2 * np.pi), 200) is None


def test_a_period_that_no_calendar_has():
    values = np.sin(np.arange(1500) / 130 * 2 * np.pi) + 0.3 * noise(1, 1500)
    assert period_in(values, 200) == pytest.approx(130, abs=8)


@pytest.mark.parametrize(
    ("step", "seasons", "calendar"),
    [(3600, [24, 168], ["hour", "weekday"]), (600, [144, 1008], ["hour", "weekday"]), (DAY, [7], ["weekday"]),
     (7 * DAY, [52], ["yearday"])],
)  # fmt: skip
def test_what_the_calendar_has_of_a_season(step, seasons, calendar):
    distance = distance_of([1.6e9 + place * step for place in range(100)])
    assert seasons_of(distance) == seasons
    assert calendar_of(distance, seasons) == calendar


def test_of_days_alone_the_calendar_gives_hours():
    distance = distance_of([1.6e9 + place * 3600 for place in range(100)])
    assert calendar_of(distance, [24]) == ["hour"]
