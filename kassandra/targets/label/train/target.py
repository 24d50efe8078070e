"""One class per example."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import Batch
from kassandra.lstm.build import build_reader
from kassandra.params.sections.model import Model
from kassandra.params.targets.label import Train
from kassandra.targets.label.train.classifier import Classifier

Labels = NDArray[np.int64]  # (examples,)


def build(spec: ModelSpec, params: Model) -> Classifier:
    """A classifier, its weights drawn from PyTorch's global generator: seed it first."""
    embedding, encoder = build_reader(spec, params)
    return Classifier(encoder, spec.outputs, params.dropout, embedding)


class Target:
    """See kassandra.training.pair."""

    unit = None

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device

    def read(self, path: Path) -> Labels:
        return np.array(map_arrays(path)["labels"])

    def own(self, inputs: object, size: int) -> Labels:
        """Of examples whose class nobody knows."""
        return np.zeros(size, np.int64)

    def size(self, split: Labels) -> None:
        return None

    def lengths(self, split: Labels) -> None:
        return None

    def batch(self, split: Labels, rows: NDArray[np.intp], inputs: Tensor, lengths: Tensor | None) -> Batch:
        return Batch(inputs, lengths, torch.from_numpy(split[rows]).to(self.device))

    def loss(self, model: Classifier, batch: Batch, params: Train) -> tuple[Tensor, int, None]:
        """Cross-entropy, nats."""
        logits = model(batch.inputs, batch.lengths)  # (batch, classes)
        total = F.cross_entropy(logits.float(), batch.targets, reduction="sum", label_smoothing=params.label_smoothing)
        return total, len(batch.targets), None

    def scores(self, model: Classifier, batches: Iterable[tuple[Any, Batch]], split: Labels) -> dict[str, float]:
        loss, correct = 0.0, 0
        for _, batch in batches:
            logits = model(batch.inputs, batch.lengths).float()  # (batch, classes)
            loss += F.cross_entropy(logits, batch.targets, reduction="sum").item()
            correct += int((logits.argmax(1) == batch.targets).sum())
        return {"loss": loss / len(split), "accuracy": correct / len(split)}
