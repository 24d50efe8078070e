"""Times that come back, as points on a circle."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CYCLES = ("minute", "hour", "weekday", "monthday", "yearday", "month")


def cycles(times: NDArray[np.int64], names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Sine and cosine of where each time stands in each cycle, so that its end lies beside its beginning.

    Args:
        times: (rows,) seconds since 1970, UTC.
        names: of CYCLES; `hour` is that of the day and counts minutes as fractions, `weekday` counts whole days.

    >>> {name: column.round(3).tolist() for name, column in cycles(np.array([0, 6 * 3600]), ["hour"]).items()}
    {'hour_sin': [0.0, 1.0], 'hour_cos': [1.0, 0.0]}
    """
    columns: dict[str, NDArray[np.float64]] = {}
    for name in names:
        angle = 2 * np.pi * _share(times.astype("datetime64[s]"), name)  # (rows,)
        columns |= {f"{name}_sin": np.sin(angle), f"{name}_cos": np.cos(angle)}
    return columns


def _share(times: NDArray[np.datetime64], cycle: str) -> NDArray[np.float64]:
    """(rows,) in [0, 1): how much of the cycle has passed."""
    day, month, year = (times.astype(f"datetime64[{unit}]") for unit in ("D", "M", "Y"))
    seconds = (times - day).astype(np.int64)  # (rows,) since midnight
    passed: dict[str, NDArray[np.float64]] = {
        "minute": seconds % 3600 / 3600,
        "hour": seconds / 86400,
        "weekday": (day.astype(np.int64) + 3) % 7 / 7,  # the first of January 1970 was a Thursday, Monday is 0
        "monthday": (day - month.astype(day.dtype)).astype(np.int64) / 31,
        "yearday": (day - year.astype(day.dtype)).astype(np.int64) / 366,
        "month": (month - year.astype(month.dtype)).astype(np.int64) / 12,
    }
    return passed[cycle]
