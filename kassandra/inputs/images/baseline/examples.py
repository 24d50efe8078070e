"""What a linear model sees of images: their pixels."""

from typing import Any

import numpy as np

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.examples import View


def views(known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]:
    """Of `known` splits, to fit to, and of the `unknown` one, to predict."""
    # In double precision: where arrays lie in memory decides the last bits of sums; in single ones it changed answers.
    images = np.concatenate([split["images"] for split in known])
    pixels, unknown_pixels = (some.reshape(len(some), -1) / 255.0 for some in (images, unknown["images"]))  # float64
    options = {"tol": 1e-3, "max_iter": 500}
    return [View("logistic regression on pixels", pixels, unknown_pixels, options, features="pixels")]
