"""The scales that train gives to what is forecast, and to its errors."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.windows import Columns, Split, mean_and_std

Numbers = NDArray[np.float64]


def deviations(train: Columns) -> list[float]:
    """(targets,) of the usable rows.

    Raises:
        KassandraError: a target never changes.
    """
    values = [mean_and_std(column.tolist())[1] for column in train.values[train.usable].T]
    if min(values) == 0:
        raise KassandraError(f"series {train.name!r}: a target never changes in train; there is nothing to learn")
    return values


def mean_and_std_by_series(
    train: Split, targets: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(series, horizon, targets) each, of `targets` (origins, horizon, targets); 1 for a deviation of 0."""
    fitted = np.empty((2, len(train.offsets) - 1, *targets.shape[1:]))
    for series in range(len(train.offsets) - 1):
        rows = targets[train.series == series]  # (origins of the series, horizon, targets)
        if not len(rows):
            raise KassandraError(
                "prepare: a series has no whole window in train; leave it out, or use a shorter window"
            )
        for place in np.ndindex(*targets.shape[1:]):
            mean, std = mean_and_std(rows[(slice(None), *place)].tolist())
            fitted[(slice(None), series, *place)] = mean, std or 1.0
    return fitted[0], fitted[1]


def naive_errors(train: Sequence[Columns], season: int | None) -> list[list[float]]:
    """(series, targets): mean absolute change in train over `season` rows, or over one where there are no two so far
    apart; the scale of MASE (Hyndman & Koehler 2006). 1 where nothing changes."""
    scales = []
    for one in train:
        known = one.usable & ~(np.zeros_like(one.usable) if one.made is None else one.made)
        for lag in (season or 1, 1):
            pairs = known[lag:] & known[:-lag]
            changes = np.abs(one.values[lag:][pairs] - one.values[:-lag][pairs])  # (pairs, targets)
            if len(changes):
                break
        scales.append([math.fsum(column.tolist()) / max(len(column), 1) or 1.0 for column in changes.T])
    return scales
