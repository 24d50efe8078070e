"""Recordings with an answer in each row, in batches of about equal lengths."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.inputs.series.train import examples


class Pieces(examples.Series):
    """(steps, features) each."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(pieces,) steps of each."""
        return np.array([len(one) for one in self], np.int64)


class Sequences(examples.Sequences):
    """See kassandra.training.pair. Every batch says its lengths, as each step has an answer."""

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        super().__init__(meta, device)
        self.equal = False

    def read(self, path: Path) -> Pieces:
        return Pieces(super().read(path))

    def own(self, series: Any) -> Pieces:
        return Pieces(super().own(series))
