"""One count per example: a Poisson distribution, whose rate is the exponential of the model's output."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.spec import ModelSpec
from kassandra.lstm.batch import Batch
from kassandra.lstm.build import build_reader

Counts = NDArray[np.float64]  # (examples,)


class Counter(nn.Module):
    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder, self.linear = encoder, nn.Linear(encoder.output_size, 1)

    def forward(self, inputs: Tensor, lengths: Tensor | None) -> Tensor:
        """(batch,) logarithm of the rate."""
        logs: Tensor = self.linear(self.encoder(inputs, lengths).summary).squeeze(1).float()
        return logs


def build(spec: ModelSpec, params: Any) -> Counter:
    _, encoder = build_reader(spec, params)
    return Counter(encoder)


class Target:
    """See kassandra.training.pair."""

    unit = None

    def __init__(self, meta: dict[str, Any], device: torch.device) -> None:
        self.device = device

    def read(self, path: Path) -> Counts:
        return np.array(map_arrays(path)["counts"])

    def own(self, inputs: object, size: int) -> Counts:
        return np.zeros(size)

    def size(self, split: Counts) -> None:
        return None

    def lengths(self, split: Counts) -> None:
        return None

    def batch(self, split: Counts, rows: Any, inputs: Tensor, lengths: Tensor | None) -> Batch:
        return Batch(inputs, lengths, torch.from_numpy(split[rows].astype(np.float32)).to(self.device))

    def loss(self, model: Counter, batch: Batch, params: Any) -> tuple[Tensor, int, None]:
        logs = model(batch.inputs, batch.lengths)
        return F.poisson_nll_loss(logs, batch.targets, reduction="sum"), len(batch.targets), None

    def scores(self, model: Counter, batches: Iterable[tuple[Any, Batch]], split: Counts) -> dict[str, float]:
        loss = error = 0.0
        for _, batch in batches:
            logs = model(batch.inputs, batch.lengths)
            loss += F.poisson_nll_loss(logs, batch.targets, reduction="sum").item()
            error += (logs.exp() - batch.targets).abs().sum().item()
        return {"loss": loss / len(split), "error": error / len(split)}
