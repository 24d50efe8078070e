"""A trained model of the next values of series."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.predictor import TrainedModel
from kassandra.judging.pooling import pooled


class Forecast(NamedTuple):
    """point: (origins, horizon, targets) float64, in the units of the series. quantiles: (levels, origins, horizon,
    targets) at contracts.spec.LEVELS, or None for a model that forecasts a point alone. attention: (origins, window)
    for the attention variant. distribution: by name, parameters of a distribution in closed form, each (origins,
    horizon, targets): `place` and `spread` of a normal one, also `freedom` of Student's t; empty without one."""

    point: NDArray[np.float64]
    quantiles: NDArray[np.float64] | None
    attention: NDArray[np.float32] | None
    distribution: dict[str, NDArray[np.float64]] = {}  # noqa: RUF012 (a default that nobody changes)


def together(members: Sequence[Forecast]) -> Forecast:
    """The mean of the members' distributions (linear pool; Stone 1961), and of their points and attention."""
    first, *others = members
    if not others:
        return first
    quantiles = None if first.quantiles is None else pooled([np.asarray(each.quantiles) for each in members])
    attention = None if first.attention is None else np.mean([np.asarray(each.attention) for each in members], axis=0)
    return Forecast(np.mean([each.point for each in members], axis=0), quantiles, attention)


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

    def outputs(self, split: Any) -> Forecast:
        """What all members forecast together after every origin of a split that `pair` has read, in order."""
        return together(self.of_members(split))

    @torch.inference_mode()
    def of_members(self, split: Any) -> list[Forecast]:
        """What each member forecasts."""
        return [self._of_member(model, split) for model in self.models]

    def _of_member(self, model: Any, split: Any) -> Forecast:
        points, quantiles, attention = [], [], []
        distribution: dict[str, list[NDArray[np.float64]]] = {}
        for _, batch in self.pair.numbered_batches(split):
            encoded = model.encode(batch.inputs)
            raw = model.answer(encoded, batch.inputs)
            forecast, target = model.forecast(raw), self.pair.target
            points.append(target.restored(forecast.point, batch))
            if forecast.quantiles is not None:
                quantiles.append(target.restored(forecast.quantiles, batch))
            for name, values in target.distribution(model.head.distribution(raw), batch).items():
                distribution.setdefault(name, []).append(values)
            if encoded.attention is not None:
                attention.append(encoded.attention.float().cpu().numpy())  # (batch, window)
        return Forecast(
            np.concatenate(points),
            np.concatenate(quantiles, axis=1) if quantiles else None,
            np.concatenate(attention) if attention else None,
            {name: np.concatenate(each) for name, each in distribution.items()},
        )
