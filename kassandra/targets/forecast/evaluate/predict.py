"""A trained model of the next values of series."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.predictor import TrainedModel


class Forecast(NamedTuple):
    """point: (origins, horizon, targets) float64, in the units of the series. quantiles: (levels, origins, horizon,
    targets) at contracts.spec.LEVELS, or None for a model that forecasts a point alone. attention: (origins, window)
    for the attention variant."""

    point: NDArray[np.float64]
    quantiles: NDArray[np.float64] | None
    attention: NDArray[np.float32] | None


class Predictor(TrainedModel):
    """A model of the next values of series; `kassandra.load` gives one."""

    def choices(self) -> str:
        return f"{self.meta['horizon']} steps of {', '.join(self.meta['targets'])}"

    def predict(self, table: str | Path, series: str | None = None) -> Forecast:
        """The steps after the last row of each series of a table with the columns that the model was trained on;
        `series` is which of those in train it is, for a table that does not name its series.

        Raises:
            KassandraError: the table cannot be read, has a series that train had not, or too few rows.
        """
        return self.outputs(self.pair.own(Path(table), series))

    @torch.inference_mode()
    def outputs(self, split: Any) -> Forecast:
        """The forecast after every origin of a split that `pair` has read, in order."""
        points, quantiles, attention = [], [], []
        for _, batch in self.pair.numbered_batches(split):
            encoded = self.model.encode(batch.inputs)
            forecast = self.model.forecast(self.model.answer(encoded, batch.inputs))
            points.append(self.pair.target.restored(forecast.point, batch))
            if forecast.quantiles is not None:
                quantiles.append(self.pair.target.restored(forecast.quantiles, batch))
            if encoded.attention is not None:
                attention.append(encoded.attention.float().cpu().numpy())  # (batch, window)
        return Forecast(
            np.concatenate(points),
            np.concatenate(quantiles, axis=1) if quantiles else None,
            np.concatenate(attention) if attention else None,
        )
