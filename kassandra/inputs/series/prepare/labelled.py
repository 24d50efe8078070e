"""Series with a label each, as any file gives them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class One(NamedTuple):
    """values: (steps, columns), NaN where one is missing. label: "" where nobody asks for it. id: file and line.

    group: what it belongs to; split: train, valid or test; "" where neither is known. tags: (steps,) where each
    step has an answer of its own.
    """

    values: NDArray[np.float64]
    label: str
    id: str
    group: str = ""
    split: str = ""
    tags: tuple[str, ...] = ()


class Read(NamedTuple):
    """columns: their names. left_out: for meta.json. message: what was left out or decided. of_table: the columns of
    the table that were read, which are the steps of a wide one."""

    series: list[One]
    columns: list[str]
    left_out: dict[str, Any]
    message: list[str]
    of_table: list[str] = []  # noqa: RUF012 (never changed)


def without_ends(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without the last steps that are missing in every column: so series of unequal lengths are filled up in files."""
    there = np.flatnonzero(~np.isnan(values).all(axis=1))
    return values[: there[-1] + 1 if len(there) else 0]


def of_ends(count: int, total: int) -> list[str]:
    """What to report of them."""
    return [f"{count:,} of {total:,} series end in missing values: they are shorter than the others"] if count else []
