"""A trained model of counts."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.predictor import TrainedModel


class Predictor(TrainedModel):
    """A model that counts; `kassandra.load` gives one."""

    @torch.inference_mode()
    def of_members(self, split: Any) -> list[NDArray[np.float64]]:
        """By each member (examples,) in order."""
        return [self._of_member(model, split) for model in self.models]

    def _of_member(self, model: Any, split: Any) -> NDArray[np.float64]:
        rates = [model(batch.inputs, batch.lengths).exp() for _, batch in self.pair.numbered_batches(split)]
        return torch.cat(rates).double().cpu().numpy()

    def predict(self, inputs: Any) -> list[float]:
        """The mean of the members' rates."""
        rates: list[float] = np.mean(self.of_members(self.pair.own(inputs)), axis=0).tolist()
        return rates
