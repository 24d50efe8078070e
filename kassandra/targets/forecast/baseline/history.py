"""One series as its baselines read it: all rows of train, valid and test, and where something is forecast."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.windows import Split, observed, shown

Numbers = NDArray[np.float64]


class History(NamedTuple):
    """One series from the first row of train to the last of test.

    values: (rows, targets) float64, NaN where a value is missing and between two splits. returns: (rows,) log-return of
    the close to each day, NaN likewise; None where there are no prices.
    origins: (origins,) rows after which something is forecast: those of train, then of valid, then of test.
    observed: (learned, horizon, targets) after the origins of train and valid, which are the first of `origins`.
    fitted: the row after the last known one of train and valid; what is fitted is fitted on the rows before.
    """

    values: NDArray[np.float64]
    returns: NDArray[np.float64] | None
    origins: NDArray[np.int64]
    observed: NDArray[np.float64]
    fitted: int

    @property
    def learned(self) -> int:
        """How many of the origins are of train and valid."""
        return len(self.observed)


def history(splits: Sequence[Split], series: int, meta: dict[str, Any]) -> History:
    """What train, valid and test, in this order, hold of a series, with window + horizon unknown rows between them.

    So many times lie there. A series that lacks some of them has fewer rows, and its season is then shifted until the
    rows of the next split have corrected it.
    """
    gap = meta["window"] + meta["horizon"]
    values: list[NDArray[np.float64]] = []
    returns: list[NDArray[np.float64]] = []
    origins: list[NDArray[np.int64]] = []
    at = 0
    splits = [split.whole for split in splits]
    for split in splits:
        rows = slice(split.offsets[series], split.offsets[series + 1])
        own = split.origins[split.series == series]
        known = shown(split, meta)[rows]  # (rows,); prepare writes 0 where a value is missing
        values += [np.where(known[:, None], split.values[rows], np.nan), np.full((gap, split.values.shape[1]), np.nan)]
        if split.returns is not None:
            returns += [np.where(known, split.returns[rows], np.nan), np.full(gap, np.nan)]
        origins.append(own - split.offsets[series] + at)
        at += len(known) + gap
    before_test = np.concatenate(values[:4])  # train, what is unknown, valid, what is unknown
    learned = [observed(split, meta)[split.series == series] for split in splits[:-1]]
    return History(
        np.concatenate(values)[:-gap],
        np.concatenate(returns)[:-gap] if returns else None,
        np.concatenate(origins),
        np.concatenate(learned),
        int(np.flatnonzero(~np.isnan(before_test[:, 0]))[-1]) + 1,
    )


def bridged(values: Numbers, season: int) -> Numbers:
    """(rows,) with what is missing between known rows as it was a season before, moved along a line from end to end.

    The line knows the first row after the gap, which all origins after the gap know too. Rows after the last known one
    stay as they were a season before.

    >>> bridged(np.array([1.0, np.nan, np.nan, 4.0]), 1)
    array([1., 2., 3., 4.])
    """
    filled = values.copy()
    missing = np.isnan(values)
    edges = np.flatnonzero(np.diff(missing.astype(np.int8), prepend=0, append=0))
    for begin, end in edges.reshape(-1, 2):
        last = max(begin - season, 0)  # the first row of the season that is repeated
        rows = last + np.arange(end - begin + 1) % (begin - last)  # and one more, of the first known row
        repeated = filled[rows]
        if end < len(values):
            repeated += (values[end] - repeated[-1]) * np.arange(1, len(rows) + 1) / len(rows)
        filled[begin:end] = repeated[:-1]
    return filled
