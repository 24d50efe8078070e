"""What a score is: the one place that knows its direction, its unit, and how it is made from a table of predictions."""

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from kassandra.judging.intervals import REPLICATES, Estimate, percentiles
from kassandra.judging.resampling import Units

WORK = 250_000_000  # numbers: up to 5 seconds
FEW_REPLICATES = 200

Numbers = NDArray[np.float64]
Times = NDArray[np.int64]  # (rows,): how many times each row of a table was drawn
Sums = Any  # an array or a scipy.sparse array (rows, k): what each row adds to the k sums that a score is a function of


def ratio(sums: Numbers) -> Numbers:
    """(…,) of (…, 2): the first sum over the second; not a number where that is 0."""
    part, whole = np.asarray(sums[..., 0], np.float64), np.asarray(sums[..., 1], np.float64)
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole != 0)


def per_row(values: NDArray[Any]) -> Numbers:
    """(rows, 2): the sums of which `ratio` is the mean of `values` (rows,)."""
    return np.stack([np.asarray(values, np.float64), np.ones(len(values))], 1)


@dataclass(frozen=True)
class Score:
    """A figure that is a function of sums over the rows of a table of predictions.

    Attributes:
        better: which values are; None where a nominal value is best (a coverage of 90% should be 0.9).
        unit: of the value.
        sums: gives (rows, k) of a table; None where the table does not have what the score is made of.
        value: gives (…,) or (…, m) of (…, k), sums over rows. Not a number where the score is not defined.
        largest: the end of the scale, if it has one.
        signed: whether values may be below 0 in spite of that end, as a share of the variance or a correlation may.
        unpaired: why two models are not compared example by example; empty where they are.
        on_validation: the further score that test has of what this one is on validation, where that is not the same.
        depends_on: keys of params that decide what a value is of: where one differs, and the test examples do, values
            have nothing to do with each other.

    >>> table = pd.DataFrame({"observed": [1.0, 2.0], "predicted": [1.0, 4.0]})
    >>> def sums(table):
    ...     return per_row(abs(table["observed"] - table["predicted"]))
    >>> error = Score("error", "lower", "pulses", sums=sums)
    >>> float(error.of(table)(np.array([1, 1])))
    1.0
    """

    name: str
    better: Literal["higher", "lower"] | None
    unit: str = ""
    decimals: int = 4
    sums: Callable[[pd.DataFrame], Sums | None] = lambda table: None
    value: Callable[[Any], Any] = ratio
    largest: float = math.inf
    signed: bool = False
    unpaired: str = ""
    on_validation: str = ""
    depends_on: tuple[str, ...] = ()

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is, else 0."""
        return {"higher": 1, "lower": -1, None: 0}[self.better]

    def of(self, table: pd.DataFrame) -> Callable[[Times], Any] | None:
        """The score as a function of how many times each row counts; None where the table does not have it."""
        sums = self.sums(table)
        return None if sums is None else lambda times: self.value(times @ sums)

    def work(self, table: pd.DataFrame) -> int:
        """Numbers that `of` handles at each call, where they are so many that resamples have to be few; else 0."""
        return 0

    def interval(self, table: pd.DataFrame, observed: Numbers, drawn: Numbers) -> Estimate:
        """Of sums over all rows (k,), and of sums over each resample (resamples, k)."""
        return percentiles(self.value(observed), self.value(drawn))


class Share(Score):
    """The share of rows that are right: `sums` gives 0 or 1 of each row, and 1."""


@dataclass(frozen=True)
class Unsummed(Score):
    """A score that is no function of sums over rows; it defines `of`, whose values stand in the place of sums."""

    value: Callable[[Any], Any] = lambda values: values


def value_of(score: Score, table: pd.DataFrame) -> float:
    """On all rows; not a number where the table does not have the score."""
    function = score.of(table)
    return float("nan") if function is None else float(function(np.ones(len(table), np.int64)))


class Resampled(NamedTuple):
    """A score on one table. observed: (k,) sums over all rows; drawn: (resamples, k) those of each resample."""

    score: Score
    table: pd.DataFrame
    observed: Numbers
    drawn: Numbers

    @property
    def estimate(self) -> Estimate:
        return self.score.interval(self.table, self.observed, self.drawn)

    @property
    def values(self) -> tuple[Any, Numbers]:
        """The score, and (resamples,) that of each resample."""
        return self.score.value(self.observed), self.score.value(self.drawn)


def resample(
    every: Sequence[tuple[Score, pd.DataFrame]], units: Units, seed: int, replicates: int = REPLICATES,
    work: int = WORK,
) -> list[Resampled | None]:  # fmt: skip
    """Each score on its table, all tables being of the same rows, on the same resamples; None where it has none.

    So the interval of a difference of two of them is paired.

    Args:
        work: numbers that the resamples of a score may take that is no function of sums; past that they are fewer.
    """
    summed: dict[int, Any] = {}
    results: list[Resampled | None] = [None] * len(every)
    for place, (score, table) in enumerate(every):
        if (sums := score.sums(table)) is not None:
            summed[place] = units.sums(sums)
        elif (function := score.of(table)) is not None:
            assert units.of is None, f"{score.name}: no function of sums, so rows have to be drawn one by one"
            few = max(FEW_REPLICATES, min(replicates, work // max(1, score.work(table))))
            drawn = np.array([function(times) for times in units.draws(seed, few)])
            results[place] = Resampled(score, table, function(np.ones(units.count, np.int64)), drawn)
    if summed:
        parts = list(summed.values())
        together = [*map(sparse.csr_array, parts)] if any(map(sparse.issparse, parts)) else [np.concatenate(parts, 1)]
        drawn = units.of_parts(together, seed, replicates)
        observed = np.concatenate([np.asarray(part.sum(0), np.float64).ravel() for part in together])
        ends = np.cumsum([0, *(part.shape[1] for part in parts)])
        for place, begin, end in zip(summed, ends, ends[1:], strict=False):
            results[place] = Resampled(*every[place], observed[begin:end], drawn[:, begin:end])
    return results


def scores_of(target: str) -> ModuleType | None:
    """The module in which a target declares its scores; None where there is no such target in this version.

    It has SCORES, the headline first; RESAMPLING (see kassandra.judging.resampling); KEYS, the columns that name a row
    of its predictions; and `asked(table)`, what has to be the same in two rows of the same example.
    """
    name = f"kassandra.targets.{target}.evaluate.scores"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return None
        raise
