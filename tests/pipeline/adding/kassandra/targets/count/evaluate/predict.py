"""A trained model of counts."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.predictor import TrainedModel


class Predictor(TrainedModel):
    """A model that counts; `kassandra.load` gives one."""

    @torch.inference_mode()
    def outputs(self, split: Any) -> NDArray[np.float64]:
        """(examples,) in order."""
        rates = [self.models[0](batch.inputs, batch.lengths).exp() for _, batch in self.pair.numbered_batches(split)]
        return torch.cat(rates).double().cpu().numpy()

    def predict(self, inputs: Any) -> list[float]:
        rates: list[float] = self.outputs(self.pair.own(inputs)).tolist()
        return rates
