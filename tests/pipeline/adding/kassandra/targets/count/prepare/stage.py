"""Examples with a count each → train.npz, valid.npz, test.npz and meta.json."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.examples import Examples
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import ModelSpec


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Any, seed: int) -> str:
    how = params.prepare
    examples: Examples = reader.read(raw, params.source, how)
    count = len(examples.labels)
    order, shares = np.random.default_rng(seed).permutation(count), (how.test_fraction, how.valid_fraction)
    ends = np.cumsum([round(share * count) for share in shares])
    rows = dict(zip(("test", "valid", "train"), map(np.sort, np.split(order, ends)), strict=True))
    encoded = reader.encode(examples, rows, how, seed)
    for name, some in rows.items():
        counts, ids = (np.array([float(examples.labels[row]) for row in some]), [examples.ids[row] for row in some])
        example = Ragged.of_texts(ids)
        arrays = {"counts": counts, "example": example.flat, "example_offsets": example.offsets}
        write_arrays(folder / f"{name}.npz", **encoded.arrays[name], **arrays)
    spec = ModelSpec(outputs=1, **encoded.spec)
    sizes = {name: len(some) for name, some in rows.items()}
    write_json(folder / "meta.json", {"spec": spec.to_json(), "examples": sizes, **encoded.meta}, sealed=True)
    return f"{sizes} {examples.unit}"
