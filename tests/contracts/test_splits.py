"""Where time is cut: nothing is in two parts, gaps are kept, and no window looks over an edge."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kassandra.contracts.spans import SPLITS, origins, spans

from kassandra.contracts.errors import KassandraError

DAY = 86400
NEVER = (None, None, None)


def inside(times, span):
    return times[(times >= span.begin) & (times < span.end)]


@given(
    st.integers(60, 400),
    st.integers(2, 5),
    st.floats(0.1, 0.3),
    st.floats(0.1, 0.3),
)
def test_parts_follow_each_other_with_the_gap_between(rows, gap, valid, test):
    times = np.arange(rows) * DAY
    parts = [inside(times, span) for span in spans([times], gap, valid, test, NEVER).values()]
    for before, after in pairwise(parts):
        assert (after[0] - before[-1]) // DAY == gap + 1  # so many times lie between them
    assert parts[0][0] == times[0]
    assert parts[2][-1] == times[-1]
    assert len(parts[2]) == round(test * rows) - gap


def test_all_series_are_cut_at_the_same_times():
    long, short = np.arange(100) * DAY, np.arange(40, 100, 2) * DAY
    cut = spans([long, short], 3, 0.2, 0.2, NEVER)
    assert cut == spans([long], 3, 0.2, 0.2, NEVER)
    assert [len(inside(short, cut[name])) for name in SPLITS] == [10, 8, 8]


def test_dates_say_where_parts_end():
    times = np.arange(1000) * DAY
    cut = spans([times], 5, 0.5, 0.4, ("1970-04-11", "1970-07-20", "1970-10-28"))  # days 100, 200, 300
    assert [tuple(inside(times, span)[[0, -1]] // DAY) for span in cut.values()] == [(0, 99), (105, 199), (205, 299)]


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (("soon", None, None), r"prepare\.train_until: 'soon' is no date as in 2016-01-01"),
        (("1970-03-01", "1970-02-01", None), r"prepare: train, valid and test do not end one after the other"),
        (("1980-03-01", "1980-04-01", None), r"prepare: train, valid and test do not end one after the other"),
        (("1970-02-20", "1970-02-22", None), r"prepare: nothing is left for valid, as 5 times \(window \+ horizon\)"),
    ],
)
def test_dates_that_leave_nothing(until, said):
    with pytest.raises(KassandraError, match=said):
        spans([np.arange(100) * DAY], 5, 0.2, 0.2, until)


def test_a_gap_longer_than_a_part():
    with pytest.raises(KassandraError, match=r"nothing is left for valid, as 30 times"):
        spans([np.arange(100) * DAY], 30, 0.2, 0.2, NEVER)


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(2, 5), st.integers(0, 4))
def test_origins_are_all_those_whose_rows_are_usable(usable, window, horizon):
    usable = np.array(usable)
    wanted = [
        row
        for row in range(len(usable))
        if row - window + 1 >= 0 and row + horizon < len(usable) and usable[row - window + 1 : row + horizon + 1].all()
    ]
    assert origins(usable, window, horizon).tolist() == wanted
