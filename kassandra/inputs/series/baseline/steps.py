"""What models without an LSTM see of recordings row by row: the row, and the mean and deviation of those around it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.tagged import Seen

AROUND = (2, 8, 32)  # rows to either side


def seen(split: Arrays, meta: dict[str, Any]) -> Seen:
    """Of the pieces of a prepared split."""
    pieces = np.split(split["values"].astype(np.float64), split["offsets"][1:-1])
    return Seen(numbers=[np.hstack([one, *(_around(one, reach) for reach in AROUND)]) for one in pieces])


def _around(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """(steps, 2 · columns): mean and deviation of the rows that are at most so far away, as far as there are such."""
    row = np.arange(len(values))
    first, end = np.maximum(row - reach, 0), np.minimum(row + reach + 1, len(values))
    count = (end - first)[:, None]
    sums, squares = (np.vstack([np.zeros((1, values.shape[1])), part.cumsum(0)]) for part in (values, values**2))
    mean = (sums[end] - sums[first]) / count
    variance = (squares[end] - squares[first]) / count - mean**2
    return np.hstack([mean, np.sqrt(np.maximum(variance, 0))])
