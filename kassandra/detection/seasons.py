"""After how many rows the values of a series come back: seen in the values, not in the calendar alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

REAL = 0.9  # of the spread half a season apart, below which values a season apart are alike
LONGER = 0.85  # of the spread a shorter season apart, below which the longer one says more
CLEAR = 0.7  # the same of a lag that no calendar has
LEAST_PERIOD, PERIODS = 4, 5  # rows of such a lag; how many of it have to be seen
EXACT = 1e-6  # of it, below which there is nothing left to say
TIMES = 2  # seasons, at least, that have to be seen


def seasons_in(values: NDArray[np.float64], candidates: Sequence[int]) -> list[int]:
    """Those of the candidates, in rows, after which values come back, rising.

    A season is one if values that lie it apart differ less than such that lie half of it apart: of a random walk the
    latter are closer. A trend does not count. A longer season is one beside a shorter only if it says more.

    Args:
        values: (rows,), NaN where one is missing.

    >>> hours = np.arange(1000)
    >>> seasons_in(np.sin(hours / 24 * 2 * np.pi), [24, 168]), seasons_in(np.sin(hours / 168 * 2 * np.pi), [24, 168])
    ([24], [168])
    """
    seen, least = list[int](), np.inf
    for season in sorted(candidates):
        if len(values) < TIMES * season:
            break
        apart, half = _spread(values, season), _spread(values, max(1, season // 2))
        shorter_is_exact = least < EXACT * half
        if apart < REAL * half and apart < LONGER * least and not shorter_is_exact:
            seen.append(season)
            least = apart
    return seen


def period_in(values: NDArray[np.float64], most: int) -> int | None:
    """The lag of at most `most` rows, no multiple of a shorter one, after which values come back most closely, whatever
    calendars say; None where they do not clearly.

    >>> period_in(np.sin(np.arange(1000) / 66 * 2 * np.pi), 200)
    66
    """
    lags = range(LEAST_PERIOD, min(most, len(values) // PERIODS) + 1)
    spreads = {lag: _spread(values, lag) for lag in lags}
    ratios = {lag: spreads[lag] / half for lag in lags if (half := _spread(values, lag // 2)) > 0}
    best = min(ratios, key=lambda lag: ratios[lag], default=0)
    return best if best and ratios[best] < CLEAR else None


def _spread(values: NDArray[np.float64], rows: int) -> float:
    """The deviation of the differences between values so many rows apart; infinite where too few are known."""
    apart = values[rows:] - values[:-rows]
    apart = apart[np.isfinite(apart)]
    return float(apart.std()) if len(apart) > 1 else np.inf
