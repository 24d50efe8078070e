"""What a linear model sees of images: their pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.examples import View
from kassandra.contracts.stored import Stored

MOST = 1 << 26  # numbers that the model is fitted to: half a gigabyte on disk, which it reads again and again
AT_ONCE = 1 << 22  # numbers that are in memory together


def views(known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]:
    """Of `known` splits, to fit to, and of the `unknown` one, to predict. Of more than MOST pixels, it is fitted to
    images at equal distances, which the name says."""
    images = [split["images"] for split in known]
    count, pixels = sum(map(len, images)), images[0][0].size
    rows = None
    if count * pixels > MOST:
        rows = np.linspace(0, count - 1, max(MOST // pixels, 1)).astype(np.intp)
    seen = _pixels(images, rows)
    name = "logistic regression on pixels" + ("" if rows is None else f" of {len(rows):,} images")
    options = {"tol": 1e-3, "max_iter": 500}
    return [View(name, seen, _pixels([unknown["images"]]), options, features="pixels", rows=rows)]


def _pixels(splits: list[NDArray[np.uint8]], rows: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
    """(images, pixels) from 0 to 1, of all splits or of some rows of all; on disk.

    In double precision: where arrays lie in memory decides the last bits of sums; in single ones it changed answers.
    """
    ends, stored, pixels = np.cumsum([len(split) for split in splits]), Stored(), splits[0][0].size
    rows = np.arange(ends[-1]) if rows is None else rows
    step = max(1, AT_ONCE // pixels)
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        for split, end in zip(splits, ends, strict=True):
            own = some[(some < end) & (some >= end - len(split))] - (end - len(split))
            stored.append(split[own].reshape(len(own), pixels) / 255.0)
    return stored.joined()
