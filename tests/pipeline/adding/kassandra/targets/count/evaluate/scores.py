"""The scores of counts."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.judging.resampling import Rows
from kassandra.judging.score import Score, per_row

KEYS = ["example"]
RESAMPLING = Rows()


def asked(table: pd.DataFrame) -> NDArray[Any]:
    return table["target"].to_numpy()


def _error(table: pd.DataFrame) -> NDArray[Any]:
    return np.abs(table["predicted"] - table["target"]).to_numpy()


SCORES = [
    Score("error", "lower", "pulses", sums=lambda table: per_row(_error(table))),
    Score("exact", "higher", "share of examples", sums=lambda table: per_row(_error(table) < 0.5)),
]
