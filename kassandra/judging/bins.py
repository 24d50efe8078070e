"""Bins of about equally many values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def equal_mass(values: NDArray[Any], bins: int) -> NDArray[np.intp]:
    """(values,) the bin of each, from 0 on: bins of about equally many values, fewer bins where many values are equal.

    >>> equal_mass(np.array([1, 2, 3, 4, 5, 6]), 3).tolist(), equal_mass(np.array([7, 7, 7, 7, 7, 8]), 3).tolist()
    ([0, 0, 1, 1, 2, 2], [0, 0, 0, 0, 0, 1])
    """
    rank = np.searchsorted(np.sort(values), values)  # (values,): how many are smaller; equal values have equal ranks
    return np.unique(rank * bins // len(values), return_inverse=True)[1]
