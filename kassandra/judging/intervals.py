"""Confidence intervals: percentiles of resamples (Efron & Tibshirani 1993, ch. 13), and Wilson's for shares."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

REPLICATES = 1000
LEVEL = 0.95
TAIL = (1 - LEVEL) / 2
Z = 1.959964  # of the normal distribution, 95% lies within ±Z


class Estimate(NamedTuple):
    """A figure on the test split and its 95% interval. The interval holds for other test examples of the same kind; it
    says nothing of how much another seed of training would change the figure."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return self.text()

    def text(self, sign: str = "", least: int = 4) -> str:
        """`least` decimals, or as many as show two digits of the interval's width; sign `+` marks positive numbers too.

        >>> Estimate(0.98765, 0.98, 1.0).text(), Estimate(1.2e-5, -3.1e-5, 5.6e-5).text("+")
        ('0.9877 [0.9800, 1.0000]', '+0.000012 [-0.000031, +0.000056]')
        """
        width = self.high - self.low
        decimals = max(least, math.ceil(-math.log10(width)) + 1) if width > 0 else least
        value, low, high = (f"{number:{sign}z.{decimals}f}" for number in self)  # z: no -0.0000
        return f"{value} [{low}, {high}]"


def block_length(dates: int, horizon: int) -> int:
    """Dates of a block: at least the cube root of all (the order that is best for means; Hall, Horowitz & Jing 1995),
    twice the steps of forecasts of several, and never past half of all.

    Forecasts of h steps overlap with h - 1 others to either side. Of simulated errors of this kind, blocks
    of h give intervals that cover in 85 to 90 of 100 (h 5 and 24, of 300 to 4,000 dates), of 2h in 87 to 92.

    >>> block_length(1000, 1), block_length(1000, 24), block_length(30, 24)
    (10, 48, 15)
    """
    overlap = 2 * horizon if horizon > 1 else 1
    return max(1, min(max(overlap, round(float(np.cbrt(dates)))), dates // 2))


def percentiles(value: Any, drawn: NDArray[np.float64]) -> Estimate:
    """Of what resamples gave, (resamples,) or, of several figures at a time, (resamples, m): the ends are those of 95%.

    Where a resample leaves a score undefined (not a number), it counts as the score itself.
    """
    low, high = np.quantile(np.where(np.isnan(drawn), value, drawn), [TAIL, 1 - TAIL], axis=0)
    ends = (value, low, high)
    return Estimate(*map(float, ends)) if np.ndim(value) == 0 else Estimate(*ends)


def wilson(successes: NDArray[np.int64], trials: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of the 95% interval of a share, right for few trials and for shares of 0 and 1 too (Wilson 1927).

    Args:
        successes, trials: of equal shapes; 0 ≤ successes ≤ trials, trials ≥ 1.
    """
    share = successes / trials
    middle = share + Z**2 / (2 * trials)
    half = Z * np.sqrt(share * (1 - share) / trials + (Z / (2 * trials)) ** 2)
    low, high = ((middle + side * half) / (1 + Z**2 / trials) for side in (-1, 1))
    return np.minimum(low.clip(0), share), np.maximum(high.clip(None, 1), share)  # rounding may not cross the share
