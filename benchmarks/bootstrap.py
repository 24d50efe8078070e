"""The bootstrap of a mean over test examples."""

import numpy as np
from numpy.typing import ArrayLike

from kassandra.judging.intervals import Estimate, percentiles
from kassandra.judging.resampling import Units


def of_mean(values: ArrayLike, seed: int) -> Estimate:
    """With its 95% interval; values: (examples,)."""
    numbers = np.asarray(values, np.float64)
    units = Units(len(numbers))
    return percentiles(numbers.mean(), units.resampled(numbers[:, None], seed)[:, 0] / len(numbers))
