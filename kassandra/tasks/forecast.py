"""Series of numbers in time: what was, window by window, and what comes after it."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.windows import SMALLEST, Split, centre_and_scale, read_split, seen, told
from kassandra.inputs.series.show.latest import last_windows
from kassandra.params.tasks.forecast import ForecastTrain
from kassandra.tasks import Batch

EVALUATION_BATCH = 512  # windows; scores do not depend on it, the speed does


class Task:
    """See kassandra.tasks.Task. Windows are cut out of the series one batch at a time."""

    unit = "windows"

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.meta, self.device = meta, device
        self.window, self.normalise = int(meta["window"]), str(meta["normalise"])
        self.mean, self.std = np.array(meta["target_mean"]), np.array(meta["target_std"])  # (series, horizon, targets)

    def read(self, split: Path) -> Split:
        return read_split(split)

    def size(self, split: Split) -> int:
        return len(split.origins)

    def steps(self, split: Split, params: ForecastTrain) -> int:
        return math.ceil(math.ceil(len(split.origins) / params.stride) / params.batch_size)

    def train_batches(self, split: Split, params: ForecastTrain, generator: torch.Generator) -> Iterator[Batch]:
        """Windows of all times of train in random order; with a stride, others in each epoch."""
        first = int(torch.randint(min(params.stride, len(split.origins)), (), generator=generator))
        kept = torch.arange(first, len(split.origins), params.stride)
        kept = kept[torch.randperm(len(kept), generator=generator)]
        for rows in kept.split(params.batch_size):
            yield self._batch(split, rows.numpy())

    def numbered_batches(self, split: Split) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        for start in range(0, len(split.origins), EVALUATION_BATCH):
            rows = np.arange(start, min(start + EVALUATION_BATCH, len(split.origins)))
            yield rows, self._batch(split, rows)

    def loss(self, model: Any, batch: Batch, params: ForecastTrain) -> tuple[Tensor, int]:
        losses = model.losses(model(batch.inputs), batch.targets)  # (batch, horizon · targets)
        return losses.mean(1).sum(), len(batch.targets)

    def scores(self, model: Any, split: Split) -> dict[str, float]:
        """`r2` is the share of the variance of what is told, around its mean in train, that the forecast explains."""
        loss = error = spread = 0.0
        for _, batch in self.numbered_batches(split):
            raw = model(batch.inputs)
            loss += model.losses(raw, batch.targets).mean(1).sum().item()
            error += (model.tell(raw).point - batch.targets).square().sum().item()
            spread += batch.targets.square().sum().item()
        return {"loss": loss / len(split.origins), "r2": 1 - error / spread}

    def restore(self, told: NDArray[np.float64], split: Split, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """What the model told of the windows `rows`, in the units of the series.

        Args:
            told: (…, rows, horizon · targets) as in a batch's targets.

        Returns:
            (…, rows, horizon, targets)
        """
        part = split._replace(origins=split.origins[rows])
        shape = (*told.shape[:-1], *self.mean.shape[1:])
        centre, scale = centre_and_scale(part, self.meta)  # (rows, 1, targets) each
        standard = told.reshape(shape) * self.std[part.series] + self.mean[part.series]
        return np.asarray(standard * scale + centre)

    def _batch(self, split: Split, rows: NDArray[np.intp]) -> Batch:
        part = split._replace(origins=split.origins[rows])
        windows = split.inputs[seen(part, self.window)]  # (batch, window, features)
        own = self.meta["target_inputs"]
        if self.normalise == "last":
            windows[:, :, own] -= windows[:, -1:, own]
        elif self.normalise == "window":
            shown = windows[:, :, own]  # (batch, window, targets)
            windows[:, :, own] = (shown - shown.mean(1, keepdims=True)) / (shown.std(1, keepdims=True) + SMALLEST)
        if len(split.values) > part.origins.max() + self.meta["horizon"]:
            standard = (told(part, self.meta) - self.mean[part.series]) / self.std[part.series]
        else:  # somebody's own table, after which nothing has come yet
            standard = np.zeros((len(rows), *self.mean.shape[1:]))
        targets = torch.from_numpy(standard.reshape(len(rows), -1).astype(np.float32))  # (batch, horizon · targets)
        return Batch(torch.from_numpy(windows).to(self.device), None, targets.to(self.device))

    def own_input(self, table: Path, series: str | None = None) -> Split:
        """Somebody's table, of the columns that the model was trained on, as one window per series: the last.

        Args:
            series: which of those in train it is, for a table that does not name its series.

        Raises:
            KassandraError: it cannot be read, has a series that train had not, or too few rows.
        """
        return last_windows(table, self.meta, series)
