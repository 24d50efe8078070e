"""What a bootstrap draws from a table of predictions: each row by itself, stretches of a text, or blocks of dates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from kassandra.judging.intervals import REPLICATES, block_length

CHUNK = 4_000_000  # numbers of a matrix of draws


@dataclass(frozen=True)
class Units:
    """What is drawn as a whole.

    count: of the units. of: (rows,) the unit of each row; None where each row is its own.
    block: consecutive units that are drawn together, the first following on the last (circular blocks; Politis &
        Romano 1992); None where each is drawn by itself.
    horizon: steps ahead over which what units say overlaps.
    """

    count: int
    of: NDArray[np.intp] | None = None
    block: int | None = None
    horizon: int = 1

    def sums(self, rows: Any) -> Any:
        """(count, k) of (rows, k)."""
        if self.of is None:
            return rows
        if sparse.issparse(rows):
            places = (np.ones(len(self.of)), (self.of, np.arange(len(self.of))))
            return sparse.csr_array(places, shape=(self.count, len(self.of))) @ rows
        sums = np.zeros((self.count, *rows.shape[1:]))
        np.add.at(sums, self.of, rows)
        return sums

    def draws(self, seed: int, replicates: int = REPLICATES) -> Iterator[NDArray[np.int64]]:
        """How many times each unit was drawn, (count,) of each resample."""
        generator, count = np.random.default_rng(seed), self.count
        if self.block is None:
            for _ in range(replicates):
                yield np.bincount(generator.integers(0, count, count), minlength=count)
            return
        blocks, rest = divmod(count, self.block)
        starts = generator.integers(0, count, (replicates, blocks + 1))  # of each block; the last has what is left
        within = np.arange(self.block)
        for row in starts:
            drawn = np.concatenate([(row[:-1, None] + within).ravel(), row[-1] + within[:rest]])
            yield np.bincount(drawn % count, minlength=count)

    def resampled(self, sums: Any, seed: int, replicates: int = REPLICATES) -> NDArray[np.float64]:
        """(replicates, k) of (count, k)."""
        return self.of_parts([sums], seed, replicates)

    def of_parts(self, sums: Sequence[Any], seed: int, replicates: int = REPLICATES) -> NDArray[np.float64]:
        """As `resampled`, of columns that come in parts."""
        step, parts, several = max(1, CHUNK // self.count), [], []
        for number, times in enumerate(self.draws(seed, replicates), 1):
            several.append(times)
            if len(several) == step or number == replicates:
                drawn = np.array(several)
                parts.append(np.concatenate([np.asarray(drawn @ part, np.float64) for part in sums], 1))
                several = []
        return np.concatenate(parts)


class Resampling:
    """What is drawn from a table: as declared here, each row by itself."""

    whole = False  # whether two tables are compared only where all rows are of the same examples
    test = ""  # of differences in order; empty where rows have none

    def units(self, table: Any) -> Units:
        return Units(len(table))

    def ordered(self, table: Any) -> Units:
        """Those of a comparison of rows in order."""
        return self.units(table)


class Rows(Resampling):
    """Each row by itself: examples that have nothing to do with each other."""


@dataclass(frozen=True)
class Stretches(Resampling):
    """Stretches of a text, without overlap (Künsch 1989): tokens that stand together are hard or easy together.

    most: of them. shortest: rows of a stretch in a comparison; of shorter ones, those that follow on each other have
        too much in common.
    """

    most: int = 200
    shortest: int = 100
    whole = True
    test = "t-test of stretches of the text, long-run variance"

    def units(self, table: pd.DataFrame) -> Units:
        return self._cut(len(table), min(self.most, len(table)))

    def ordered(self, table: pd.DataFrame) -> Units:
        """Stretches that follow on each other are not quite independent: hence a long-run variance in comparisons."""
        return self._cut(len(table), max(2, min(self.most, len(table) // self.shortest)))

    def _cut(self, rows: int, count: int) -> Units:
        longer = np.arange(count) < rows % count  # as np.array_split cuts
        return Units(count, np.repeat(np.arange(count), rows // count + longer))


@dataclass(frozen=True)
class Dates(Resampling):
    """All that is forecast at one date belongs together: what moves one series moves the others. Forecasts of
    neighbouring dates overlap, so blocks of dates are drawn.

    date, step: columns of the time of a forecast, as text that sorts as time does, and of the steps ahead, from 1 on.
    """

    date: str = "origin"
    step: str = "step"
    test = "Diebold-Mariano test, long-run variance"

    def units(self, table: pd.DataFrame) -> Units:
        of, dates = pd.factorize(table[self.date], sort=True)
        horizon = int(table[self.step].max())
        return Units(len(dates), of, block_length(len(dates), horizon), horizon)
