"""Confidence intervals by the bootstrap over test examples (Efron & Tibshirani 1993, ch. 13: percentiles)."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

REPLICATES = 1000
LEVEL = 0.95


class Score(NamedTuple):
    """A figure on the test split and its 95% interval. The interval holds for other test examples of the same kind; it
    says nothing of how much another seed of training would change the figure."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


def bootstrap(
    examples: int, statistic: Callable[[NDArray[np.intp]], NDArray[np.float64]], seed: int, replicates: int = REPLICATES
) -> list[Score]:
    """One Score per entry of what `statistic` gives for an array of row numbers, itself called on all rows first.

    Entries come from the same resamples, so the interval of a difference of two models on the same rows is paired.
    """
    values = np.atleast_1d(statistic(np.arange(examples)))  # (scores,)
    drawn = np.stack([np.atleast_1d(statistic(rows)) for rows in _resamples(examples, seed, replicates)])
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)  # (scores,) each; drawn is (replicates, scores)
    return [Score(*map(float, score)) for score in zip(values, low, high, strict=True)]


def _resamples(examples: int, seed: int, replicates: int) -> Iterator[NDArray[np.intp]]:
    generator = np.random.default_rng(seed)
    for _ in range(replicates):
        yield generator.integers(0, examples, examples)
