"""What is trained in each row, and its data from a seed: random arrays of the right shapes, all that speed needs."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SYMBOLS = "\n abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,;:!?'-&3$"  # 65, as many as tiny Shakespeare has
WORDS, LENGTH = 20_000, 400


class Row(NamedTuple):
    """unit: what is counted per second. size: how many there are in an epoch. sizes: of the model and its batches."""

    unit: str
    size: int
    sizes: dict[str, int]


ROWS = {
    "images": Row("images", 6400, {"hidden": 128, "batch": 64, "classes": 10}),
    "reviews": Row("texts", 256, {"embedding": 128, "hidden": 128, "batch": 64, "classes": 2, "vocabulary": WORDS}),
    "characters": Row("characters", 32 * 100 * 6, {"embedding": 128, "hidden": 512, "batch": 32, "window": 100,
                                                    "vocabulary": len(SYMBOLS)}),
    "windows": Row("windows", 4000, {"hidden": 128, "batch": 64, "window": 96, "horizon": 24}),
}  # fmt: skip


def write(row: str, path: Path) -> None:
    """An .npz: inputs and answers of images (n, 28, 28) uint8 and reviews (n, 400) word ids ≥ 2; (n,) character ids;
    (n,) numbers of hours, like those of ETTh1."""
    generator, size = np.random.default_rng(0), ROWS[row].size
    arrays: dict[str, Any] = {}
    if row == "images":
        arrays["inputs"] = generator.integers(0, 256, (size, 28, 28), dtype=np.uint8)
        arrays["answers"] = generator.integers(0, 10, size)
    elif row == "reviews":
        arrays["inputs"] = generator.integers(2, WORDS, (size, LENGTH))
        arrays["answers"] = generator.integers(0, 2, size)
    elif row == "characters":
        arrays["inputs"] = generator.integers(0, len(SYMBOLS), size + 1)
    else:
        hours = np.arange(size)
        arrays["inputs"] = np.sin(hours * 2 * np.pi / 24) + generator.normal(0, 0.3, size)
    np.savez(path, **arrays)
