"""MiniRocket: how much of a series lies above thresholds, after fixed convolutions (Dempster, Schmidt & Webb 2021).

84 kernels of nine weights, six of which are -1 and three 2, each at dilations up to the length; every feature is the
share of steps at which a convolution is above a quantile of that of one series of train. Of several columns random ones
are summed for each kernel and dilation; series of unequal lengths have zeros behind their ends, and are judged by their
own steps, as in the authors' multivariate version and in that for unequal lengths.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
LENGTH, MIDDLE = 9, 4
KERNELS = list(combinations(range(LENGTH), 3))  # the places of the three weights that are 2
MOST_DILATIONS = 32
GOLDEN = (np.sqrt(5) + 1) / 2
FEATURES = 9996
NUMBERS = 20_000_000  # features of all series that a linear model is fitted to: where these are many, each has fewer
LEAST = 336
AT_ONCE = 1 << 22  # numbers of series
RIDGE = tuple(np.logspace(-3, 3, 10))  # penalties of the linear model on them, as the authors have it


class Part(NamedTuple):
    """The features of one kernel at one dilation. columns: numbers of those that are summed. biases: the thresholds."""

    dilation: int
    kernel: int
    padded: bool
    columns: NDArray[np.intp]
    biases: Array


class MiniRocket:
    """See above. `fit` makes one of series; `features` of others follow."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts

    @classmethod
    def fit(cls, series: Sequence[Array], features: int = FEATURES, seed: int = 0) -> Self:
        """Of series (steps, columns), whose labels are not asked for: dilations by the longest, thresholds by random
        ones."""
        generator = np.random.default_rng(seed)
        longest, columns = max(map(len, series)), series[0].shape[1]
        each = max(1, features // len(KERNELS))  # features of each kernel
        parts: list[Part] = []
        drawn = 0
        for number, (dilation, count) in enumerate(_dilations(longest, each)):
            for kernel in range(len(KERNELS)):
                most = np.log2(min(columns, LENGTH) + 1)
                used = int(2 ** generator.uniform(0, most))
                chosen = np.sort(generator.choice(columns, min(used, columns), replace=False))
                one = series[int(generator.integers(len(series)))]
                convolved = _convolved(one.T[None, chosen].sum(1), dilation, KERNELS[kernel])[0]  # (steps,)
                quantiles = ((drawn + 1 + np.arange(count)) * GOLDEN) % 1
                drawn += count
                biases = np.quantile(convolved, quantiles).astype(np.float32)
                parts.append(Part(dilation, kernel, padded(number, kernel), chosen, biases))
        return cls(parts)

    def features(self, series: Sequence[Array]) -> Array:
        """(series, features), shares in [0, 1]; so many series at a time as keep what is computed small."""
        size = max(1, AT_ONCE // max(one.size for one in series))
        return np.concatenate([self._of_some(series[first : first + size]) for first in range(0, len(series), size)])

    def _of_some(self, series: Sequence[Array]) -> Array:
        lengths = np.array([len(one) for one in series])
        values = np.zeros((len(series), series[0].shape[1], int(lengths.max())), np.float32)  # (series, columns, time)
        for row, one in enumerate(series):
            values[row, :, : len(one)] = one.T
        shares = []
        for part in self.parts:
            convolved = _convolved(values[:, part.columns].sum(1), part.dilation, KERNELS[part.kernel])
            edge = 0 if part.padded else MIDDLE * part.dilation
            edges = np.where(2 * edge < lengths, edge, 0)[:, None]  # of series too short, all steps
            step = np.arange(values.shape[2])
            inside = (step >= edges) & (step < lengths[:, None] - edges)  # (series, time)
            convolved[~inside] = -np.inf
            above = np.stack([np.count_nonzero(convolved > bias, axis=1) for bias in part.biases], axis=1)
            shares.append((above / inside.sum(1, keepdims=True)).astype(np.float32))
        return np.concatenate(shares, axis=1)


def suitable(series: int) -> int:
    """How many features so many series have, at most `NUMBERS` in all.

    >>> suitable(200), suitable(10_000)
    (9996, 2000)
    """
    return min(FEATURES, max(LEAST, NUMBERS // series))


def padded(dilation: int, kernel: int) -> bool:
    """Whether a convolution reaches over the ends of a series, by the number of its dilation and of its kernel."""
    return (dilation + kernel) % 2 == 0


def _dilations(longest: int, each: int) -> list[tuple[int, int]]:
    """Each dilation, and how many features a kernel has at it.

    >>> _dilations(24, 119), _dilations(5, 3)
    ([(1, 79), (2, 40)], [(1, 3)])
    """
    most = min(each, MOST_DILATIONS)
    reach = np.log2(max((longest - 1) / (LENGTH - 1), 1))
    dilations, counts = np.unique(np.logspace(0, reach, most, base=2).astype(np.int64), return_counts=True)
    counts = (counts * (each / most)).astype(np.int64)
    for place in range(each - int(counts.sum())):
        counts[place % len(counts)] += 1
    return list(zip(dilations.tolist(), counts.tolist(), strict=True))


def _convolved(values: Array, dilation: int, twos: tuple[int, ...]) -> Array:
    """(series, time) of (series, time); beyond both ends are zeros."""
    time = values.shape[1]
    wide = np.pad(values, ((0, 0), (MIDDLE * dilation, MIDDLE * dilation)))
    shifted = [wide[:, place * dilation : place * dilation + time] for place in range(LENGTH)]
    total = np.zeros_like(values)
    for place in range(LENGTH):
        total += shifted[place] * np.float32(2 if place in twos else -1)
    return total
