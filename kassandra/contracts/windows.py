"""Series of numbers in time, as an input reads them, and their windows: what is read before an origin, and forecast."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.clock import PLAIN, Clock
from kassandra.contracts.spec import LEVELS as LEVELS  # where those who read windows look for it
from kassandra.contracts.splits import Span

SMALLEST = 1e-3  # share of a series' own deviation that is added to that of a window it is divided by


class Columns(NamedTuple):
    """One series as numbers, rows in the order of time.

    times: (rows,) of a Clock. inputs: (rows, features), not scaled. values: (rows, targets). usable: (rows,)
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

    def between(self, span: Span, before: int = 0) -> "Columns":
        """The rows of a part of time, and so many before it; those at its end that know what follows are not usable."""
        begin, end = np.searchsorted(self.times, span)
        begin = max(begin - before, 0) if end > begin else begin
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
        rows = origins(self.usable, window, horizon)
        if self.made is not None:
            before = np.concatenate([[0], np.cumsum(self.made)])  # (rows + 1,): made-up rows before each
            rows = rows[before[rows + horizon + 1] == before[rows + 1]]
        if self.ahead is not None:
            rows = rows[~self.ahead[rows]]
        return rows


class Tables(NamedTuple):
    """series: in the order of their names. inputs, targets: names of columns. target_inputs: where each target stands
    among the inputs; empty where what is forecast is not read as such. source: how the files were read, its defaults
    included. message: what was repaired by which policy. clock: what the times count. meta: what meta.json keeps
    besides, such as rows that were left out. until: when train and valid end (excluded), where the files say it."""

    series: list[Columns]
    inputs: list[str]
    targets: list[str]
    target_inputs: list[int]
    source: dict[str, Any]
    message: str
    clock: Clock = PLAIN
    meta: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    until: tuple[str | None, str | None] = (None, None)


class Split(NamedTuple):
    """Rows of one or several series, one after another, each in the order of time.

    inputs: (rows, features) float32, scaled as train says. values: (rows, targets) float64, what is to be forecast.
    times: (rows,) int64, of a Clock. offsets: (series + 1,) where each series begins, and the end.
    origins: (origins,) int64, the last row that each window shows; its window and its horizon lie within one series.
    returns: (rows,) float64, log-return of the close to each day; None where there are no prices.
    held_out: (origins of held-out series,) int64, of train and valid: scales and models of one series may know them,
        and nothing that is learned of several. None where no series is held out.
    """

    inputs: NDArray[np.float32]
    values: NDArray[np.float64]
    times: NDArray[np.int64]
    offsets: NDArray[np.int64]
    origins: NDArray[np.int64]
    returns: NDArray[np.float64] | None = None
    held_out: NDArray[np.int64] | None = None

    @property
    def whole(self) -> "Split":
        """With the origins of held-out series among the others."""
        if self.held_out is None:
            return self
        return self._replace(origins=np.sort(np.concatenate([self.origins, self.held_out])), held_out=None)

    @property
    def series(self) -> NDArray[np.int64]:
        """(origins,) which series each origin is of."""
        return np.searchsorted(self.offsets, self.origins, side="right") - 1


def read_split(path: Path) -> Split:
    """Raises: KassandraError: there is no such file, or it is damaged."""
    arrays = map_arrays(path)
    names = [name for name in Split._fields if name in arrays or name not in Split._field_defaults]
    # The inputs, by far the largest, stay on disk: an input and a target read them both, and each needs its own half.
    return Split(**{name: arrays[name] if name == "inputs" else np.array(arrays[name]) for name in names})


def seen(split: Split, window: int) -> NDArray[np.int64]:
    """(origins, window) the rows that each window shows."""
    return split.origins[:, None] + np.arange(1 - window, 1)


def ahead(split: Split, horizon: int) -> NDArray[np.int64]:
    """(origins, horizon) the rows that are forecast."""
    return split.origins[:, None] + np.arange(1, horizon + 1)


def observed(split: Split, meta: dict[str, Any]) -> NDArray[np.float64]:
    """(origins, horizon, targets), observed; for returns the log-return from the origin to each of the next days."""
    values = split.values[ahead(split, meta["horizon"])]
    if meta["predict"] == "return":
        values = values - split.values[split.origins][:, None]
    return np.asarray(values)


def centre_and_scale(split: Split, meta: dict[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(origins, 1, targets) each: what a model forecasts is (observed - centre) / scale, as `normalise` says."""
    last = split.values[split.origins][:, None]  # (origins, 1, targets)
    if meta["normalise"] == "last":
        return last, np.ones_like(last)
    if meta["normalise"] == "window":
        window = split.values[seen(split, meta["window"])]  # (origins, window, targets)
        # The scale of the whole series, far down, keeps windows that do not move from being divided by nothing.
        least = SMALLEST * np.array(meta["value_std"])[split.series][:, None]  # (origins, 1, targets)
        return window.mean(1, keepdims=True), window.std(1, keepdims=True) + least
    return np.zeros_like(last), np.ones_like(last)


def normalised(split: Split, meta: dict[str, Any]) -> NDArray[np.float64]:
    """(origins, horizon, targets): what a model should forecast, before it is standardised."""
    centre, scale = centre_and_scale(split, meta)
    return np.asarray((observed(split, meta) - centre) / scale)


def shown(split: Split, meta: dict[str, Any]) -> NDArray[np.bool_]:
    """(rows,) whether a row stands in some window or horizon; of others, values may be missing."""
    ends = np.zeros(len(split.values) + 1, np.int64)
    np.add.at(ends, split.origins + 1 - meta["window"], 1)
    np.add.at(ends, split.origins + 1 + meta["horizon"], -1)
    return np.asarray(ends.cumsum()[:-1] > 0)


def origins(usable: NDArray[np.bool_], window: int, horizon: int) -> NDArray[np.int64]:
    """Rows after which `horizon` rows are forecast from the `window` rows up to them, all of them usable.

    >>> origins(np.array([True, True, True, False, True, True, True]), 2, 1)
    array([1, 5])
    """
    good = np.concatenate([[0], np.cumsum(usable)])  # (rows + 1,): usable rows before each
    candidates = np.arange(window - 1, len(usable) - horizon)
    whole = good[candidates + horizon + 1] - good[candidates - window + 1] == window + horizon
    return np.asarray(candidates[whole])


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
