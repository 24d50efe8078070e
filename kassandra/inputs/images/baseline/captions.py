"""By what the nearest images are found: the features that a network sees on the whole, or pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.examples import View


def views(known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]:
    """Of `known` splits, to look among, and of the `unknown` one."""
    name = "mean features" if meta["scan"] == "grid" else "pixels"
    return [View(name, np.concatenate([_seen(split, meta) for split in known]), _seen(unknown, meta), {})]


def _seen(split: Arrays, meta: dict[str, Any]) -> NDArray[np.float32]:
    """(images, features)"""
    if meta["scan"] != "grid":
        images = split["images"]
        return np.asarray(images.reshape(len(images), -1) / np.float32(255), np.float32)
    mean, std = np.array(meta["mean"], np.float32), np.array(meta["std"], np.float32)
    means = [grid.astype(np.float32).mean(0) for grid in split["grid"]]
    return np.asarray((np.stack(means) - mean) / std, np.float32)
