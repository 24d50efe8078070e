"""Each series through train, valid and test, as its baselines see it, with NaN where nothing is known."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.windows import Split, observations


class History(NamedTuple):
    """One series from the first row of train to the last of test.

    values: (rows, targets) float64, NaN where a value is missing and between two splits. returns: (rows,) log-return of
    the close to each day, NaN likewise; None where there are no prices.
    origins: (origins,) rows after which something is told: those of train, then of valid, then of test.
    truth: (learned, horizon, targets) what came after the origins of train and valid, which are the first of `origins`.
    fitted: the row after the last known one of train and valid; what is fitted is fitted on the rows before.
    """

    values: NDArray[np.float64]
    returns: NDArray[np.float64] | None
    origins: NDArray[np.int64]
    truth: NDArray[np.float64]
    fitted: int

    @property
    def learned(self) -> int:
        """How many of the origins are of train and valid."""
        return len(self.truth)


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
    for split in splits:
        rows = slice(split.offsets[series], split.offsets[series + 1])
        own = split.origins[split.series == series]
        known = _known(split, meta)[rows]  # (rows,)
        values += [np.where(known[:, None], split.values[rows], np.nan), np.full((gap, split.values.shape[1]), np.nan)]
        if split.returns is not None:
            returns += [np.where(known, split.returns[rows], np.nan), np.full(gap, np.nan)]
        origins.append(own - split.offsets[series] + at)
        at += len(known) + gap
    before_test = np.concatenate(values[:4])  # train, what is unknown, valid, what is unknown
    told = [observations(split, meta)[split.series == series] for split in splits[:-1]]
    return History(
        np.concatenate(values)[:-gap],
        np.concatenate(returns)[:-gap] if returns else None,
        np.concatenate(origins),
        np.concatenate(told),
        int(np.flatnonzero(~np.isnan(before_test[:, 0]))[-1]) + 1,
    )


def _known(split: Split, meta: dict[str, Any]) -> NDArray[np.bool_]:
    """(rows,) whether some window looks at a row or tells it; prepare writes 0 where a value is missing."""
    changes = np.zeros(len(split.values) + 1, np.int64)
    np.add.at(changes, split.origins - meta["window"] + 1, 1)
    np.add.at(changes, split.origins + meta["horizon"] + 1, -1)
    return np.asarray(changes.cumsum()[:-1] > 0)
