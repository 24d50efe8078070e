"""Recordings as their rows, for pages of tags."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays

SHOWN = 3  # columns


def in_words(test: Path, rows: NDArray[np.intp]) -> list[list[str]]:
    """Of each step of some pieces of a split, its first columns as a model reads them."""
    arrays = map_arrays(test)
    bounds = arrays["offsets"]
    return [as_texts(np.array(arrays["values"][bounds[row] : bounds[row + 1]], np.float64)) for row in rows.tolist()]


def as_texts(values: NDArray[np.float64]) -> list[str]:
    """Of (steps, columns) each step."""
    return ["/".join(f"{number:.3g}" for number in row[:SHOWN]) for row in values]
