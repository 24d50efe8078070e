"""Series of numbers in time, as an input reads them: what is known at each time, and what may be forecast."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts import windows
from kassandra.contracts.splits import Span


class Columns(NamedTuple):
    """One series as numbers, rows in the order of time.

    times: (rows,) seconds since 1970. inputs: (rows, features), not scaled. values: (rows, targets). usable: (rows,)
    False where something is missing, and no window may look. returns: (rows,) of the close, None without prices.
    made: (rows,) True where a value was made up, ahead: where it also knows the next one that is there; None for none.
    """

    name: str
    times: NDArray[np.int64]
    inputs: NDArray[np.float64]
    values: NDArray[np.float64]
    usable: NDArray[np.bool_]
    returns: NDArray[np.float64] | None = None
    made: NDArray[np.bool_] | None = None
    ahead: NDArray[np.bool_] | None = None

    def between(self, span: Span) -> "Columns":
        """The rows of a part of time, of which those at the end that know what comes after it are not usable."""
        begin, end = np.searchsorted(self.times, span)
        rows, usable = slice(begin, end), self.usable[begin:end].copy()
        returns = None if self.returns is None else self.returns[rows]
        made, ahead = (None if one is None else one[rows] for one in (self.made, self.ahead))
        if ahead is not None:
            usable[len(usable) - int(np.logical_and.accumulate(ahead[::-1]).sum()) :] = False
        return Columns(self.name, self.times[rows], self.inputs[rows], self.values[rows], usable, returns, made, ahead)

    def origins(self, window: int, horizon: int) -> NDArray[np.int64]:
        """Rows whose window is usable, and whose horizon was measured.

        Where a value is made up of the next one, that one is not to be forecast from it.
        """
        rows = windows.origins(self.usable, window, horizon)
        if self.made is not None:
            before = np.concatenate([[0], np.cumsum(self.made)])  # (rows + 1,): made-up rows before each
            rows = rows[before[rows + horizon + 1] == before[rows + 1]]
        if self.ahead is not None:
            rows = rows[~self.ahead[rows]]
        return rows


class Tables(NamedTuple):
    """series: in the order of their names. inputs, targets: names of columns. target_inputs: where each target stands
    among the inputs; empty where what is forecast is not read as such. source: how the files were read, its defaults
    included. message: what was repaired by which policy."""

    series: list[Columns]
    inputs: list[str]
    targets: list[str]
    target_inputs: list[int]
    source: dict[str, Any]
    message: str


def mean_and_std(values: list[float]) -> tuple[float, float]:
    if min(values) == max(values):  # of equal values the mean may differ in its last digit, and so seem to vary
        return values[0], 0.0
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def iso(seconds: int) -> str:
    """A time as people write it: the day alone at midnight.

    >>> iso(86400), iso(90000)
    ('1970-01-02', '1970-01-02T01:00:00')
    """
    text = str(np.datetime64(seconds, "s"))
    return text.removesuffix("T00:00:00")
