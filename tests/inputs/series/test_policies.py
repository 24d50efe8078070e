"""Each policy does what it says and nothing else: `forward` knows no later row, `interpolate` keeps what is known."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassandra.contracts.errors import KassandraError
from kassandra.inputs.series.prepare.clock import DAY, HOUR
from kassandra.inputs.series.prepare.policies import NONE, SPARSEST, SPARSEST_OF_DROP, Part, filled, merged, regular
from kassandra.sources.own.table_file import Table

pytestmark = pytest.mark.slow

START = int((datetime(2024, 1, 1) - datetime(1970, 1, 1)).total_seconds())  # a Monday
GAP = float("nan")
FLOATS = st.floats(-1e300, 1e300)
# Hours from START, some missing, and two columns of values, some missing, but not the first and the last.
HOURS = st.lists(st.integers(1, 2), min_size=2, max_size=15).map(lambda steps: [0, *np.cumsum(steps).tolist()])


def part_of(places, *columns, step=HOUR, name="A"):
    values = np.array(columns, float).T
    return Part(name, np.arange(len(places)), START + step * np.array(places), values)


def rows_of(count, name="a.csv"):
    return Table(Path(name), {}, np.arange(2, count + 2), unit="row" if name.endswith("parquet") else "line")


@st.composite
def parts(draw):
    hours = draw(HOURS)
    cells = st.lists(FLOATS | st.just(GAP), min_size=len(hours) - 2, max_size=len(hours) - 2)
    return part_of(hours, *([draw(FLOATS), *draw(cells), draw(FLOATS)] for _ in range(2)))


def whole(part, policy):
    rows = rows_of(len(part.rows))
    (there,), _ = regular([part], "h", policy, rows)
    (done,), _ = filled([there], ["x", "y"], policy, rows)
    return there, done


@given(part=parts(), policy=st.sampled_from(["forward", "interpolate", "drop"]))
def test_what_is_known_stays_and_the_clock_is_regular(part, policy):
    there, done = whole(part, policy)
    np.testing.assert_array_equal(np.diff(done.times), HOUR)
    np.testing.assert_array_equal(done.rows[done.rows != NONE], part.rows)
    found = np.isin(done.times, part.times)
    known = ~np.isnan(part.values)
    np.testing.assert_array_equal(done.values[found][known], part.values[known])
    np.testing.assert_array_equal(np.isnan(there.values), ~(found[:, None] & ~np.isnan(there.values)))
    if policy == "drop":
        np.testing.assert_array_equal(done.values, there.values)
        np.testing.assert_array_equal(np.isnan(done.values[found]), ~known)
        assert np.isnan(done.values[~found]).all()
    else:
        assert np.isfinite(done.values).all()


@given(part=parts())
def test_forward_is_the_last_value_that_was_known(part):
    there, done = whole(part, "forward")
    for given_column, column in zip(there.values.T, done.values.T, strict=True):
        for row, value in enumerate(column):
            assert value == [known for known in given_column[: row + 1] if known == known][-1]


@given(part=parts(), cut=st.integers(1, 30), data=st.data())
def test_forward_does_not_change_when_later_rows_do(part, cut, data):
    cut = min(cut, len(part.times))
    _, done = whole(part, "forward")
    _, begun = whole(Part(part.name, *(array[:cut] for array in part[1:])), "forward")
    np.testing.assert_array_equal(done.values[: len(begun.values)], begun.values)
    other = part.values.copy()
    other[cut:] = data.draw(FLOATS)
    _, changed = whole(part._replace(values=other), "forward")
    np.testing.assert_array_equal(changed.values[: len(begun.values)], begun.values)


@given(part=parts())
def test_interpolation_is_a_line_between_neighbours(part):
    """In time, so that places that are missing and rows that are far apart count; never beyond its ends."""
    there, done = whole(part, "interpolate")
    for given_column, column in zip(there.values.T, done.values.T, strict=True):
        known = ~np.isnan(given_column)
        scale = np.abs(given_column[known]).max() or 1
        expected = np.interp(done.times, done.times[known], given_column[known] / scale)
        np.testing.assert_allclose(column / scale, expected, atol=1e-12)
    far = part_of([0, 1, 10], [0, GAP, 10])
    (done,), _ = filled([far], ["x"], "interpolate", rows_of(3))
    assert done.values[:, 0].tolist() == [0, 1, 10]


@given(part=parts(), which=st.lists(st.integers(0, 99), max_size=5), policy=st.sampled_from(["first", "last", "mean"]))
def test_repeated_rows_change_nothing(part, which, policy):
    """A row that is there several times is there once, whichever policy takes it."""
    again = np.sort(np.concatenate([np.arange(len(part.rows)), np.array(which, int) % len(part.rows)]))
    (once,), reported = merged([Part(part.name, *(array[again] for array in part[1:]))], policy, rows_of(99))
    for one, other in zip(once[1:], part[1:], strict=True):
        np.testing.assert_array_equal(one, other)
    what = "rows were too many for their times" if len(which) > 1 else "row was too many for its time"
    assert reported == (f"{len(which)} {what} in 1 series: {policy}" if which else "")


@given(values=st.lists(FLOATS | st.just(GAP), min_size=1, max_size=6), data=st.data())
def test_which_of_several_rows(values, data):
    part = part_of([0] * len(values), values)
    found = {policy: merged([part], policy, rows_of(9))[0][0].values[0, 0] for policy in ("first", "last")}
    np.testing.assert_array_equal([*found.values()], [values[0], values[-1]])
    there = [value for value in values if value == value]
    (mean,), _ = merged([part], "mean", rows_of(9))
    shuffled, _ = merged([part_of([0] * len(values), data.draw(st.permutations(values)))], "mean", rows_of(9))
    np.testing.assert_array_equal(mean.values, shuffled[0].values)
    if there:
        np.testing.assert_allclose(mean.values[0, 0], np.sum(np.array(there) / len(there)), rtol=1e-12, atol=1e288)
    else:
        assert np.isnan(mean.values).all()


def test_repeated_times_are_errors():
    part = part_of([0, 1, 1, 2, 2, 2], range(6))._replace(rows=np.array([0, 4, 1, 2, 3, 5]))
    with pytest.raises(
        KassandraError,
        match=r"a.csv: several rows for one time: 2024-01-01 01:00 \(lines 6, 3\), 2024-01-01 02:00 \(lines 4, 5, 7\); "
        "keep one of each, say which in `prepare.duplicates`: first, last or mean, or name the column",
    ):
        merged([part], "error", rows_of(6))


def test_missing_times_are_errors_of_all_series():
    several = [part_of([0, 1, 3, 4], range(4)), part_of([0, 1, 2, 3, 4, 5, 8], range(7), name="B")]
    with pytest.raises(
        KassandraError,
        match=r"`source.frequency: h` expects are missing: 2024-01-01 02:00 \(after line 3\), "
        r"2024-01-01 06:00 \(after line 7\), 2024-01-01 07:00 \(after line 7\); add their rows, or say what is done",
    ):
        regular(several, "h", "error", rows_of(9))
    with pytest.raises(KassandraError, match=r"04:00 \(after line 3\), .*06:00 \(after line 3\) and 1 more; add"):
        regular([part_of([0, 1, 8, *range(9, 20)], range(14))], "h", "error", rows_of(14))
    with pytest.raises(KassandraError, match=r"interpolate or drop; `source.frequency: b` is Monday to Friday"):
        regular([part_of([0, 1, 2, 3, 4, 7], range(6), step=DAY)], "d", "error", rows_of(6))


@pytest.mark.parametrize(
    ("places", "frequency", "says"),
    [
        ([4, 5, 7], "b", r"unexpected times 2024-01-06 \(line 3\): `source.frequency: b` is Monday to Friday"),
        (
            [0, 7, 15, 21],
            "w",
            r"unexpected times 2024-01-16 \(line 4\): `source.frequency: w` and most of the rows expect",
        ),
        (
            [0, 1, 2],
            "m",
            r"unexpected times 2024-01-01 \(line 2\), 2024-01-02 \(line 3\): .*mend them, or leave the frequency out",
        ),
    ],
    ids=["b", "w", "m"],
)
def test_unexpected_times_are_errors(places, frequency, says):
    with pytest.raises(KassandraError, match=f"a.csv: {says}"):
        regular([part_of(places, places, step=DAY)], frequency, "forward", rows_of(4))


@pytest.mark.parametrize(("policy", "times"), [("forward", SPARSEST), ("error", SPARSEST), ("drop", SPARSEST_OF_DROP)])
def test_a_series_that_would_be_made_up(policy, times):
    """At once, however many times would be expected."""
    part = part_of([0, 1, 3 * times], range(3))
    says = (
        rf"series 'A' has 3 of the {3 * times + 1} times that `source.frequency: h` expects from 2024-01-01 to .*name"
    )
    with pytest.raises(KassandraError, match=says):
        regular([part], "h", policy, rows_of(3))
    with pytest.raises(KassandraError, match="has 3 of the"):
        regular([part_of([0, 1, 10**7], range(3))], "h", policy, rows_of(3))
    if policy != "error":
        there, reported = regular([part_of([0, 1, 3 * times - 1], range(3))], "h", policy, rows_of(3))
        assert len(there[0].times) == 3 * times
        assert reported.startswith(f"{3 * times - 3} times were missing in 1 series")


def test_empty_cells_that_nothing_is_said_of():
    says = "a.csv: column 'y' is empty in lines 3, 4; fill the cells, or say what is done in"
    with pytest.raises(KassandraError, match=says):
        filled([part_of(range(3), [1, 2, 3], [1, GAP, GAP])], ["x", "y"], "error", rows_of(3))


@pytest.mark.parametrize(
    ("columns", "policy", "left"),
    [
        ([[GAP, GAP, 3], [1, 2, 3]], "forward", [0, 1]),
        ([[1, 2, 3], [1, GAP, GAP]], "interpolate", [1, 2]),
        ([[GAP, 2, 3], [1, 2, GAP]], "interpolate", [0, 2]),
    ],
)
def test_ends_that_nothing_is_known_of_are_left_out(columns, policy, left):
    (done,), said = filled([part_of(range(3), *columns)], ["x", "y"], policy, rows_of(3))
    assert np.flatnonzero(np.isnan(done.values).any(axis=1)).tolist() == left
    assert said.endswith(f"{len(left)} rows before the first value, or after the last, in 1 series: left out")


@settings(max_examples=20)
@given(steps=st.lists(st.integers(1, 3), min_size=3, max_size=10), begin=st.integers(0, 400))
def test_weekdays_that_are_missing_come_back(steps, begin):
    """From any day on: `b` expects five days a week, and leaves none of them out."""
    days = [datetime(2024, 1, 1) + timedelta(days=begin + day) for day in range(40)]
    weekdays = [day for day in days if day.weekday() < 5]
    places = [(day - datetime(2024, 1, 1)).days for day in weekdays]
    kept = [place for place in np.cumsum([0, *steps]) if place < len(places)]
    part = part_of([places[place] for place in kept], kept, step=DAY)
    (there,), _ = regular([part], "b", "drop", rows_of(len(kept)))
    assert ((there.times - START) // DAY).tolist() == places[: kept[-1] + 1]
