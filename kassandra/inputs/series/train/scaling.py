"""From series as they are measured to what a model reads: missing values, scales, fewer steps. Imports no PyTorch."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError

Values = NDArray[np.float64]  # (steps, columns), NaN where a value is missing


class Scaling(NamedTuple):
    """See params.inputs.series.ExamplesPrepare.

    mean, std: (columns,) of train. masked: numbers of the columns that have a mask beside them.
    """

    normalise: str
    missing: str
    pool: int
    mean: list[float]
    std: list[float]
    masked: list[int]

    @classmethod
    def of(cls, meta: dict[str, Any]) -> Self:
        """Of what prepare wrote to meta.json."""
        return cls(*(meta[key] for key in cls._fields))

    def __call__(self, values: Values, where: str = "series") -> NDArray[np.float32]:
        """(steps, features) as a model reads the (steps, columns) of one series.

        Args:
            where: how errors begin.

        Raises:
            KassandraError: a value is missing and nothing is said of that, or is too large to be read.
        """
        lacking = np.isnan(values)
        if self.missing == "error" and lacking.any():
            raise KassandraError(f"{where}: {missing_in(lacking)}; say `prepare.missing: interpolate`, or `mask`")
        mean, std = self._scale(values)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (values - mean) / std
            scaled = interpolated(scaled) if self.missing == "interpolate" else np.where(lacking, 0.0, scaled)
            features = np.hstack([scaled, lacking[:, self.masked].astype(np.float64)])
            read = pooled(features, self.pool).astype(np.float32)
        if not np.isfinite(read).all():
            raise KassandraError(f"{where}: holds numbers far too large for what the model was trained on")
        return read

    def _scale(self, values: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if self.normalise == "series":
            return own_scale(values)
        return np.array(self.mean), np.array(self.std)

    def measured(self, read: NDArray[np.float32]) -> NDArray[np.float64]:
        """(…, columns) in their own unit again, of (…, features); a series' own scale is not known any more."""
        columns = read[..., : len(self.mean)].astype(np.float64)
        return columns if self.normalise == "series" else columns * self.std + self.mean


def own_scale(values: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(columns,) mean and deviation of what is there; 0 and 1 of a column without any, 1 of one that is constant."""
    there = ~np.isnan(values)
    count = np.maximum(there.sum(0), 1)
    mean = np.where(there, values, 0).sum(0) / count
    std = np.sqrt((np.where(there, values - mean, 0) ** 2).sum(0) / count)
    return mean, np.where(std > 1e-12 * np.maximum(np.abs(mean), 1e-300), std, 1.0)


def interpolated(values: Values) -> Values:
    """A line between the values on both sides, at an end the nearest one; 0 where a column has none at all."""
    values, steps = values.copy(), np.arange(len(values))
    for column in values.T:  # views
        lacking = np.isnan(column)
        if lacking.all():
            column[:] = 0
        elif lacking.any():
            column[lacking] = np.interp(steps[lacking], steps[~lacking], column[~lacking])
    return values


def pooled(values: Values, pool: int) -> Values:
    """(steps / pool, columns): means of so many steps; the last one is of those that are left."""
    if pool == 1:
        return values
    starts = np.arange(0, len(values), pool)
    counts = np.diff(np.append(starts, len(values)))
    means: Values = np.add.reduceat(values, starts, axis=0) / counts[:, None]
    return means


def missing_in(lacking: NDArray[np.bool_]) -> str:
    """How many values are missing, and where the first is."""
    step, column = np.argwhere(lacking)[0]
    count, total = int(lacking.sum()), lacking.size
    return f"{count:,} of {total:,} values are missing, the first at step {step + 1} of column {column + 1}"
