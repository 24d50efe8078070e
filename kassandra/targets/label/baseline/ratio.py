"""By how much features are more frequent inside of a class than outside."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SMOOTHING = 1.0  # added to the count of each feature in each class


def log_ratio(present: Any, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(features,) the logarithm (Wang & Manning 2012, eq. 2).

    Args:
        present: (examples, features) sparse, 1 where an example has a feature. inside: (examples,).
    """
    p = SMOOTHING + np.asarray(present[inside].sum(0)).ravel()  # (features,)
    q = SMOOTHING + np.asarray(present[~inside].sum(0)).ravel()  # (features,)
    return np.asarray(np.log((p / p.sum()) / (q / q.sum())))
