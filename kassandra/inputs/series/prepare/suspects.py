"""Numbers that may be no measurements: -9999 far below all others. They are reported, and read as they stand."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kassandra.sources.own.table_file import Table

USUAL = (-1.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0, 999999.0, -32768.0, 32767.0)
FAR = 3.0  # ranges of all the other numbers, from the nearest of them


def suspects(table: Table, names: Sequence[str], values: NDArray[np.float64]) -> list[str]:
    """A sentence for each number of USUAL that is the least or the greatest of its column, and far from the rest.

    Args:
        values: (rows, columns), NaN where missing.
    """
    sentences = []
    for name, column in zip(names, values.T, strict=True):
        for mark in USUAL:
            same = column == mark
            rest = column[~same & ~np.isnan(column)]
            if not same.any() or len(rest) < 2 or same.sum() > len(rest):
                continue
            low, high = float(rest.min()), float(rest.max())
            if mark < low - FAR * (high - low) or mark > high + FAR * (high - low):
                what = f"column {name!r} holds {mark:g} in {table.where(np.flatnonzero(same))}, all others lie from "
                advice = f"if it marks missing values, say `source.missing_values: ['{mark:g}']`"
                sentences.append(f"{what}{low:g} to {high:g}; {advice}")
    return sentences
