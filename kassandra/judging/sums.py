"""Scores that are functions of a ratio of sums, over what comes in the order of time or of a text."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from kassandra.judging.paired import Difference, Numbers, in_order


class Ratio(NamedTuple):
    """A score, `curve(numerator.sum() / denominator.sum())`; (dates,) each. `curve` only rises or only falls."""

    numerator: Numbers
    denominator: Numbers
    curve: Callable[[float], float] = float

    @property
    def ratio(self) -> float:
        return float(self.numerator.sum() / self.denominator.sum())

    @property
    def value(self) -> float:
        return float(self.curve(self.ratio))

    def around(self, pooled: float) -> Numbers:
        """(dates,), whose mean is the ratio less `pooled`: what each date adds to that."""
        return np.asarray((self.numerator - pooled * self.denominator) / self.denominator.mean())


def difference(a: Ratio, b: Ratio, horizon: int, test: str) -> tuple[float, float, Difference]:
    """A's value, B's, and what lies between them; horizon and test as `paired.in_order`.

    The ratios are tested, and the interval of their difference is stretched as `curve` stretches the difference itself:
    so p of a root mean square is that of the mean squares, which is the test of Diebold and Mariano. What dates add is
    taken around a ratio that both share, as if they were equal. Around each its own, the errors of a model that was
    unlucky would make its difference look surer: of equal models 6 to 7 in 100 would be told apart.
    """
    pooled, gap = (a.ratio + b.ratio) / 2, b.ratio - a.ratio
    found = in_order(gap, b.around(pooled) - a.around(pooled), horizon, test)
    near = abs(pooled) * 1e-6
    one, other = (a.ratio, b.ratio) if gap else (pooled - near, pooled + near)
    stretch = (b.curve(other) - a.curve(one)) / (other - one) if other != one else 0.0
    low, high = sorted([stretch * found.low, stretch * found.high])
    return a.value, b.value, found._replace(value=b.value - a.value, low=low, high=high)
