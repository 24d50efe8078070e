"""The next values of series."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.spec import ModelSpec
from kassandra.contracts.windows import Split, centre_and_scale, observations, read_split
from kassandra.lstm.batch import Batch
from kassandra.lstm.build import build_reader
from kassandra.params.targets.forecast import Model
from kassandra.targets.forecast.train.forecast_model import ForecastModel


def build(spec: ModelSpec, params: Model) -> ForecastModel:
    """A model of numbers, its weights drawn from PyTorch's global generator: seed it first."""
    _, encoder = build_reader(spec, params)
    window_size = spec.steps * spec.features if params.linear else None
    return ForecastModel(encoder, spec.outputs, params.head, window_size, params.dropout)


class Target:
    """See kassandra.training.pair. Targets are standardised, each step and target column by itself.

    Where `normalise` divides each window by its own deviation, the loss is taken in units of the deviation of the whole
    series: else one window that hardly moves would outweigh thousands of others.
    """

    unit = None

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.meta, self.device = meta, device
        self.mean, self.std = np.array(meta["target_mean"]), np.array(meta["target_std"])  # (series, horizon, targets)
        self.series_std = np.array(meta["value_std"])  # (series, targets)

    def read(self, path: Path) -> Split:
        return read_split(path)

    def own(self, inputs: Split, size: int) -> Split:
        return inputs

    def size(self, split: Split) -> None:
        return None

    def lengths(self, split: Split) -> None:
        return None

    def batch(self, split: Split, rows: NDArray[np.intp], inputs: Tensor, lengths: Tensor | None) -> Batch:
        part = split._replace(origins=split.origins[rows])
        mean, std = self.mean[part.series], self.std[part.series]  # (batch, horizon, targets) each
        centre, scale = centre_and_scale(part, self.meta)  # (batch, 1, targets) each
        if len(split.values) > part.origins.max() + self.meta["horizon"]:
            targets = ((observations(part, self.meta) - centre) / scale - mean) / std
        else:  # a user's table, after which nothing is known
            targets = np.zeros_like(mean)
        unit = None
        if self.meta["normalise"] == "window":
            unit = self._flat(std * scale / self.series_std[part.series][:, None], np.float32)
        return Batch(
            inputs,
            lengths,
            self._flat(targets, np.float32),
            centre=self._flat(mean * scale + centre, np.float64),
            scale=self._flat(std * scale, np.float64),
            unit=unit,
        )

    def loss(self, model: ForecastModel, batch: Batch, params: object) -> tuple[Tensor, int, None]:
        losses = model.losses(model(batch.inputs), batch.targets, batch.unit)  # (batch, horizon · targets)
        return losses.mean(1).sum(), len(batch.targets), None

    def scores(self, model: ForecastModel, batches: Iterable[tuple[Any, Batch]], split: Split) -> dict[str, float]:
        """`r2` is the share of the variance of the targets, around their mean in train, that the forecast explains."""
        loss = error = spread = 0.0
        for _, batch in batches:
            raw = model(batch.inputs)
            loss += model.losses(raw, batch.targets, batch.unit).mean(1).sum().item()
            errors, targets = model.forecast(raw).point - batch.targets, batch.targets
            if batch.unit is not None:
                errors, targets = errors * batch.unit, targets * batch.unit
            error += errors.square().sum().item()
            spread += targets.square().sum().item()
        return {"loss": loss / len(split.origins), "r2": 1 - error / spread}

    def restored(self, standardised: Tensor, batch: Batch) -> NDArray[np.float64]:
        """Forecasts of a batch in the units of the series.

        Args:
            standardised: (…, batch, horizon · targets), as `batch.targets`.

        Returns:
            (…, batch, horizon, targets)
        """
        assert batch.scale is not None
        assert batch.centre is not None
        values = (standardised.double() * batch.scale + batch.centre).cpu().numpy()
        return np.asarray(values.reshape(*values.shape[:-1], *self.mean.shape[1:]))

    def _flat(self, values: NDArray[np.float64], dtype: type[np.floating]) -> Tensor:
        """(batch, horizon · targets)"""
        return torch.from_numpy(values.reshape(len(values), -1).astype(dtype)).to(self.device)
