"""Dynamic time warping: how far two series are apart, if one may be stretched to fit the other.

All columns are warped together (DTW_D; Shokoohi-Yekta et al. 2017), within a band around the diagonal (Sakoe & Chiba
1978).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
AT_ONCE = 1 << 22  # numbers in a row of cells of all pairs


def distances(first: Array, second: Array, band: int) -> Array:
    """(a, b) of each of the first with each of the second, squared differences summed along the best path.

    Args:
        first, second: (a, steps, columns), (b, steps, columns). band: steps that a path may be off the diagonal; with 0
            the distance is Euclid's, squared.
    """
    steps = first.shape[1]
    size = max(1, AT_ONCE // max(1, len(second) * min(steps, 2 * band + 1)))
    parts = [_of_some(first[start : start + size], second, band) for start in range(0, len(first), size)]
    return np.concatenate(parts) if parts else np.zeros((0, len(second)), np.float32)


def _of_some(first: Array, second: Array, band: int) -> Array:
    """cost(i, j) = |first_i - second_j|² + min(cost(i-1, j), cost(i, j-1), cost(i-1, j-1))"""
    steps = first.shape[1]
    norms = (first**2).sum(2), (second**2).sum(2)  # (a, steps), (b, steps)
    above: dict[int, Array] = {}
    for i in range(steps):
        row: dict[int, Array] = {}
        for j in range(max(0, i - band), min(steps, i + band + 1)):
            apart = norms[0][:, i, None] + norms[1][None, :, j] - 2 * first[:, i] @ second[:, j].T  # (a, b)
            before = [cost for cost in (above.get(j), row.get(j - 1), above.get(j - 1)) if cost is not None]
            best = before[0] if before else np.float32(0)
            for other in before[1:]:
                best = np.minimum(best, other)
            row[j] = np.maximum(apart, 0) + best
        above = row
    return above[steps - 1]


def of_equal_length(series: Sequence[Array], steps: int) -> Array:
    """(series, steps, columns), each stretched or squeezed along lines between its values."""
    columns = series[0].shape[1]
    stretched = np.empty((len(series), steps, columns), np.float32)
    to = np.linspace(0, 1, steps)
    for row, one in enumerate(series):
        if len(one) == steps:
            stretched[row] = one
            continue
        at = np.linspace(0, 1, len(one))
        for column in range(columns):
            stretched[row, :, column] = np.interp(to, at, one[:, column])
    return stretched
