"""Baselines of counts: the mean, and least squares on what a linear model sees of the input."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kassandra.contracts.artifacts import read_arrays


def predictions(seen: Any, prepared: Path, seed: int) -> pd.DataFrame:
    train, test = (read_arrays(prepared / f"{split}.npz") for split in ("train", "test"))
    predicted = {"mean count": np.full(len(test["counts"]), train["counts"].mean())}
    if seen is not None:
        known, unknown = (np.column_stack([np.ones(len(x)), x]) for x in map(seen.features, (train, test)))
        weights, *_ = np.linalg.lstsq(known, train["counts"], rcond=None)
        predicted["least squares"] = unknown @ weights
    return pd.DataFrame(predicted)
