"""A trained model of numbers to come."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.inference.loaded import Loaded
from kassandra.targets.forecast.train.heads import Forecaster as ForecasterModel
from kassandra.training import folder as model_folder


class Forecast(NamedTuple):
    """point: (origins, horizon, targets) float64, in the units of the series. quantiles: (levels, origins, horizon,
    targets) at contracts.spec.LEVELS, or None for a model that tells a point alone. attention: (origins, window) for
    the attention variant."""

    point: NDArray[np.float64]
    quantiles: NDArray[np.float64] | None
    attention: NDArray[np.float32] | None


class Forecaster(Loaded):
    """A model of numbers to come; `load` gives one."""

    def __init__(self, folder: Path, loaded: model_folder.Loaded, model: ForecasterModel, device: torch.device) -> None:
        super().__init__(folder, loaded, device)
        self.model = model.to(device)

    def predict(self, table: str | Path, series: str | None = None) -> Forecast:
        """What comes after the last row of each series of a table with the columns that the model was trained on.

        Args:
            series: which of the series in train it is, for a table that does not name its series.

        Raises:
            KassandraError: the table cannot be read, has a series that train had not, or too few rows.
        """
        return self.outputs(self.task.own_input(Path(table), series))

    @torch.inference_mode()
    def outputs(self, split: Any) -> Forecast:
        """What the model tells after every origin of a split that the task has read, in order."""
        points, quantiles, attention = [], [], []
        for rows, batch in self.task.numbered_batches(split):
            encoded = self.model.encode(batch.inputs)
            told = self.model.tell(self.model.answer(encoded, batch.inputs))
            points.append(self.task.restore(told.point.double().cpu().numpy(), split, rows))
            if told.quantiles is not None:
                quantiles.append(self.task.restore(told.quantiles.double().cpu().numpy(), split, rows))
            if encoded.attention is not None:
                attention.append(encoded.attention.float().cpu().numpy())  # (batch, window)
        return Forecast(
            np.concatenate(points),
            np.concatenate(quantiles, axis=1) if quantiles else None,
            np.concatenate(attention) if attention else None,
        )
