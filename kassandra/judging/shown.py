"""Which examples a picture shows, and where a model looked most in one of them."""

import numpy as np
from numpy.typing import NDArray


def some_of_each(targets: NDArray[np.int64], right: NDArray[np.bool_], most: int = 12) -> NDArray[np.intp]:
    """Up to `most` examples: the first that is right of each class in turn, then the first that is wrong of some
    classes, at most a third."""
    wrong = np.flatnonzero(~right)
    first_wrong = wrong[np.unique(targets[wrong], return_index=True)[1]][: most // 3]
    by_class = [np.flatnonzero(right & (targets == label)) for label in np.unique(targets)]
    some_right = [rows[place] for place in range(most) for rows in by_class if place < len(rows)]
    return np.array([*some_right[: most - len(first_wrong)], *first_wrong], np.intp)


def half_of(shares: NDArray[np.float32]) -> tuple[int, int]:
    """First step, and the one behind the last, of the shortest stretch that holds half of `shares` (steps,).

    >>> half_of(np.array([0.1, 0.1, 0.6, 0.1, 0.1], np.float32))
    (2, 3)
    """
    sums = np.concatenate([[0.0], shares.cumsum(dtype=np.float64)])
    ends = np.searchsorted(sums, sums + sums[-1] / 2)  # (steps + 1,) where half is reached, if begun at each step
    ends = np.where(ends <= len(shares), ends, 2 * len(sums))  # never
    first = int(np.argmin(ends - np.arange(len(sums))))
    return first, int(ends[first])
