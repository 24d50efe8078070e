"""Windows of series of numbers, cut out of the table one batch at a time."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.windows import SMALLEST, Split, read_split, seen
from kassandra.params.inputs.series import TableTrain

EVALUATION_BATCH = 512  # windows; scores do not depend on it, the speed does

Rows = NDArray[np.intp]


class Sequences:
    """See kassandra.training.pair. `rows` are numbers of origins, the last rows that windows show."""

    unit = "windows"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.meta, self.device = meta, device
        self.window, self.normalise = int(meta["window"]), str(meta["normalise"])

    def read(self, path: Path) -> Split:
        return read_split(path)

    def size(self, split: Split) -> int:
        return len(split.origins)

    def steps(self, split: Split, params: TableTrain, answers: object = None) -> int:
        return math.ceil(math.ceil(len(split.origins) / params.stride) / params.batch_size)

    def shuffled(
        self, split: Split, params: TableTrain, generator: torch.Generator, answers: object = None
    ) -> Iterator[Rows]:
        """Windows of all times of train in random order; with a stride, others in each epoch."""
        first = int(torch.randint(min(params.stride, len(split.origins)), (), generator=generator))
        kept = torch.arange(first, len(split.origins), params.stride)
        kept = kept[torch.randperm(len(kept), generator=generator)]
        for rows in kept.split(params.batch_size):
            yield rows.numpy()

    def ordered(self, split: Split, answers: object = None, at_once: int | None = None) -> Iterator[Rows]:
        size = at_once or EVALUATION_BATCH
        for start in range(0, len(split.origins), size):
            yield np.arange(start, min(start + size, len(split.origins)))

    def batch(
        self, split: Split, rows: Rows, params: object = None, generator: object = None
    ) -> tuple[Tensor, Tensor | None]:
        """The columns that are targets too are read as `normalise` says."""
        windows = split.inputs[seen(split._replace(origins=split.origins[rows]), self.window)]
        own = self.meta["target_inputs"]
        if self.normalise == "last":
            windows[:, :, own] -= windows[:, -1:, own]
        elif self.normalise == "window":
            shown = windows[:, :, own]  # (batch, window, targets)
            windows[:, :, own] = (shown - shown.mean(1, keepdims=True)) / (shown.std(1, keepdims=True) + SMALLEST)
        return torch.from_numpy(np.asarray(windows)).to(self.device), None  # (batch, window, features)

    def own(self, table: Path, series: str | None = None) -> Split:
        """A user's table, of the columns that the model was trained on, as the last windows; see `last_windows`."""
        from kassandra.inputs.series.show.own_table import last_windows  # here, as training reads no tables

        return last_windows(table, self.meta, series)
