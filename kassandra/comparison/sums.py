"""Scores that are functions of a ratio of sums, over what comes in the order of time or of a text.

What a date (or a stretch of the text) adds to the difference of two such scores is, to first order, one number for each
date; `paired.in_order` tests their mean (the delta method).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from kassandra.comparison.paired import Difference, Numbers, in_order


class Ratio(NamedTuple):
    """A score, `curve(numerator.sum() / denominator.sum())`; (dates,) each. slope: the derivative of `curve`."""

    numerator: Numbers
    denominator: Numbers
    curve: Callable[[float], float] = float
    slope: Callable[[float], float] = lambda ratio: 1.0

    @property
    def ratio(self) -> float:
        return float(self.numerator.sum() / self.denominator.sum())

    @property
    def value(self) -> float:
        return float(self.curve(self.ratio))

    def influence(self) -> Numbers:
        """(dates,), of mean 0: by how much each date moves the score, times the number of dates."""
        around = self.numerator - self.ratio * self.denominator
        return np.asarray(self.slope(self.ratio) * around / self.denominator.mean())


def difference(a: Ratio, b: Ratio, horizon: int, test: str) -> tuple[float, float, Difference]:
    """A's value, B's, and what lies between them; horizon and test as `paired.in_order`."""
    return a.value, b.value, in_order(b.value - a.value, b.influence() - a.influence(), horizon, test)
