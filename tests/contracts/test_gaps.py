"""Gaps: those that are there, those that are made where all is known, and the windows around them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.contracts.gaps import EVERY, Gaps, ends_of_windows, lengths, made, mean_length, missing, rows_of_windows
from kassandra.contracts.windows import Split


def split_of(values, offsets, origins=()):
    rows = len(values)
    return Split(
        np.zeros((rows, 1), np.float32), values, np.arange(rows), np.array(offsets), np.array(origins, np.int64)
    )


@pytest.mark.slow
@given(
    st.lists(st.lists(st.booleans(), min_size=2, max_size=2), min_size=1, max_size=30),
    st.integers(0, 30),
    st.integers(1, 8),
)
def test_what_is_missing_lies_in_one_gap_each(known, cut, longest):
    known = np.array(known)
    offsets = np.array([0, min(cut, len(known)), len(known)])
    fitting, too_long = missing(known, offsets, longest)
    filled = np.zeros(known.shape, int)
    for gaps in (fitting, too_long):
        _, row, column = gaps.cells(2)
        np.add.at(filled, (row, column), 1)
        series = np.searchsorted(offsets, gaps.row, side="right")
        assert (series == np.searchsorted(offsets, gaps.row + gaps.length - 1, side="right")).all()
    assert (filled == ~known).all()
    assert (fitting.length <= longest).all()
    assert (too_long.length > longest).all()


def test_lengths_are_log_uniform():
    drawn = lengths(np.random.default_rng(0).random(100_000), 48)
    assert drawn.min() == 1
    assert drawn.max() == 48
    assert drawn.mean() == pytest.approx(mean_length(48), rel=0.02)
    shares = [np.mean((low <= drawn) & (drawn < 2 * low)) for low in (1, 2, 4, 8, 16)]  # of each doubling
    assert np.ptp(shares) < 0.01


@pytest.mark.parametrize("targets", [1, 3])
def test_those_that_are_made_have_known_values_around_them(targets):
    generator = np.random.default_rng(1)
    known = generator.random((3000, targets)) > 0.002
    some = made(known, 60, 20, 0.3, 0.5, generator)
    taken = np.zeros(known.shape, bool)
    for row, length, column in some:
        own = slice(None) if column == EVERY else column
        assert known[row - 1 : row + length + 1, own].all()
        assert not taken[row - 1 : row + length + 1].any()  # a row at least between two
        taken[row : row + length, own] = True
        middle = row + length // 2 - 30
        assert middle >= 0
        assert middle + 60 <= len(known)
    assert {column for _, _, column in some} == ({EVERY} if targets == 1 else {EVERY, 0, 1, 2})
    assert taken.any(1).mean() == pytest.approx(0.3, abs=0.08)


@given(st.integers(4, 40), st.lists(st.integers(1, 60), min_size=1, max_size=3), st.data())
def test_windows_lie_in_their_series_and_hold_the_gap(window, sizes, data):
    offsets = np.cumsum([0, *sizes])
    series = data.draw(st.integers(0, len(sizes) - 1))
    row = data.draw(st.integers(0, sizes[series] - 1))
    length = data.draw(st.integers(1, max(1, min(window - 2, sizes[series] - row))))
    gaps = Gaps.of([[0, offsets[series] + row, length, 0]])
    ends = ends_of_windows(gaps, offsets, window)
    split = split_of(np.zeros((offsets[-1], 1)), offsets, ends)
    rows, there = rows_of_windows(split, np.array([0]), window, margin=3)
    (inner,) = rows[:, 3:-3][there[:, 3:-3]][None]
    assert offsets[series] <= inner.min()
    assert inner.max() < offsets[series + 1]
    assert len(inner) == min(window, sizes[series])
    assert set(range(gaps.row[0], gaps.row[0] + length)) <= set(inner.tolist())
    assert (rows >= offsets[series]).all()
    assert (rows < offsets[series + 1]).all()
