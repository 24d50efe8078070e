"""A trained model put to use: `kassandra.load(folder).predict(array)`."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra import tasks
from kassandra.contracts.artifacts import damaged
from kassandra.models import folder as model_folder


class Outputs(NamedTuple):
    log_probabilities: NDArray[np.float64]  # (examples, classes)
    attention: NDArray[np.float32] | None  # (examples, time), for the attention variant


class Prediction(NamedTuple):
    label: str
    probability: float  # of the label, in (0, 1]
    probabilities: dict[str, float]  # of every class; they sum to 1


class Predictor:
    """A model folder in memory, in fp32.

    Args:
        folder: what training wrote, as data/models/mnist; it may lie anywhere.
        device: where to compute.

    Raises:
        KassandraError: the folder is no such folder, or is damaged.
    """

    def __init__(self, folder: str | Path, device: str | torch.device = "cpu") -> None:
        loaded = model_folder.load(Path(folder))
        self.model = loaded.model.to(device)
        self.meta, self.fingerprint = loaded.meta, loaded.fingerprint
        try:
            self.task = tasks.load(self.meta["task"]).Task(self.meta, torch.device(device))
        except (ImportError, KeyError, TypeError, ValueError) as error:
            raise damaged(Path(folder) / "meta.json", error) from None

    def predict(self, inputs: NDArray[Any]) -> list[Prediction]:
        """One prediction per example.

        Args:
            inputs: for images (height, width) or (examples, height, width), whole numbers in [0, 255] or fractions in
                [0, 1], bright on dark like the images it was trained on.

        Raises:
            KassandraError: another shape, type or range.
        """
        probabilities = np.exp(self.outputs(self.task.own_input(inputs)).log_probabilities)  # (examples, classes)
        classes = self.meta["classes"]
        return [
            Prediction(classes[row.argmax()], float(row.max()), dict(zip(classes, row.tolist(), strict=True)))
            for row in probabilities
        ]

    @torch.inference_mode()
    def outputs(self, split: Any, batch_size: int = 500) -> Outputs:
        """What the model says of every example of a split that the task has read, in order."""
        logits, attention = [], []
        for batch in self.task.batches(split, batch_size):
            encoded = self.model.encoder(batch.inputs, batch.lengths)
            logits.append(self.model.linear(encoded.summary).double().log_softmax(1).cpu())  # (batch, classes)
            if encoded.attention is not None:
                attention.append(encoded.attention.float().cpu())  # (batch, time)
        return Outputs(torch.cat(logits).numpy(), torch.cat(attention).numpy() if attention else None)


def load(folder: str | Path, device: str = "cpu") -> Predictor:
    """A trained model from its folder; see Predictor."""
    return Predictor(folder, device)
