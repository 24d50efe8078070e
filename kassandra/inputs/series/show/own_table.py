"""A table of a user's, read for `kassandra predict`, and the times that follow its last row."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.series import iso
from kassandra.inputs.series.prepare.clock import grid

OPTIONS = {"series"}


def read(given: list[str], _meta: dict[str, Any], series: str | None = None) -> tuple[list[str], Path, str | None]:
    """Names, the path of the table, and which of the series in train it holds.

    Raises:
        KassandraError: there is not one table.
    """
    if len(given) != 1:
        raise KassandraError("predict: give one table with the columns that the model was trained on")
    if not Path(given[0]).exists():
        raise KassandraError(f"{given[0]}: no such file")
    return given, Path(given[0]), series


def following(times: NDArray[np.int64], frequency: str | None, count: int) -> list[str]:
    """The next times of the clock that `times` (rows,), seconds since 1970, lie on; none where rows have no frequency.

    >>> day = 86400
    >>> following(np.array([0, day // 4]), "6h", 2), following(np.array([0]), None, 2)
    (['1970-01-01T12:00:00', '1970-01-01T18:00:00'], [])
    >>> following(np.array([30 * day, 58 * day]), "m", 2)  # the last days of January and February
    ['1970-03-31', '1970-04-30']
    """
    if not frequency:
        return []
    clock = grid(times, frequency)
    return [iso(int(time)) for time in clock.at(clock.places[-1] + np.arange(1, count + 1))]
