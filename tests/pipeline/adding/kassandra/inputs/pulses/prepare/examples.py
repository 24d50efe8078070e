"""Raw pulses → examples: each row of pulses.csv is a sequence of numbers, and how many pulses it has."""

from pathlib import Path
from typing import Any

import numpy as np

from kassandra.contracts.artifacts import missing
from kassandra.contracts.examples import Encoded, Examples, Rows
from kassandra.contracts.ragged import Ragged


def read(raw: Path, source: Any, params: Any) -> Examples:
    path = raw / "pulses.csv"
    if not path.exists():
        raise missing(path)
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    contents = [np.array(levels.split(), np.float32) for levels, _ in lines]
    ids = [f"pulses.csv:{number}" for number in range(2, len(lines) + 2)]
    keys = [levels.tobytes() for levels in contents]
    return Examples("sequences", contents, [count for _, count in lines], ids, keys)


def encode(examples: Examples, rows: dict[str, Rows], params: Any, seed: int) -> Encoded:
    arrays = {}
    for name, some in rows.items():
        levels = Ragged.of((examples.contents[row] for row in some), np.float32)
        arrays[name] = {"levels": levels.flat, "offsets": levels.offsets}
    return Encoded(arrays, {"features": 1}, {}, "")
