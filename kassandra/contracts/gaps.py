"""Gaps in series: where they are, the windows around them, and how gaps are made where the values are known."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.windows import Split

EVERY = -1  # as a column: all targets

Integers = NDArray[np.int64]
Known = NDArray[np.bool_]  # (rows, targets) whether a value is there


class Gaps(NamedTuple):
    """One window is read for each.

    round: which of several sets of gaps each is of, whose values are missing together. row: (gaps,) the first of each,
    among all rows of a split. length: of each in rows, ≥ 1. column: the number of a target, or EVERY.
    """

    round: Integers
    row: Integers
    length: Integers
    column: Integers

    @classmethod
    def of(cls, array: Any) -> Self:
        """Of an array (gaps, 4)."""
        return cls(*np.asarray(array, np.int64).reshape(-1, 4).T)

    def array(self) -> Integers:
        """(gaps, 4)"""
        return np.stack(self, 1)

    def cells(self, targets: int) -> tuple[Integers, Integers, Integers]:
        """(cells,) the gap, the row and the target of each value, in the order of gaps, rows and targets.

        >>> [each.tolist() for each in Gaps.of([[0, 5, 2, 1], [0, 9, 1, -1]]).cells(2)]
        [[0, 0, 1, 1], [5, 6, 9, 9], [1, 1, 0, 1]]
        """
        width = np.where(self.column == EVERY, targets, 1)
        sizes = self.length * width
        gap = np.repeat(np.arange(len(self.row)), sizes)
        within = np.arange(len(gap)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # from 0 on in each gap
        column = np.where(self.column[gap] == EVERY, within % targets, self.column[gap])
        return gap, self.row[gap] + within // width[gap], column

    def removed(self, rounds: int, rows: int, targets: int) -> NDArray[np.bool_]:
        """(rounds, rows, targets) whether a value lies in a gap of each round."""
        inside = np.zeros((rounds, rows, targets), bool)
        gap, row, column = self.cells(targets)
        inside[self.round[gap], row, column] = True
        return inside


def ends_of_windows(gaps: Gaps, offsets: Integers, window: int) -> Integers:
    """(gaps,) the last row of the window around each, the gap in the middle as far as its series reaches to both sides.
    Of a series that is shorter than a window, rows beyond its end."""
    series = np.searchsorted(offsets, gaps.row, side="right") - 1
    begins, ends = offsets[series], offsets[series + 1]
    first = np.minimum(gaps.row + gaps.length // 2 - window // 2, ends - window)
    return np.asarray(np.maximum(first, begins) + window - 1, np.int64)


def rows_of_windows(split: Split, numbers: Any, window: int, margin: int = 0) -> tuple[Integers, NDArray[np.bool_]]:
    """(windows, margin + window + margin) the rows of some windows and so many before and after them; and which of
    these there are in the series of the window: others are any rows."""
    last = split.origins[numbers]
    # By its first row: a window may end beyond its series.
    series = np.searchsorted(split.offsets, last - window + 1, side="right") - 1
    begins, ends = split.offsets[series][:, None], split.offsets[series + 1][:, None]
    rows = last[:, None] + np.arange(1 - window - margin, 1 + margin)
    there = (begins <= rows) & (rows < ends)
    return np.clip(rows, begins, ends - 1), there


def missing(known: Known, offsets: Integers, longest: int) -> tuple[Gaps, Gaps]:
    """The runs of missing values of each target in each series: those that are filled, and those that are too long."""
    fitting, others = list[tuple[int, int, int, int]](), list[tuple[int, int, int, int]]()
    for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        for column in range(known.shape[1]):
            for row, length in _runs(~known[begin:end, column]):
                (fitting if length <= longest else others).append((0, begin + row, length, column))
    return Gaps.of(sorted(fitting, key=_by_place)), Gaps.of(sorted(others, key=_by_place))


def _by_place(gap: tuple[int, int, int, int]) -> tuple[int, int]:
    return gap[1], gap[3]


def _runs(inside: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    """First row and length of each run of True.

    >>> list(_runs(np.array([True, False, True, True])))
    [(0, 1), (2, 2)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return zip(edges[::2].tolist(), (edges[1::2] - edges[::2]).tolist(), strict=True)


def lengths(uniform: Any, longest: int) -> Integers:
    """Lengths of gaps of numbers in [0, 1): from 1 to `longest`, log-uniform.

    >>> lengths(np.array([0.0, 0.4, 0.999]), 48).tolist()
    [1, 4, 48]
    """
    return np.asarray(np.minimum(np.exp(np.asarray(uniform) * np.log(longest + 1)).astype(np.int64), longest))


def mean_length(longest: int) -> float:
    """Of `lengths`, in rows."""
    every = np.arange(1, longest + 1)
    return float((every * np.log1p(1 / every)).sum() / np.log(longest + 1))


def made(
    known: Known, window: int, longest: int, share: float, together: float, generator: np.random.Generator
) -> list[tuple[int, int, int]]:
    """Gaps of one series where all is known, as (row, length, column), in order: each with the window around it in the
    series, and a known value before and after it. See params.targets.gap.Prepare.

    Args:
        known: (rows, targets) of the series. share: of the rows, how many lie in gaps.
    """
    rows, targets = known.shape
    apart = mean_length(longest) * (1 - share) / share  # rows between two gaps, on average
    some, row = list[tuple[int, int, int]](), window // 2 + int(generator.integers(0, int(apart) + 1))
    while True:
        length = int(lengths(generator.random(), longest))
        everywhere = targets == 1 or generator.random() < together
        column = EVERY if everywhere else int(generator.integers(targets))
        step = 1 + int(generator.geometric(1 / max(apart, 1.0)))
        middle = row + length // 2 - window // 2
        if middle + window > rows:
            return some
        around = known[max(row - 1, 0) : row + length + 1]
        if middle >= 0 and row > 0 and (around if everywhere else around[:, column]).all():
            some.append((row, length, column))
            row += length
        row += step


def width(beside: int, targets: int, seasons: int) -> tuple[int, int, int]:
    """Numbers that a model is given of a step: `beside` of features and calendar, then of each target the value and
    whether it is known, then what is known of steps before (what they let expect, the nearest value, its distance, and
    of each season the value, a mean, and whether it is known), then of steps after (the same, and the line between the
    edges). How many these are, and how many of them are of steps before and of steps after."""
    behind, ahead = targets * (3 + 3 * seasons), targets * (4 + 3 * seasons)
    return beside + 2 * targets + behind + ahead, behind, ahead
